//! Where a permission set is written, and how AWS carries out what it has accepted.

use std::time::Duration;

use aws_sdk_ssoadmin::types::StatusValues;

use crate::aws::{Aws, AwsError, Kind};
use crate::step::{StepError, Target};

/// A permission set in the account of this run.
pub(super) struct Place<'a> {
    pub region: &'a str,
    pub account: String,
    pub instance: String,
    pub set: String,
}

impl<'a> Place<'a> {
    /// The same instance, with the permission set `INSTANCE/SET`.
    pub fn of_set(self, id: &str) -> Place<'a> {
        let start = self.set.split_once("permissionSet/").map_or("", |(start, _)| start);
        Place { set: format!("{start}permissionSet/{id}"), ..self }
    }

    /// # Errors
    /// It is not known who calls: whose account is cut is not known either.
    pub fn of(aws: &Aws, at: &'a Target) -> Result<Place<'a>, StepError> {
        let arn: Vec<&str> = aws.caller().unwrap_or_default().split(':').collect();
        let (Some(partition), Some(account)) = (arn.get(1), arn.get(4)) else {
            return Err(StepError::State("the account that calls is not known: nothing was sent".into()));
        };
        Ok(Place {
            region: at.region_name(),
            account: (*account).to_owned(),
            instance: format!("arn:{partition}:sso:::instance/{}", at.parts().0),
            set: format!("arn:{partition}:sso:::permissionSet/{}", at.id),
        })
    }
}

/// How many provisionings AWS takes at once, by the instance.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>
pub(super) fn queue(at: &Target) -> (String, usize) {
    (at.parts().0.to_owned(), 3)
}

/// How long AWS may be at another change of a set before a request is given up.
const FREE_WITHIN: Duration = Duration::from_secs(60);

/// Sends a request, and again while AWS is at another change of the set: one that was accepted before a process died.
pub(super) async fn until_free<T, F>(aws: &Aws, send: impl Fn() -> F) -> Result<T, StepError>
where
    F: Future<Output = Result<T, StepError>>,
{
    let began = aws.clock().now_ms();
    loop {
        let answer = send().await;
        let late = u128::from(aws.clock().now_ms().saturating_sub(began)) >= FREE_WITHIN.as_millis();
        match &answer {
            Err(StepError::Aws(error)) if error.kind == Kind::Conflict && !late => {}
            _ => return answer,
        }
        aws.clock().wait(Duration::from_secs(3)).await;
    }
}

/// How a request stands, and why it failed.
pub(super) type Standing = (Option<StatusValues>, Option<String>);

/// Asks how an accepted request stands until AWS has carried it out, or for so long. Accepted is not in effect:
/// what is read back afterwards decides, and so a look that fails ends the wait and nothing else.
///
/// # Errors
/// AWS could not carry it out: its reason. The credentials are no longer taken.
pub(super) async fn until_carried_out<F>(
    aws: &Aws,
    within: Duration,
    look: impl Fn() -> F,
) -> Result<(), StepError>
where
    F: Future<Output = Result<Standing, AwsError>>,
{
    let began = aws.clock().now_ms();
    let mut pause = Duration::from_secs(2);
    loop {
        aws.clock().wait(pause).await;
        match look().await {
            Err(error) if error.kind == Kind::Credentials => return Err(error.into()),
            Err(_) | Ok((Some(StatusValues::Succeeded), _)) => return Ok(()),
            Ok((Some(StatusValues::Failed), why)) => {
                let why = why.unwrap_or_else(|| "AWS gives no reason".into());
                return Err(StepError::State(format!("AWS accepted it and could not carry it out: {why}")));
            }
            Ok(_) if u128::from(aws.clock().now_ms().saturating_sub(began)) >= within.as_millis() => {
                return Ok(());
            }
            Ok(_) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}
