//! Who has which power, and by which path: the answer in words and numbers that a view, a plan line or a
//! comparison can keep.

use serde::{Deserialize, Serialize};

use super::powers::Power;

/// Every principal with its powers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The root first, then users, roles, and those from elsewhere.
    pub principals: Vec<Standing>,
    /// What was not read and could change an answer.
    pub unread: Vec<String>,
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    pub kind: Kind,
    /// The ARN of the root, a user or a role; the account, service or provider of others.
    pub id: String,
    pub name: String,
    /// Whether it can act at all: by a key, a password, or by somebody who may assume the role.
    pub acts: Sureness,
    /// One answer for each power, in the order of [`Power::ALL`].
    pub powers: Vec<Answer>,
}

/// What kind of principal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Root,
    User,
    Role,
    /// A role of IAM Identity Center.
    PermissionSet,
    /// A role that belongs to an AWS service.
    ServiceLinkedRole,
    OtherAccount,
    Service,
    IdentityProvider,
}

/// Yes, no, or perhaps and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sureness {
    Yes,
    No,
    /// The reason names things from policies: escape it.
    Perhaps(String),
}

impl Sureness {
    pub fn is_no(&self) -> bool {
        *self == Sureness::No
    }
}

/// Whether a principal has a power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub power: Power,
    pub sure: Sureness,
    /// Of a yes or a perhaps.
    pub path: Option<Path>,
}

/// The way to a power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// The roles that are assumed one after the other, by name.
    pub roles: Vec<String>,
    pub grant: Grant,
    /// `iam:CreateUser`
    pub action: String,
    /// The resources on which it is allowed; `*` stands for any text.
    pub on: String,
    /// The statement that allows: policy, number and Sid.
    pub statement: Option<String>,
    pub session: Option<EarlierSession>,
}

/// By which policy the last principal of the path has the power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// The root user needs no policy.
    Root,
    Own,
    Group(String),
    /// The ARN of the resource.
    ResourcePolicy(String),
}

/// The path works with a session that was made earlier, and with no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierSession {
    /// When the last such session ends at the latest (RFC 3339).
    pub until: String,
}

impl Standing {
    pub fn answer(&self, power: Power) -> Option<&Answer> {
        self.powers.iter().find(|answer| answer.power == power)
    }

    /// It has a power, perhaps.
    pub fn has_any_power(&self) -> bool {
        self.powers.iter().any(|answer| !answer.sure.is_no())
    }

    /// All its powers come from sessions that were made earlier.
    pub fn only_earlier_sessions(&self) -> bool {
        let with = |answer: &&Answer| !answer.sure.is_no();
        let earlier = |answer: &Answer| answer.path.as_ref().is_some_and(|path| path.session.is_some());
        self.has_any_power() && self.powers.iter().filter(with).all(earlier)
    }
}

/// How many principals can act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Have a power for sure.
    pub yes: usize,
    /// Have one perhaps, and none for sure.
    pub perhaps: usize,
    /// Of both: those that have it only by a session made earlier.
    pub earlier_sessions: usize,
}

/// Who can act before and after a cut. Services are not counted: nobody holds theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acting {
    pub before: Count,
    pub after: Count,
    /// Who can act after it.
    pub stay: Vec<Staying>,
}

/// Somebody who can act after a cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staying {
    pub kind: Kind,
    pub name: String,
    /// It has a power for sure; otherwise perhaps.
    pub sure: bool,
    /// Only by sessions that were made earlier.
    pub earlier_sessions: bool,
}

impl Acting {
    pub fn of(before: &Report, after: &Report) -> Acting {
        let counted = |one: &Standing| !matches!(one.kind, Kind::Service | Kind::ServiceLinkedRole);
        let acting = after.principals.iter().filter(|one| counted(one) && one.has_any_power());
        let stay = acting.map(|one| Staying {
            kind: one.kind,
            name: one.name.clone(),
            sure: one.powers.iter().any(|answer| answer.sure == Sureness::Yes),
            earlier_sessions: one.only_earlier_sessions(),
        });
        let stay = stay.collect();
        Acting { before: before.count(counted), after: after.count(counted), stay }
    }
}

impl Report {
    /// Counts the principals that can act, of the kinds that are counted.
    pub fn count(&self, counted: impl Fn(&Standing) -> bool) -> Count {
        let mut count = Count::default();
        for standing in self.principals.iter().filter(|standing| counted(standing)) {
            let sure = standing.powers.iter().any(|answer| answer.sure == Sureness::Yes);
            count.yes += usize::from(sure);
            count.perhaps += usize::from(!sure && standing.has_any_power());
            count.earlier_sessions += usize::from(standing.only_earlier_sessions());
        }
        count
    }

    /// The principals that have a power, for sure or perhaps.
    pub fn with(&self, power: Power) -> impl Iterator<Item = (&Standing, &Answer)> {
        let answers = self.principals.iter().filter_map(move |one| Some((one, one.answer(power)?)));
        answers.filter(|(_, answer)| !answer.sure.is_no())
    }

    /// A principal by its ARN or name.
    pub fn find(&self, who: &str) -> Option<&Standing> {
        let by = |id: fn(&Standing) -> &str| self.principals.iter().find(|standing| id(standing) == who);
        by(|standing| &standing.id).or_else(|| by(|standing| &standing.name))
    }
}

/// A power that a principal has before and not after, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift<'r> {
    pub standing: &'r Standing,
    pub before: Option<&'r Answer>,
    pub after: Option<&'r Answer>,
}

/// Compares two reports: every answer that is another one after. Principals are told apart by their ids.
pub fn shifts<'r>(before: &'r Report, after: &'r Report) -> Vec<Shift<'r>> {
    let by_id = |report: &'r Report| {
        let all = report.principals.iter().map(|standing| ((standing.kind, standing.id.as_str()), standing));
        all.collect::<std::collections::BTreeMap<_, _>>()
    };
    let (old, new) = (by_id(before), by_id(after));
    let mut shifts = vec![];
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    for key in keys {
        let Some(standing) = new.get(&key).or_else(|| old.get(&key)).copied() else { continue };
        for power in Power::ALL {
            let before = old.get(&key).and_then(|standing| standing.answer(power));
            let after = new.get(&key).and_then(|standing| standing.answer(power));
            if before.map(|answer| &answer.sure) != after.map(|answer| &answer.sure) {
                shifts.push(Shift { standing, before, after });
            }
        }
    }
    shifts
}
