//! Who is not cut, and why.

use super::{ROLES, every_role};
use crate::access::responders::{Mine, Responders};
use crate::access::trust::{ENTER, IDENTITY_CENTER, Trusted};
use crate::account::{Account, Role};
use crate::step::{Look, Reason};
use crate::steps::shared::{named, people};

/// Services that a role lets in which delivers logs, alerts or backups, and what it delivers.
const DELIVERS: [(&str, &str); 14] = [
    ("cloudtrail.amazonaws.com", "CloudTrail's logs"),
    ("vpc-flow-logs.amazonaws.com", "flow logs"),
    ("delivery.logs.amazonaws.com", "logs"),
    ("logs.amazonaws.com", "logs"),
    ("firehose.amazonaws.com", "logs"),
    ("config.amazonaws.com", "AWS Config's records"),
    ("config-conforms.amazonaws.com", "AWS Config's records"),
    ("guardduty.amazonaws.com", "findings of GuardDuty"),
    ("securityhub.amazonaws.com", "findings of Security Hub"),
    ("cloudwatch.amazonaws.com", "alarms"),
    ("sns.amazonaws.com", "alerts"),
    ("chatbot.amazonaws.com", "alerts"),
    ("backup.amazonaws.com", "backups"),
    ("dlm.amazonaws.com", "snapshots"),
];

pub(super) fn user(look: &Look<'_>) -> Option<Reason> {
    let Look { at, account, case } = *look;
    let arn = &account.principals.read()?.users.get(&at.id)?.arn;
    let glass = case.config.break_glass(arn).map(|why| format!("spared: {why}"));
    let is_named = named::user(&at.id, Some(arn), case);
    glass.or_else(|| yours(Responders::of(account).user(&at.id), is_named))
}

pub(super) fn role(look: &Look<'_>) -> Option<Reason> {
    let Look { at, account, case } = *look;
    let all = account.principals.read()?;
    let role = all.roles.get(&at.id)?;
    let is_named = named::role(&at.id, Some(&role.arn), case);
    let glass = of_aws_or_glass(look);
    let kept = glass.or_else(|| yours(Responders::of(account).role(&at.id), is_named));
    if kept.is_some() || is_named {
        return kept;
    }
    let by_people = people::can_assume(&at.id, all, &account.id);
    delivers(role, account, by_people).or_else(|| {
        let services = Trusted::of(&role.trust, &account.id, ENTER).services;
        let lets_in = services.into_iter().collect::<Vec<_>>().join(", ");
        let spared = !by_people && !every_role(&case.params);
        spared.then(|| match &*lets_in {
            "" => "nobody can assume it".into(),
            services => format!("only services assume it ({services}): {} = \"all\" cuts it", ROLES.name),
        })
    })
}

/// Why a role is kept that AWS keeps for itself, or that the configuration spares.
pub(super) fn of_aws_or_glass(look: &Look<'_>) -> Option<Reason> {
    let Look { at, account, case } = *look;
    let role = account.principals.read()?.roles.get(&at.id)?;
    if role.path.starts_with("/aws-service-role/") {
        return Some("a service-linked role: only its service may change it".into());
    }
    if role.path.starts_with("/aws-reserved/") || at.id.starts_with(IDENTITY_CENTER) {
        return Some(
            "a reserved role: only AWS may change it. Identity Center's own sign-ins end there".into(),
        );
    }
    case.config.break_glass(&role.arn).map(|why| format!("spared: {why}"))
}

/// What a role delivers: by what refers to it, or by the service that it lets in and nobody else.
fn delivers(role: &Role, account: &Account, by_people: bool) -> Option<Reason> {
    let trail = account.trails.items().find(|(_, trail)| trail.log_role.as_ref() == Some(&role.arn));
    if let Some((_, trail)) = trail {
        return Some(format!("trail {} delivers its logs with it", trail.name));
    }
    if by_people {
        return None;
    }
    let services = Trusted::of(&role.trust, &account.id, ENTER).services;
    // `logs.eu-west-1.amazonaws.com` is the same service in one Region.
    let delivers = |service: &String| {
        let head = service.split('.').next().unwrap_or(service);
        DELIVERS
            .iter()
            .find(|(known, _)| known == service || *head == *known.split('.').next().unwrap_or(known))
    };
    let (service, what) = services.iter().find_map(delivers)?;
    Some(format!("it delivers {what} ({service})"))
}

/// Why a principal is kept that is the responder's, or may be. One that only may be, and that is named, is
/// cut.
fn yours(mine: Option<Mine>, is_named: bool) -> Option<Reason> {
    match mine? {
        Mine { sure: true, why } => Some(format!("it is yours: {why}")),
        Mine { sure: false, .. } if is_named => None,
        Mine { sure: false, why } => {
            Some(format!("your session may have been made by it: {why}. Name it with --principal to cut it"))
        }
    }
}

/// The unique id of a deleted user or role in a trust policy: AWS keeps it there, and takes no text with it.
pub(super) fn deleted(trust: &str) -> Option<&str> {
    let is_id = |word: &&str| word.len() > 16 && ["AIDA", "AROA"].iter().any(|id| word.starts_with(id));
    trust.split('"').find(is_id)
}
