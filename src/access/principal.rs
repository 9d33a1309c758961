//! Who asks, and whom `Principal` and `NotPrincipal` name.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::arn;
use super::doubt::{Doubt, Sure};

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// The account's root, by the account's id.
    Root(String),
    /// An IAM user, by its ARN.
    User(String),
    /// A session of a role.
    Session {
        /// The ARN of the role, with its path.
        role: String,
        /// The session's name, where it is known.
        name: Option<String>,
    },
    /// A session that a user made with `GetFederationToken`.
    FederatedUser {
        /// `arn:aws:sts::111122223333:federated-user/name`
        arn: String,
        /// The ARN of the user that made it.
        user: String,
    },
    /// Somebody of another account, who may be any principal there: the account's id.
    Outsider(String),
    /// An AWS service: `lambda.amazonaws.com`.
    Service(String),
    /// Somebody whom this identity provider vouches for (`AssumeRoleWithSAML`, `…WithWebIdentity`).
    Federated(String),
    /// A request without a signature.
    Anonymous,
}

impl Principal {
    /// The account that the principal belongs to.
    pub fn account(&self) -> Option<&str> {
        match self {
            Principal::Root(id) | Principal::Outsider(id) => Some(id),
            Principal::User(arn)
            | Principal::Session { role: arn, .. }
            | Principal::FederatedUser { arn, .. } => arn::account(arn),
            Principal::Service(_) | Principal::Federated(_) | Principal::Anonymous => None,
        }
    }

    /// Policies of its own decide for it, besides those of resources.
    pub fn has_identity(&self) -> bool {
        self.account().is_some()
    }
}

/// One entry of `Principal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Everybody,
    /// An account, by its id or the ARN of its root.
    Account(String),
    /// A user, a role, or a session of a role or of a federated user.
    Arn(String),
    Service(String),
    Federated(String),
    CanonicalUser(String),
    /// The unique id of a user or role that was deleted: nobody.
    Deleted(String),
    Unclear(String),
}

impl Named {
    /// An entry under the key `AWS`.
    pub fn aws(text: &str) -> Named {
        let digits = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        if text == "*" {
            return Named::Everybody;
        }
        if digits(text) {
            return Named::Account(text.to_owned());
        }
        if let Some(account) = arn::account(text).filter(|id| text.starts_with("arn:") && digits(id)) {
            return match arn::resource(text) {
                "root" => Named::Account(account.to_owned()),
                resource if resource.contains(['*', '?']) => Named::Unclear(text.to_owned()),
                _ => Named::Arn(text.to_owned()),
            };
        }
        if ["AIDA", "AROA"].iter().any(|prefix| text.starts_with(prefix)) {
            return Named::Deleted(text.to_owned());
        }
        Named::Unclear(text.to_owned())
    }
}

/// `Principal`, or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principals {
    pub not: bool,
    pub list: Vec<Named>,
}

/// How directly a resource policy names the one who asks. The order is that of what a grant is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Its account: the account's own policies must allow as well.
    Account,
    /// The role of its session: a boundary or session policy still limits it.
    Role,
    /// Everybody.
    Everybody,
    /// Itself: no other policy's silence limits it.
    Itself,
}

impl Form {
    pub const ALL: [Form; 4] = [Form::Account, Form::Role, Form::Everybody, Form::Itself];
}

/// Whether one entry names the principal, and in which form.
fn names<'p>(named: &'p Named, principal: &Principal) -> (Form, Sure<'p>) {
    let itself = |known: bool| (Form::Itself, Sure::from(known));
    match (named, principal) {
        (Named::Everybody, _) => (Form::Everybody, Sure::Yes),
        (Named::Account(id), Principal::Root(own) | Principal::Outsider(own)) => itself(id == own),
        (Named::Account(id), _) => (Form::Account, Sure::from(principal.account() == Some(id))),
        (Named::Arn(arn), Principal::FederatedUser { user, .. }) if arn == user => (Form::Role, Sure::Yes),
        (Named::Arn(arn), Principal::User(own) | Principal::FederatedUser { arn: own, .. }) => {
            itself(arn == own)
        }
        (Named::Arn(arn), Principal::Outsider(account)) => itself(arn::account(arn) == Some(account)),
        (Named::Arn(arn), Principal::Session { role, .. }) if arn == role => (Form::Role, Sure::Yes),
        (Named::Arn(arn), Principal::Session { role, name }) => {
            (Form::Itself, session(arn, role, name.as_deref()))
        }
        (Named::Service(name), Principal::Service(own))
        | (Named::Federated(name), Principal::Federated(own)) => itself(name == "*" || name == own),
        (Named::CanonicalUser(_), _) if principal.account().is_some() => {
            (Form::Itself, Sure::Perhaps(Doubt::CanonicalUser))
        }
        (Named::Unclear(text), _) => (Form::Itself, Sure::Perhaps(Doubt::Unclear(text))),
        _ => itself(false),
    }
}

/// Whether an ARN of STS names a session of this role: `…:assumed-role/NAME/SESSION`, without the path.
fn session<'p>(arn: &'p str, role: &str, name: Option<&str>) -> Sure<'p> {
    let Some(rest) = arn::resource(arn).strip_prefix("assumed-role/") else { return Sure::No };
    let Some((role_name, session_name)) = rest.split_once('/') else { return Sure::No };
    let same_role = arn::account(arn) == arn::account(role)
        && arn::resource(role).starts_with("role/")
        && role.rsplit('/').next() == Some(role_name);
    match name {
        _ if !same_role => Sure::No,
        Some(name) => Sure::from(name == session_name),
        None => Sure::Perhaps(Doubt::SessionName),
    }
}

impl Principals {
    /// Whether the element covers the principal, by the form in which it does. `bounded`: the principal
    /// has a permissions boundary.
    pub fn cover(&self, principal: &Principal, bounded: bool) -> Covered<'_> {
        let mut covered = Covered::default();
        if self.not {
            covered.add(Form::Everybody, self.leaves_out(principal, bounded));
        } else {
            for named in &self.list {
                let (form, sure) = names(named, principal);
                covered.add(form, sure);
            }
        }
        covered
    }

    /// Whether `NotPrincipal` covers the principal: it must name the account besides the principal, and
    /// for a session the role too. It never spares a principal with a permissions boundary.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    fn leaves_out(&self, principal: &Principal, bounded: bool) -> Sure<'_> {
        let named = |form: Form| {
            Sure::any(
                self.list.iter().map(|named| names(named, principal)).filter(|n| n.0 == form).map(|n| n.1),
            )
        };
        let (itself, role, account) = (named(Form::Itself), named(Form::Role), named(Form::Account));
        let spared = match principal {
            _ if named(Form::Everybody) == Sure::Yes => return Sure::No,
            _ if bounded => return Sure::Yes,
            Principal::User(_) => vec![itself, account],
            Principal::Session { .. } | Principal::FederatedUser { .. } => vec![itself, role, account],
            _ => vec![itself],
        };
        let none = spared.iter().all(|sure| *sure == Sure::No);
        match Sure::all(spared) {
            Sure::Yes => Sure::No,
            _ if none => Sure::Yes,
            _ => Sure::Perhaps(Doubt::NotPrincipal),
        }
    }
}

/// Whether a statement covers a principal, by form.
#[derive(Clone, Copy, Debug)]
pub struct Covered<'p>([Sure<'p>; 4]);

impl Default for Covered<'_> {
    fn default() -> Self {
        Covered([Sure::No; 4])
    }
}

impl<'p> Covered<'p> {
    pub fn add(&mut self, form: Form, sure: Sure<'p>) {
        self.0[form as usize] = self.0[form as usize].or(sure);
    }

    pub fn by(&self, form: Form) -> Sure<'p> {
        self.0[form as usize]
    }

    /// In whatever form.
    pub fn any(&self) -> Sure<'p> {
        Sure::any(self.0)
    }

    /// Covers only where this holds too.
    pub fn limit(&mut self, sure: Sure<'p>) {
        for one in &mut self.0 {
            *one = one.and(sure);
        }
    }

    /// Covers where either does.
    pub fn join(&mut self, other: &Covered<'p>) {
        for (one, other) in self.0.iter_mut().zip(other.0) {
            *one = one.or(other);
        }
    }
}
