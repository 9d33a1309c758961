//! A plain client for services of which unplug makes one or two calls: JSON goes out, JSON comes back.
//!
//! A crate of the SDK costs minutes of every build (decision 0028). Here one row of a table makes an
//! operation:
//!
//! ```text
//! plain/services.rs   securityhub … { read … GetFindings: POST "/findings", pages "Findings" … }
//!                       │                      │
//!   aws::operations ◀───┤ rate, IAM actions    │ a type, for the simulation's table and for the caller:
//!                       │                      ▼
//!                       │      aws.plain::<securityhub::GetFindings>(region, PlainInput::new(json!({…})))
//!                       ▼
//!   the same wire as the SDK's calls: ledger, budget, faults, retries, simulation, signature
//! ```
//!
//! Members have the names of AWS's API reference, and nothing checks them when the program is compiled:
//! `tests/it/models` holds every request against AWS's models.

mod made;
pub mod services;
#[cfg(test)]
mod tests;

use std::fmt;
use std::marker::PhantomData;

use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use serde_json::{Map, Value};

use super::lists::List;
use super::operations::OperationTypes;
use super::{Aws, AwsError};

/// How a service is reached.
#[derive(Debug)]
pub struct Service {
    /// As its SDK crate is named, and so the first half of `service:Operation`: `cloudwatchlogs`.
    pub name: &'static str,
    /// AWS's id, after which settings are named: `CloudWatch Logs` is `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`.
    pub id: &'static str,
    /// What the host begins with: `logs`.
    pub host: &'static str,
    /// The service that a signature names: `logs`.
    pub signing: &'static str,
    pub protocol: Protocol,
    pub place: Place,
}

/// How a call is written.
///
/// <https://smithy.io/2.0/aws/protocols/index.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.0: `POST /`, the operation in the header `X-Amz-Target` behind this prefix.
    Json10(&'static str),
    /// AWS JSON 1.1: the same with another content type.
    Json11(&'static str),
    /// REST-JSON: a method and a path for each operation.
    Rest,
}

/// Where a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Regional,
    /// One control plane a partition: the Region of a call says which partition, and no more.
    Global,
}

/// What an operation has besides its types.
pub trait PlainOperation:
    OperationTypes<Input = PlainInput, Output = PlainOutput, Error = PlainError> + Send + Sync + 'static
{
    fn service() -> &'static Service;
    const METHOD: &'static str;
    /// The path. Each `{}` is one of [`PlainInput::labels`].
    const PATH: &'static str;
    const PAGES: Option<Paging>;
}

/// How an operation answers in pages.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// The member of the answer that holds the items.
    pub items: &'static str,
    /// Members that AWS sends with each item. One that is missing would be taken for "none".
    pub each: &'static [&'static str],
    /// The member of the request, or with `GET` the parameter of the query, that asks for a page.
    pub asks: &'static str,
    /// The member of the answer that names the next page.
    pub says: &'static str,
}

/// What goes out.
#[derive(Clone, Default)]
pub struct PlainInput {
    /// The members of the body. `Null` sends no body with REST, and `{}` with AWS JSON.
    pub body: Value,
    /// What stands in the path in the place of each `{}`, not yet encoded.
    pub labels: Vec<String>,
    /// The query, not yet encoded.
    pub query: Vec<(&'static str, String)>,
}

impl PlainInput {
    pub fn new(body: Value) -> PlainInput {
        PlainInput { body, ..PlainInput::default() }
    }

    /// With the next label of the path.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> PlainInput {
        self.labels.push(label.into());
        self
    }

    /// With a parameter of the query.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> PlainInput {
        self.query.push((name, value.into()));
        self
    }
}

/// As CloudTrail has it: one object. The simulated CloudTrail reads it from here.
impl fmt::Debug for PlainInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members = self.body.as_object().cloned().unwrap_or_else(Map::new);
        members.extend(self.query.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())));
        if !self.labels.is_empty() {
            members.insert("labels".into(), self.labels.clone().into());
        }
        write!(f, "{}", Value::Object(members))
    }
}

/// What came back. An answer without a body is `Null`.
#[derive(Clone, Default)]
pub struct PlainOutput {
    pub body: Value,
}

impl PlainOutput {
    pub fn new(body: Value) -> PlainOutput {
        PlainOutput { body }
    }

    /// A page of this operation, and what asks for the next one.
    pub fn page<O: PlainOperation>(items: Vec<Value>, next: Option<String>) -> PlainOutput {
        let mut body = Map::new();
        if let Some(paging) = O::PAGES {
            body.insert(paging.items.to_owned(), items.into());
            body.extend(next.map(|next| (paging.says.to_owned(), next.into())));
        }
        PlainOutput::new(body.into())
    }
}

impl fmt::Debug for PlainOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.body)
    }
}

/// The code and the words with which a service refuses.
#[derive(Debug)]
pub struct PlainError(ErrorMetadata);

impl fmt::Display for PlainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for PlainError {}

impl ProvideErrorMetadata for PlainError {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl CreateUnhandledError for PlainError {
    fn create_unhandled_error(
        _: Box<dyn std::error::Error + Send + Sync + 'static>,
        meta: Option<ErrorMetadata>,
    ) -> Self {
        PlainError(meta.unwrap_or_default())
    }
}

impl Aws {
    /// Makes one call, in the Region or, where the service is global, in its partition's.
    ///
    /// # Errors
    /// AWS's, of the same kinds as those of the SDK's clients.
    pub async fn plain<O: PlainOperation>(&self, region: &str, input: PlainInput) -> Result<Value, AwsError> {
        let answer = made::operation::<O>(self, region).invoke(input).await;
        answer.map(|answer| answer.body).map_err(|error| AwsError::of_call(O::NAME.to_owned(), &error))
    }

    /// A list that [`lists::all`](super::lists::all) and [`lists::Pages`](super::lists::Pages) read: each page
    /// once, within limits.
    pub fn plain_list<O: PlainOperation>(&self, region: &str, input: PlainInput) -> PlainList<O> {
        PlainList { aws: self.clone(), region: region.to_owned(), input, of: PhantomData }
    }
}

/// A call that answers in pages.
pub struct PlainList<O> {
    aws: Aws,
    region: String,
    input: PlainInput,
    of: PhantomData<fn() -> O>,
}

impl<O> Clone for PlainList<O> {
    fn clone(&self) -> Self {
        PlainList {
            aws: self.aws.clone(),
            region: self.region.clone(),
            input: self.input.clone(),
            of: PhantomData,
        }
    }
}

impl<O: PlainOperation> List for PlainList<O> {
    type Page = Value;
    type Item = Value;

    fn operation() -> String {
        O::NAME.to_owned()
    }

    async fn page(self, token: Option<String>) -> Result<Value, AwsError> {
        let mut input = self.input;
        match (token, O::PAGES) {
            (Some(token), Some(paging)) if O::METHOD == "GET" => input.query.push((paging.asks, token)),
            (Some(token), Some(paging)) => {
                if input.body.is_null() {
                    input.body = Value::Object(Map::new());
                }
                input.body[paging.asks] = token.into();
            }
            _ => {}
        }
        self.aws.plain::<O>(&self.region, input).await
    }

    fn token(page: &Value) -> Option<&str> {
        page.get(O::PAGES?.says)?.as_str()
    }

    fn items(mut page: Value) -> Result<Vec<Value>, &'static str> {
        let Some(paging) = O::PAGES else { return Ok(vec![page]) };
        match page.get_mut(paging.items).map(Value::take) {
            Some(Value::Array(items)) => {
                let lacks = |member: &&&str| items.iter().any(|item| item[**member].is_null());
                paging.each.iter().find(lacks).map_or(Ok(()), |member| Err(*member))?;
                Ok(items)
            }
            _ => Err(paging.items),
        }
    }
}
