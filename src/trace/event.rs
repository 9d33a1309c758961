//! One record of CloudTrail, as it is asked.

use serde_json::Value;

/// A record of CloudTrail.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
#[derive(Clone, Copy, Debug)]
pub struct Event<'a>(pub &'a Value);

impl<'a> Event<'a> {
    fn text(self, pointer: &str) -> Option<&'a str> {
        self.0.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    pub fn id(self) -> &'a str {
        self.text("/eventID").unwrap_or_default()
    }

    /// When it was called (RFC 3339, to the second).
    pub fn time(self) -> &'a str {
        self.text("/eventTime").unwrap_or_default()
    }

    pub fn region(self) -> &'a str {
        self.text("/awsRegion").unwrap_or_default()
    }

    /// The service: `iam` of `iam.amazonaws.com`.
    pub fn service(self) -> &'a str {
        let source = self.text("/eventSource").unwrap_or_default();
        source.split('.').next().unwrap_or_default()
    }

    pub fn name(self) -> &'a str {
        self.text("/eventName").unwrap_or_default()
    }

    /// `iam:CreateUser`: the service and the call. Not always the name of an IAM action.
    pub fn call(self) -> String {
        format!("{}:{}", self.service(), self.name())
    }

    /// Does it only read? A record without the field is of an old form, and its name decides.
    pub fn reads(self) -> bool {
        let by_name =
            || ["Get", "List", "Describe", "Lookup"].iter().any(|word| self.name().starts_with(word));
        self.0.get("readOnly").and_then(Value::as_bool).unwrap_or_else(by_name)
    }

    pub fn error(self) -> Option<&'a str> {
        self.text("/errorCode")
    }

    /// Did AWS refuse it for want of a permission? Services spell it differently:
    /// `AccessDenied`, `AccessDeniedException`, `Client.UnauthorizedOperation`.
    pub fn denied(self) -> bool {
        self.error().is_some_and(|code| {
            ["AccessDenied", "Unauthorized", "NotAuthorized", "Forbidden"]
                .iter()
                .any(|word| code.contains(word))
        })
    }

    /// Who called: the ARN of a user, a session or root; the name of a service of AWS.
    pub fn caller(self) -> &'a str {
        let identity = ["/userIdentity/arn", "/userIdentity/invokedBy", "/userIdentity/principalId"];
        identity.into_iter().find_map(|member| self.text(member)).unwrap_or_default()
    }

    /// The kind of identity: `IAMUser`, `AssumedRole`, `AWSService` …
    pub fn kind(self) -> &'a str {
        self.text("/userIdentity/type").unwrap_or_default()
    }

    /// The access key that signed; a console session has one too.
    pub fn key(self) -> Option<&'a str> {
        self.text("/userIdentity/accessKeyId")
    }

    /// The role, or the user, that issued the caller's session.
    pub fn issuer(self) -> Option<&'a str> {
        self.text("/userIdentity/sessionContext/sessionIssuer/arn")
    }

    /// The user's name, where a user called.
    pub fn user(self) -> Option<&'a str> {
        self.text("/userIdentity/userName")
    }

    /// From where: an address, or the name of a service that called for somebody.
    pub fn address(self) -> Option<&'a str> {
        self.text("/sourceIPAddress")
    }

    pub fn agent(self) -> Option<&'a str> {
        self.text("/userAgent")
    }

    /// The account that owns the record.
    pub fn account(self) -> &'a str {
        self.text("/recipientAccountId").or_else(|| self.text("/userIdentity/accountId")).unwrap_or_default()
    }

    /// A parameter of the call: `asked("userName")`, `asked("launchTemplate/version")`.
    pub fn asked(self, member: &str) -> Option<&'a str> {
        self.text(&format!("/requestParameters/{member}"))
    }

    /// Is a parameter of the call `true`?
    pub fn asked_yes(self, member: &str) -> bool {
        self.0.pointer(&format!("/requestParameters/{member}")).and_then(Value::as_bool) == Some(true)
    }

    /// A member of AWS's answer.
    pub fn answered(self, member: &str) -> Option<&'a str> {
        self.text(&format!("/responseElements/{member}"))
    }
}
