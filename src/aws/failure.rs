//! What a failed call means, decided in one place and by its code, never by the SDK's variant.

mod words;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::denial;
use super::https::{Blocked, Unreached};
use super::masks::masked;
use super::operations;
use super::wire::{NotSimulated, WriteOutsideApply};
use crate::account::{Cause, Gap};
pub(super) use words::{chain, words};
use words::{has_source, source_of, wordless};

/// A failed call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct AwsError {
    pub kind: Kind,
    /// `service:Operation`.
    pub operation: String,
    /// AWS's error code, where AWS answered.
    pub code: Option<String>,
    /// AWS's words. Attacker-controlled: escape before printing.
    pub message: String,
    /// The call may have taken effect although it failed: no answer, or a 5xx, on a write.
    pub maybe_applied: bool,
    /// The host that did not answer, and what is in the way.
    pub blocked: Option<Blocked>,
}

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IAM says no: the action can be granted.
    Denied,
    /// The service does not let anybody touch this resource, whatever IAM says (`AuthFailure`).
    Untouchable,
    Throttled,
    /// The resource, or what the call refers to, is not there.
    Gone,
    /// Somebody else is changing it: wait and look again.
    Conflict,
    /// AWS refuses for another reason.
    Refused,
    /// The support plan or an opt-in is missing.
    NotSubscribed,
    /// The endpoint does not know the operation.
    NotSupported,
    /// No answer, or the server failed.
    NoAnswer,
    /// AWS answered, and nothing certain can be read from it: a list without an end, a member missing.
    Unusable,
    /// Missing, expired or invalid credentials.
    Credentials,
    /// The program itself is at fault: a write outside apply.
    Bug,
}

/// Codes by meaning. How they are spelled per protocol: aws-semantics, section 0.2.
fn by_code(code: &str) -> Option<Kind> {
    Some(match code {
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedAccess"
        | "NotAuthorized"
        | "AuthorizationError"
        | "Forbidden" => Kind::Denied,
        "AuthFailure" | "OperationNotPermitted" | "UnmodifiableEntity" => Kind::Untouchable,
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "ProvisionedThroughputExceededException"
        | "TransactionInProgressException" => Kind::Throttled,
        "ConcurrentModification"
        | "ConcurrentModificationException"
        | "EntityTemporarilyUnmodifiable"
        | "ConflictException"
        // Organizations: another change of a policy is being carried out.
        | "PolicyChangesInProgressException"
        // CloudFront: somebody else has written since the ETag was read, or it is the ETag of another copy.
        | "PreconditionFailed"
        | "InvalidIfMatchVersion"
        // AWS WAF: the same; what was made or let go a moment ago is not known everywhere yet.
        | "WAFOptimisticLockException"
        | "WAFAssociatedItemException"
        | "WAFDuplicateItemException"
        | "WAFUnavailableEntityException"
        | "ResourceConflictException"
        | "OperationAborted"
        // RAM: it is still taking somebody out of a share, or letting somebody in.
        | "InvalidStateTransitionException"
        | "ResourceInUse"
        // Lambda: an event source that is being turned on or off.
        | "ResourceInUseException"
        // Client VPN: 10 operations at once on one endpoint. Seen from RevokeClientVpnIngress.
        | "ConcurrentMutationLimitExceeded"
        | "ScalingActivityInProgress"
        // RDS: a backup, a reboot or another change is under way.
        | "InvalidDBInstanceState"
        | "InvalidDBClusterStateFault"
        | "ResourceContention" => Kind::Conflict,
        "SubscriptionRequiredException" | "OptInRequired" => Kind::NotSubscribed,
        "UnknownOperationException"
        | "InvalidAction"
        | "NotImplemented"
        | "UnsupportedOperation"
        | "MethodNotAllowed"
        | "UnknownOperation"
        | "NotYetImplemented"
        | "UnknownEndpoint"
        // ECR Public, in a Region that does not have it.
        | "UnsupportedCommandException"
        | "UnsupportedOperationException" => Kind::NotSupported,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature" => Kind::Credentials,
        "RequestTimeout"
        | "RequestTimeoutException"
        | "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceFailure"
        | "WAFInternalErrorException"
        | "Unavailable"
        | "InternalServerError" => Kind::NoAnswer,
        "WAFNonexistentItemException"
        // SQS, as it is spelled since its protocol is JSON and before; RAM.
        | "QueueDoesNotExist"
        | "AWS.SimpleQueueService.NonExistentQueue"
        | "UnknownResourceException" => Kind::Gone,
        _ if code.contains("NotFound") || code.starts_with("NoSuch") || code == "NotFoundException" => {
            Kind::Gone
        }
        _ => return None,
    })
}

/// Returns `None` where AWS says that the resource is gone. A resource is looked up by its id, and not by
/// a filter, although a look by a filter does not fail then: other endpoints than AWS's own ignore filters
/// that they do not know, and return everything (decision 0014).
///
/// # Errors
/// Any other failure.
pub fn unless_gone<T, E: Into<AwsError>>(answer: Result<T, E>) -> Result<Option<T>, AwsError> {
    match answer.map_err(Into::into) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind == Kind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}

/// A code with which AWS says that these credentials are missing, expired or wrong.
pub(crate) fn is_credentials_code(code: &str) -> bool {
    by_code(code) == Some(Kind::Credentials)
}

/// A code with which AWS says that it did not take the call for its rate.
pub(crate) fn is_throttle(code: &str) -> bool {
    by_code(code) == Some(Kind::Throttled)
}

/// A code with which AWS says that a permission is missing.
pub(crate) fn is_denial(code: &str) -> bool {
    by_code(code) == Some(Kind::Denied)
}

impl AwsError {
    /// What a call that answered 200 says of one of its items: AWS did not do that one.
    pub fn of_item(operation: &str, code: Option<String>, message: &str) -> AwsError {
        let kind = code.as_deref().and_then(by_code).unwrap_or(Kind::Refused);
        let message = masked(message);
        AwsError { kind, operation: operation.into(), code, message, maybe_applied: false, blocked: None }
    }

    /// A call that was answered with what cannot be used; why.
    pub fn unusable(operation: &str, why: &str) -> AwsError {
        AwsError {
            kind: Kind::Unusable,
            operation: operation.into(),
            code: None,
            message: masked(why),
            maybe_applied: false,
            blocked: None,
        }
    }

    /// Is this the answer with the given code?
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// The gap that a failed read leaves.
    pub fn gap(&self) -> Gap {
        Gap {
            cause: match self.kind {
                Kind::Denied => Cause::Denied,
                Kind::Credentials => Cause::Credentials,
                Kind::Untouchable => Cause::Refused,
                Kind::NotSubscribed => Cause::NotSubscribed,
                Kind::NotSupported => Cause::NotSupported,
                Kind::Throttled => Cause::Throttled,
                Kind::NoAnswer => Cause::Unreachable,
                Kind::Gone | Kind::Conflict | Kind::Refused | Kind::Unusable | Kind::Bug => Cause::Failed,
            },
            call: self.operation.clone(),
            detail: self.detail(),
        }
    }

    /// The code and AWS's words.
    pub fn detail(&self) -> String {
        match &self.code {
            Some(code) if self.message.is_empty() => code.clone(),
            Some(code) => format!("{code}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// The IAM actions to allow when the call was denied.
    pub fn actions(&self) -> &'static [&'static str] {
        operations::find(&self.operation).map_or(&[], |op| op.actions)
    }

    /// Which kind of policy denies the call, where AWS says so and an Allow in the caller's own policy
    /// does not help.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    pub fn denied_by(&self) -> Option<&'static str> {
        denial::policy(&self.message).filter(|_| self.kind == Kind::Denied)
    }

    /// The policy statement to add when the call was denied and an Allow can help.
    pub fn statement(&self) -> Option<String> {
        let helps = self.kind == Kind::Denied && self.denied_by().is_none() && !self.actions().is_empty();
        helps.then(|| {
            let actions: Vec<String> = self.actions().iter().map(|a| format!("\"{a}\"")).collect();
            format!("{{\"Effect\":\"Allow\",\"Action\":[{}],\"Resource\":\"*\"}}", actions.join(","))
        })
    }
}

impl<E> From<SdkError<E, HttpResponse>> for AwsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        AwsError::of_call(operations::name_of_type::<E>("Error"), &error)
    }
}

impl AwsError {
    /// What the failure of a call means.
    pub(super) fn of_call<E>(operation: String, error: &SdkError<E, HttpResponse>) -> AwsError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let meta: Option<ErrorMetadata> = match error {
            SdkError::ServiceError(service) => Some(service.err().meta().clone()),
            _ => None,
        };
        let code = meta.as_ref().and_then(ErrorMetadata::code).map(str::to_owned);
        let said = meta.as_ref().and_then(ErrorMetadata::message).unwrap_or_default();
        let mut kind = if is_pending(code.as_deref(), said) {
            Kind::Conflict
        } else {
            kind(error, code.as_deref(), status)
        };
        let message: String = meta
            .as_ref()
            .and_then(ErrorMetadata::message)
            .map_or_else(|| if code.is_some() { String::new() } else { wordless(error) }, masked);
        // EC2 has one code for a resource that a service keeps to itself and for credentials that it
        // does not take, as those of the global STS endpoint in an opt-in Region.
        let of_credentials = status == Some(401) || message.contains("provided credentials");
        if kind == Kind::Untouchable && of_credentials {
            kind = Kind::Credentials;
        }
        // "Not supported" is about the endpoint when it is asked, and about the resource when it is told.
        if code.as_deref() == Some("UnsupportedOperation") && operations::mutates(&operation) {
            kind = Kind::Refused;
        }
        AwsError {
            maybe_applied: kind == Kind::NoAnswer && operations::mutates(&operation),
            kind,
            operation,
            code,
            message,
            blocked: source_of::<Unreached>(error).map(|unreached| unreached.blocked.clone()),
        }
    }
}

/// Is a virtual private gateway at another change? AWS has no code of its own for that:
/// `InvalidParameterValue` says it of a gateway that is being attached or detached.
///
/// <https://github.com/hashicorp/terraform-provider-aws/pull/11720>
fn is_pending(code: Option<&str>, message: &str) -> bool {
    code == Some("InvalidParameterValue") && message.contains("pending VPNs or Virtual Interfaces")
}

fn kind<E>(error: &SdkError<E, HttpResponse>, code: Option<&str>, status: Option<u16>) -> Kind
where
    E: std::error::Error + Send + Sync + 'static,
{
    if source_of::<WriteOutsideApply>(error).is_some() {
        return Kind::Bug;
    }
    if source_of::<NotSimulated>(error).is_some() {
        return Kind::NotSupported;
    }
    // LocalStack calls what it lacks InternalFailure, as AWS a failure of its own.
    if status == Some(501) {
        return Kind::NotSupported;
    }
    if let Some(kind) = code.and_then(by_code) {
        return kind;
    }
    match (error, status) {
        (SdkError::DispatchFailure(failure), _) if is_credentials(failure.as_connector_error()) => {
            Kind::Credentials
        }
        (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), _) => Kind::NoAnswer,
        (SdkError::ConstructionFailure(_), _) => Kind::Refused,
        // An emulator without the operation answers 404 or 405 without an error document.
        (_, Some(404 | 405)) if code.is_none() => Kind::NotSupported,
        (_, Some(403)) => Kind::Denied,
        (_, Some(429)) => Kind::Throttled,
        // A page that is no answer of AWS's: nothing was refused.
        (_, Some(200..300)) if code.is_none() => Kind::NoAnswer,
        (_, Some(500..)) | (SdkError::ResponseError(_), _) => Kind::NoAnswer,
        _ => Kind::Refused,
    }
}

/// The SDK reports "no credentials" as a dispatch failure, like a broken connection.
fn is_credentials(error: Option<&aws_smithy_runtime_api::client::result::ConnectorError>) -> bool {
    error.is_some_and(|error| has_source::<aws_credential_types::provider::error::CredentialsError>(error))
}
