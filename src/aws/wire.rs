//! The wire: one interceptor and one connector around every call, live or simulated.
//!
//! ```text
//! input ── Tag (typed, once: refuse writes outside apply, prepare the simulated answer)
//!            │ serialise, pace, sign
//!          Wire (per attempt: ledger, faults) ── live HTTP
//!            │                                └─ World + an empty 200
//!          Tag (per attempt: put the typed reply in place) ── NoResend decides on a retry
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
    FinalizerInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use aws_types::region::Region;

use super::Shared;
use super::answer;
use super::backend::{Answer, Prepared, Reply};
use super::clock::Clock;
use super::failure::{chain, is_throttle};
use super::faults::Fault;
use super::ledger::{Call, Phase};
use super::operations;
use super::wordless;
use crate::account::Actor;

/// The simulation lacks an operation: a typed failure, never an empty success.
#[derive(Debug, thiserror::Error)]
#[error("not simulated: {0}")]
pub struct NotSimulated(pub String);

/// The engine is reading and something tried to write.
#[derive(Debug, thiserror::Error)]
#[error("refused by unplug: {0} outside apply and restore")]
pub struct WriteOutsideApply(pub String);

/// The code of a request whose time lies too far back.
const EXPIRED: &str = "RequestExpired";

/// What the connector needs to know of an attempt.
#[derive(Clone, Debug)]
struct Attempt {
    operation: String,
    /// Whose credentials sign; `None`: the run's own.
    actor: Option<Actor>,
    region: String,
    attempt: u32,
    /// How often it may be sent in all, after failures that are no throttles.
    most: u32,
}

impl Attempt {
    fn may_be_resent(&self) -> bool {
        !operations::mutates(&self.operation) && self.attempt < self.most
    }
}

/// The prepared answer of a simulated call, and the reply once it is given.
#[derive(Clone)]
struct Slot {
    prepared: Arc<dyn Prepared>,
    reply: Arc<Mutex<Option<Reply>>>,
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}

impl Storable for Slot {
    type Storer = StoreReplace<Slot>;
}

/// The operation's name, kept for the retry classifier.
fn operation(cfg: &ConfigBag) -> String {
    cfg.load::<Metadata>().map(|m| operations::name(m.service(), m.name())).unwrap_or_default()
}

/// The interceptor, of the run's own calls or of an actor's.
#[derive(Clone)]
pub(super) struct Tag(pub Arc<Shared>, pub Option<Actor>);

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag")
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Tag {
    fn name(&self) -> &'static str {
        "unplug"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = operation(cfg);
        if operations::mutates(&operation) && self.0.phase() == Phase::Read {
            return Err(WriteOutsideApply(operation).into());
        }
        if let Some(backend) = &self.0.backend {
            let prepared = backend
                .prepare(&operation, self.1, context.input_mut())
                .ok_or_else(|| NotSimulated(operation.clone()))?;
            cfg.interceptor_state().store_put(Slot { prepared, reply: Arc::default() });
        }
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.add_extension(Attempt {
            operation: operation(cfg),
            actor: self.1,
            region: cfg.load::<Region>().map(ToString::to_string).unwrap_or_default(),
            attempt: cfg.load::<RequestAttempts>().map_or(0, |a| a.attempts()),
            most: 1,
        });
        if let Some(slot) = cfg.load::<Slot>() {
            request.add_extension(slot.clone());
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reply = cfg.load::<Slot>().and_then(|slot| take(&slot.reply));
        if let (Some(reply), Some(place)) = (reply, context.output_or_error_mut()) {
            *place = reply;
        }
        Ok(())
    }
}

fn take(reply: &Mutex<Option<Reply>>) -> Option<Reply> {
    reply.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Forbids the SDK to resend a write whose first sending may have taken effect: the answer to the
/// second ("already exists") would hide that the first succeeded. Throttles were not taken: those
/// are sent again.
///
/// The SDK has given the request away to the connector when it asks, so the connector says which
/// operation it was: on the response, or, without one, by an error that nobody retries.
#[derive(Debug)]
pub(super) struct NoResend;

impl ClassifyRetry for NoResend {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let attempt = context.response().and_then(|response| response.extension::<Attempt>());
        let failed = context.output_or_error().is_some_and(|result| result.is_err());
        match attempt {
            // EC2's word for a clock that is behind: AWS did not take the call. The SDK has read
            // AWS's time off the answer, and signs the next attempt with it.
            Some(attempt) if failed && attempt.attempt == 1 && says(context, |code| code == EXPIRED) => {
                RetryAction::retryable_error(ErrorKind::ServerError)
            }
            Some(attempt) if failed && !throttled(context) && !attempt.may_be_resent() => {
                RetryAction::RetryForbidden
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "no resending of writes"
    }
}

fn throttled(context: &InterceptorContext) -> bool {
    context.response().is_some_and(|response| response.status().as_u16() == 429) || says(context, is_throttle)
}

/// Does the answer hold such a code? The typed error is erased here; its code stands in the body or,
/// with JSON, in a header.
fn says(context: &InterceptorContext, is: fn(&str) -> bool) -> bool {
    let Some(response) = context.response() else { return false };
    let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
    body.split(|c: char| !c.is_ascii_alphanumeric()).chain(header.split(':')).any(is)
}

/// The connector: ledger, faults, then the live connector or the simulation.
#[derive(Clone)]
pub(super) struct Wire<T> {
    /// Weak: the shared part holds the SDK's configuration, which holds this.
    pub shared: Weak<Shared>,
    pub inner: T,
}

impl<T> fmt::Debug for Wire<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpClient for Wire<Option<SharedHttpClient>> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Wire {
            shared: self.shared.clone(),
            inner: self.inner.as_ref().map(|client| client.http_connector(settings, components)),
        })
    }
}

impl HttpConnector for Wire<Option<SharedHttpConnector>> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            match request.extension::<Attempt>().cloned() {
                Some(attempt) => wire.attempt(&attempt, request).await,
                // The SDK's own calls for credentials (SSO, AssumeRole) carry no tag.
                None => match &wire.inner {
                    Some(inner) => inner.call(request).await,
                    None => Err(ConnectorError::other("no network in a simulation".into(), None)),
                },
            }
        })
    }
}

impl Wire<Option<SharedHttpConnector>> {
    async fn attempt(&self, attempt: &Attempt, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let Some(shared) = self.shared.upgrade() else {
            return Err(ConnectorError::other("the handle was dropped".into(), None));
        };
        let shared = &*shared;
        if shared.phase() == Phase::DryRun && !changes_nothing(&attempt.operation, &request) {
            return Err(ConnectorError::other(WriteOutsideApply(attempt.operation.clone()).into(), None));
        }
        let clock = &shared.clock;
        let number = shared.ledger.enter(Call {
            operation: attempt.operation.clone(),
            actor: attempt.actor,
            region: attempt.region.clone(),
            attempt: attempt.attempt,
            phase: shared.phase(),
            started_ms: shared.clock.now_ms(),
            ended_ms: 0,
            error: None,
        });
        shared.tap.show(&attempt.operation, &request);
        if let Some(delay) = shared.tap.delayed() {
            shared.clock.wait(delay).await;
        }
        shared.faults.show(number, &attempt.operation, false);
        let fault = shared.faults.strike(number, &attempt.operation, (&attempt.region, attempt.attempt));
        let host = wordless::host(request.uri()).to_owned();
        let answer = match fault {
            Some(Fault::Die) => shared.faults.die().await,
            Some(Fault::Lost) => Err(ConnectorError::timeout("no answer".into())),
            Some(Fault::Refuse { code, message }) => self.refuse(&request, code, message),
            Some(Fault::Swallowed) => self.answer(clock, false, attempt, request).await,
            Some(Fault::TakenThenLost) => {
                let slot = request.extension::<Slot>().cloned();
                let _ = self.answer(clock, true, attempt, request).await;
                // The answer that nobody gets must not be put in place either.
                slot.and_then(|slot| take(&slot.reply));
                Err(ConnectorError::timeout("no answer".into()))
            }
            None | Some(Fault::Slow(_)) => {
                if let Some(Fault::Slow(time)) = fault {
                    clock.wait(time).await;
                }
                let answer = self.answer(clock, true, attempt, request).await;
                shared.faults.show(number, &attempt.operation, true);
                answer
            }
        };
        let error = match &answer {
            Ok((_, error)) => error.clone(),
            Err(error) => Some(error.to_string()),
        };
        let call = &attempt.operation;
        match &answer {
            Ok((_, None)) => tracing::debug!(call, "answered"),
            Ok((_, Some(error))) => tracing::debug!(call, error, "answered"),
            Err(error) => tracing::debug!(call, why = chain(error), "no answer"),
        }
        shared.ledger.close(number, shared.clock.now_ms(), error);
        match answer {
            Ok((mut response, _)) => {
                let most = shared.wordless.attempts(&host, &attempt.operation, attempt.attempt, &response);
                response.add_extension(Attempt { most, ..attempt.clone() });
                Ok(response)
            }
            // Of another kind it is a timeout or an I/O error: the SDK sends a write again, and a read
            // as often as it does for throttles.
            Err(error)
                if operations::mutates(&attempt.operation) || attempt.attempt >= wordless::ATTEMPTS =>
            {
                Err(ConnectorError::other(error.into(), None))
            }
            Err(error) => Err(error),
        }
    }

    /// The answer, and its error code where the connector can see it. `carried_out`: false where the
    /// backend only pretends.
    async fn answer(
        &self,
        clock: &Clock,
        carried_out: bool,
        attempt: &Attempt,
        request: HttpRequest,
    ) -> Result<(HttpResponse, Option<String>), ConnectorError> {
        if let Some(inner) = &self.inner {
            let response = answer::read(clock, &attempt.operation, inner.call(request)).await?;
            // A registry sends to where a layer is: that is its answer.
            let sent_on = attempt.operation == "registry:GetBlob" && response.status().as_u16() / 100 == 3;
            let error = answer::error(&response).filter(|_| !sent_on);
            return Ok((response, error));
        }
        let Some(slot) = request.extension::<Slot>() else {
            return Err(ConnectorError::other("no simulated answer was prepared".into(), None));
        };
        let (prepared, region) = (&slot.prepared, &attempt.region);
        Ok(reply(slot, if carried_out { prepared.answer(region) } else { prepared.pretend(region) }))
    }

    /// An injected refusal, on either wire.
    fn refuse(
        &self,
        request: &HttpRequest,
        code: &'static str,
        message: &'static str,
    ) -> Result<(HttpResponse, Option<String>), ConnectorError> {
        match request.extension::<Slot>() {
            Some(slot) => {
                let meta = ErrorMetadata::builder().code(code).message(message).build();
                Ok(reply(slot, slot.prepared.refuse(meta)))
            }
            None => Err(ConnectorError::other("refusals are injected in simulations only".into(), None)),
        }
    }
}

/// Is it a read, or a request of EC2's that says once, and with yes, that it is a dry run?
fn changes_nothing(operation: &str, request: &HttpRequest) -> bool {
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
    let switches: Vec<&str> = body.split('&').filter(|pair| pair.starts_with("DryRun=")).collect();
    !operations::mutates(operation) || (operation.starts_with("ec2:") && switches == ["DryRun=true"])
}

/// A 200 that carries the code, empty but for what the backend adds: the typed reply is put in place by the interceptor.
fn reply(slot: &Slot, answer: Answer) -> (HttpResponse, Option<String>) {
    let body = answer.body.map_or_else(SdkBody::empty, SdkBody::from);
    let mut response = HttpResponse::new(ok(), body);
    if let Some(code) = &answer.code {
        response.headers_mut().insert("x-amzn-errortype", code.clone());
    }
    *slot.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.reply);
    (response, answer.code)
}

fn ok() -> StatusCode {
    // 200 is a status code; the fallback can never be reached.
    StatusCode::try_from(200u16).unwrap_or_else(|_| unreachable!())
}
