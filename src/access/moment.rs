//! The context of a principal's requests: with a key, with a session made from now on, with one made
//! earlier.

use jiff::{SignedDuration, Timestamp};

use super::book::{ANY_ACCOUNT, Book, Entry};
use super::context::{Context, Value};
use super::facts::Facts;
use super::principal::Principal;

/// The credentials with which a principal acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// A long-term access key.
    Key,
    /// A session made from now on, after a cut has spread.
    NewSession,
    /// A session made before now, of which nothing else is known.
    EarlierSession,
    /// A session made at this moment.
    SessionOf(Timestamp),
}

/// The longest life of a role's session.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html>
pub const ROLE_SESSION: SignedDuration = SignedDuration::from_hours(12);

/// The longest life of a session that a user makes with `GetSessionToken` or `GetFederationToken`.
pub const USER_SESSION: SignedDuration = SignedDuration::from_hours(36);

impl Book {
    /// What is known of the requests of a principal. Keys that the caller or the network sets are unknown.
    pub fn context(&self, facts: &Facts<'_>, entry: &Entry, holding: Holding) -> Context {
        let mut context = Context::partial();
        let now = facts.now;
        context.is("aws:CurrentTime", now.to_string());
        context.is("aws:EpochTime", now.as_second().to_string());
        // Who asks uses TLS, and calls himself rather than through a service.
        context.is("aws:SecureTransport", "true");
        context.is("aws:ViaAWSService", "false");
        context.set("aws:CalledVia", Value::Absent);
        context.set("kms:ViaService", Value::Absent);
        context.is("aws:ResourceAccount", self.account.clone());
        let service = matches!(entry.principal, Principal::Service(_));
        context.is("aws:PrincipalIsAWSService", service.to_string());
        if service {
            context.is("aws:SourceAccount", self.account.clone());
        }
        if let Some(Some(organization)) = facts.organization.read() {
            context.is("aws:ResourceOrgID", organization.id.clone());
            if entry.principal.account() == Some(&self.account) {
                context.is("aws:PrincipalOrgID", organization.id.clone());
            }
        }
        self.identify(&mut context, entry);
        match holding {
            Holding::Key => {
                for key in ["aws:TokenIssueTime", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"] {
                    context.set(key, Value::Absent);
                }
            }
            Holding::NewSession => {
                let later = now.checked_add(SignedDuration::from_hours(1)).unwrap_or(now);
                context.is("aws:TokenIssueTime", later.to_string());
            }
            Holding::EarlierSession => {
                let life = if entry.trust.is_some() { ROLE_SESSION } else { USER_SESSION };
                let since = now.checked_sub(life).unwrap_or(now);
                context.set("aws:TokenIssueTime", Value::Between(since, now));
            }
            Holding::SessionOf(moment) => context.is("aws:TokenIssueTime", moment.to_string()),
        }
        context
    }

    /// Sets the keys that say who asks.
    fn identify(&self, context: &mut Context, entry: &Entry) {
        if let Some(account) = entry.principal.account().filter(|account| *account != ANY_ACCOUNT) {
            context.is("kms:CallerAccount", account);
            if account == self.account {
                context.is("aws:PrincipalAccount", account);
            }
        }
        let kind = match &entry.principal {
            Principal::Root(id) => {
                context.is("aws:PrincipalArn", format!("arn:{}:iam::{id}:root", self.partition));
                context.set("aws:username", Value::Absent);
                "Account"
            }
            Principal::User(arn) => {
                context.is("aws:PrincipalArn", arn.clone());
                context.is("aws:username", entry.name.clone());
                "User"
            }
            Principal::Session { role, .. } => {
                context.is("aws:PrincipalArn", role.clone());
                context.set("aws:username", Value::Absent);
                "AssumedRole"
            }
            _ => return,
        };
        context.is("aws:PrincipalType", kind);
        // A session may carry tags besides its role's, where the trust policy lets it.
        let tagged = entry.trust.and_then(|trust| self.library.get(trust)?.policy()).is_some_and(|policy| {
            policy.statements.iter().any(|statement| statement.covers_action("sts:tagsession"))
        });
        if !tagged {
            context.knows_all("aws:PrincipalTag/");
            for (key, value) in &entry.tags {
                context.is(&format!("aws:PrincipalTag/{key}"), value.clone());
            }
        }
    }
}
