//! The policy of an interface or gateway endpoint. AWS says that a new one takes a few minutes, and no
//! state shows when it is in effect. What AWS gives back in another form counts as what was given.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::modify::{after, change, current, gone, send};
use super::obstacle;
use crate::account::policy::meaning;
use crate::account::{Endpoint, Section};
use crate::aws::{Aws, AwsError, Kind};
use crate::step::{Lens, Look, Names, Now, Reason, StepError, Target, Verdict, Write, alias};

pub(super) struct EndpointPolicy;

/// How long a policy that AWS took may take to show.
const SHOWS_POLICY_WITHIN: Duration = Duration::from_secs(20);

/// A policy. What denies everything is known by what it says; any other is kept as the text it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Policy {
    /// AWS's own, which an endpoint has that nobody gave one.
    FullAccess,
    DenyAll,
    Own(String),
}

/// What denies everything. A gateway endpoint takes no other principal than `*`.
fn deny_all() -> Value {
    json!({ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }] })
}

/// AWS's own, as it is shown for gateways and for interfaces. Only these texts are had back by a reset:
/// somebody's own that means the same comes back word for word.
///
/// <https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html>
const FULL_ACCESS: [&str; 2] = [
    r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \
     \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}",
];

/// Full access, for an endpoint whose policy AWS does not reset.
fn full_access() -> Value {
    json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] })
}

impl Policy {
    /// The policy of an endpoint. A text that AWS gave back in another form than it was given counts as
    /// the text that was given: see [`Policy::same_meaning`].
    pub fn of(endpoint: &Endpoint, names: &Names) -> Policy {
        let Some(text) = &endpoint.policy else { return Policy::FullAccess };
        let text = names.original(text);
        // A service that takes no other policy refuses to be given even this one.
        if FULL_ACCESS.contains(&text.as_str()) || endpoint.takes_policy == Some(false) {
            return Policy::FullAccess;
        }
        if Policy::DenyAll.same_meaning(Some(&text)) { Policy::DenyAll } else { Policy::Own(text) }
    }

    /// Does a text that AWS shows mean what this policy says?
    pub fn same_meaning(&self, shown: Option<&str>) -> bool {
        let Some(shown) = shown else { return *self == Policy::FullAccess };
        match self {
            Policy::FullAccess => without_version(shown) == full_access(),
            Policy::DenyAll => without_version(shown) == deny_all(),
            Policy::Own(text) => meaning(shown) == meaning(text),
        }
    }

    /// The text to write. AWS's own policy has the text that a reset brings.
    pub fn text(&self) -> String {
        match self {
            Policy::FullAccess => FULL_ACCESS[0].to_owned(),
            Policy::DenyAll => deny_all().to_string(),
            Policy::Own(text) => text.clone(),
        }
    }
}

impl Lens for EndpointPolicy {
    type State = Policy;
    const KIND: &'static str = "endpoint-policy";
    const NEEDS: &'static [Section] = &[Section::Endpoints];
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<Policy> {
        let names = &look.case.names;
        look.in_region(|here| {
            Now::of_item(&here.endpoints, &names.current(&look.at.id), |endpoint| {
                match endpoint.state.as_str() {
                    "deleting" => Now::Vanished,
                    _ => Now::Is(Policy::of(endpoint, names)),
                }
            })
        })
    }

    fn contain(&self, now: &Policy, look: &Look<'_>) -> Verdict<Policy> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        if *now == Policy::DenyAll {
            return Verdict::Already;
        }
        let Some(endpoint) = here.endpoints.item(&look.case.names.current(&look.at.id)) else {
            return Verdict::Refuse("it is not there any more".into());
        };
        match obstacle(endpoint, &look.account.id).or_else(|| takes_no_policy(endpoint)) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Change(Policy::DenyAll),
        }
    }

    fn show(&self, policy: &Policy) -> String {
        match policy {
            Policy::DenyAll => "denies everything".into(),
            Policy::FullAccess => "full access".into(),
            Policy::Own(text) => format!("a policy of {} characters", text.chars().count()),
        }
    }

    async fn write(&self, write: Write<'_, Policy>) -> Result<(), StepError> {
        let Write { aws, at, to: policy, .. } = write;
        let now = current(aws, at).await?.ok_or_else(|| gone(at))?;
        if !policy.same_meaning(now.policy.as_deref()) {
            let text = |text: String| change(aws, at).policy_document(text);
            match policy {
                Policy::FullAccess => match send(aws, change(aws, at).reset_policy(true)).await {
                    // AWS's model documents the reset for gateway endpoints alone.
                    Err(StepError::Aws(error)) if now.kind == "Interface" && takes_no_reset(&error) => {
                        send(aws, text(full_access().to_string())).await?;
                    }
                    answer => answer?,
                },
                Policy::DenyAll | Policy::Own(_) => send(aws, text(policy.text())).await?,
            }
        }
        remember_form(aws, at, policy).await
    }
}

fn takes_no_policy(endpoint: &Endpoint) -> Option<Reason> {
    let foreign = endpoint.service.starts_with("com.amazonaws.vpce.");
    (foreign || endpoint.takes_policy == Some(false)).then(|| {
        format!(
            "{} takes no policy but full access: 510 and 520 cut it, or way = \"delete\"",
            endpoint.service
        )
    })
}

/// The meaning of a text that has no variables: then its version says nothing.
fn without_version(text: &str) -> Value {
    let mut policy = serde_json::from_str::<Value>(&meaning(text)).unwrap_or_default();
    if let Value::Object(fields) = &mut policy {
        fields.remove("Version");
    }
    policy
}

/// Says whether AWS refused the reset itself. To write the text after a reset that was taken does no harm.
fn takes_no_reset(error: &AwsError) -> bool {
    let of_parameter = error.code.as_deref().is_some_and(|code| code.starts_with("InvalidParameter"));
    of_parameter || error.kind == Kind::Refused
}

/// Records the form in which AWS gives a policy back that has the same meaning as the one that was there
/// before: from then on the one stands for the other.
pub(super) async fn remember_form(aws: &Aws, at: &Target, policy: &Policy) -> Result<(), StepError> {
    if *policy == Policy::DenyAll {
        return Ok(());
    }
    let deadline = after(aws, SHOWS_POLICY_WITHIN);
    loop {
        let Some(now) = current(aws, at).await? else { return Ok(()) };
        if policy.same_meaning(now.policy.as_deref()) {
            let shown = now.policy.clone().filter(|_| Policy::of(&now, aws.names()) != *policy);
            return shown.map_or(Ok(()), |shown| Ok(aws.created(&alias(&policy.text()), &shown)?));
        }
        if aws.clock().now_ms() >= deadline {
            return Ok(());
        }
        aws.clock().wait(Duration::from_secs(1)).await;
    }
}
