//! The survey: every principal asked for every power.

mod chains;
#[cfg(test)]
pub(super) mod tests;

use std::cell::OnceCell;

use jiff::Timestamp;

use chains::Chains;

use crate::access::across::across;
use crate::access::arn;
use crate::access::book::{Book, Entry};
use crate::access::credentials::Credentials;
use crate::access::decide::is_service_linked;
use crate::access::doubt::{Doubt, Sure};
use crate::access::facts::{self, Facts};
use crate::access::may::{Asker, Found, Prepared, rank};
use crate::access::moment::{Holding, ROLE_SESSION, USER_SESSION};
use crate::access::powers::Power;
use crate::access::principal::Principal;
use crate::access::report::{Answer, EarlierSession, Grant, Kind, Path, Report, Standing, Sureness};
use crate::access::roles::{Assumable, holdings};
use crate::access::source::Source;
use crate::access::witness;
use crate::account::Gap;

/// Who has which power. A gap where IAM was not read.
pub fn survey(facts: &Facts<'_>) -> Result<Report, Gap> {
    let book = Book::new(facts)?;
    let regions: Vec<String> = facts.account.enabled_regions.read().into_iter().flatten().cloned().collect();
    let assumable = Assumable::of(&book, facts, &regions);
    let deeds: Vec<Vec<Prepared>> = Power::ALL
        .iter()
        .map(|power| power.deeds().iter().map(|deed| Prepared::new(&book, *deed)).collect())
        .collect();
    let credentials = Credentials::of(facts);
    let survey = Survey { book: &book, facts, regions: &regions, deeds: &deeds, credentials: &credentials };
    let own: Vec<Vec<Found<'_>>> = across(book.entries.len(), |number| survey.own(&book.entries[number]));
    let acts = survey.acts(&assumable);
    let back = assumable.reversed();
    let chains: Vec<Chains> = across(Power::ALL.len(), |place| Chains::of(&own, place, &back));
    let answers = across(book.entries.len(), |number| {
        let entry = &book.entries[number];
        let earlier = OnceCell::new();
        let answer = |(place, power): (usize, &Power)| {
            let asked = Asked { number, place, power: *power, acts: acts[number] };
            survey.answer(entry, asked, &own, &chains[place], &earlier)
        };
        Power::ALL.iter().enumerate().map(answer).collect::<Vec<Answer>>()
    });
    let standing = |((entry, powers), acts): ((&Entry, Vec<Answer>), &Sure<'_>)| Standing {
        kind: kind(&entry.principal),
        id: id(&book, entry),
        name: entry.name.clone(),
        acts: sureness(*acts),
        powers,
    };
    let principals = book.entries.iter().zip(answers).zip(&acts).map(standing).collect();
    Ok(Report { principals, unread: unread(facts) })
}

fn unread(facts: &Facts<'_>) -> Vec<String> {
    let mut unread = vec![];
    if facts.organization.gap().is_some() {
        unread.push("policies of the Organization".to_owned());
    }
    if facts.sessions.gap().is_some() {
        unread.push("sessions made earlier".to_owned());
    }
    let gaps = facts.resources.iter().filter(|resource| resource.policy.gap().is_some());
    unread.extend(gaps.map(|resource| format!("policy of {}", resource.arn)));
    let kinds = facts::unread_kinds(facts.account);
    if !kinds.is_empty() {
        unread.push(format!("policies of {}", kinds.join(", ")));
    }
    unread.push("policies of other resources".to_owned());
    unread
}

struct Survey<'s, 'b> {
    book: &'b Book,
    facts: &'s Facts<'s>,
    regions: &'s [String],
    deeds: &'b [Vec<Prepared>],
    credentials: &'s Credentials<'s>,
}

/// Power by power: whether an earlier session has it, until when, and how.
type Earlier<'b> = Vec<(Sure<'b>, Option<Timestamp>, Found<'b>)>;

/// One question of the survey.
#[derive(Clone, Copy)]
struct Asked<'b> {
    number: usize,
    place: usize,
    power: Power,
    acts: Sure<'b>,
}

impl<'b> Survey<'_, 'b> {
    /// What each principal has without assuming a role, with new credentials.
    fn own(&self, entry: &'b Entry) -> Vec<Found<'b>> {
        let all = |holding: &Holding| self.with(entry, *holding);
        let mut best: Vec<Found<'b>> = vec![];
        for found in holdings(entry).iter().map(all) {
            if best.is_empty() {
                best = found;
                continue;
            }
            for (best, found) in best.iter_mut().zip(found) {
                if rank(found.sure) > rank(best.sure) {
                    *best = found;
                }
            }
        }
        best
    }

    fn with(&self, entry: &'b Entry, holding: Holding) -> Vec<Found<'b>> {
        let context = self.book.context(self.facts, entry, holding);
        let layers = self.book.layers(entry);
        let asker = Asker { book: self.book, entry, layers, context: &context, regions: self.regions };
        self.deeds.iter().zip(Power::ALL).map(|(deeds, power)| asker.power(deeds, power)).collect()
    }

    /// Whether each principal can act at all. A role can where one who can act may assume it.
    fn acts(&self, assumable: &Assumable) -> Vec<Sure<'b>> {
        let entries = &self.book.entries;
        let mut acts: Vec<Sure<'b>> = entries
            .iter()
            .map(|entry| match entry.principal {
                Principal::User(_) => self.credentials.active(&entry.name),
                Principal::Session { .. } => Sure::No,
                _ => Sure::Yes,
            })
            .collect();
        let mut open: Vec<usize> = (0..entries.len()).filter(|n| acts[*n] != Sure::No).collect();
        while let Some(from) = open.pop() {
            for (role, sure) in &assumable.from[from] {
                let through = Sure::from(true).and(acts[from]);
                let through = if *sure { through } else { through.at_most(Doubt::Assuming) };
                if rank(through) > rank(acts[*role]) {
                    acts[*role] = through;
                    open.push(*role);
                }
            }
        }
        acts
    }

    fn answer(
        &self,
        entry: &'b Entry,
        asked: Asked<'b>,
        own: &[Vec<Found<'b>>],
        chains: &Chains,
        earlier: &OnceCell<Earlier<'b>>,
    ) -> Answer {
        let Asked { number, place, power, acts } = asked;
        let (roles, sure) = chains.path(number);
        let last = roles.last().copied().unwrap_or(number);
        let found = &own[last][place];
        let doubt = if sure { Sure::Yes } else { Sure::Perhaps(Doubt::Assuming) };
        let now = found.sure.and(doubt).and(acts);
        if now == Sure::Yes {
            return self.told(power, now, &roles, last, found, None);
        }
        let earlier = earlier.get_or_init(|| self.earlier(entry, &own[number]));
        let Some((earlier, until, found_earlier)) = earlier.get(place).cloned() else {
            return Answer { power, sure: Sureness::No, path: None };
        };
        if rank(earlier) > rank(now) {
            return self.told(power, earlier, &[], number, &found_earlier, until);
        }
        if now == Sure::No {
            return Answer { power, sure: Sureness::No, path: None };
        }
        self.told(power, now, &roles, last, found, None)
    }

    /// What a session that was made earlier can do, power by power, and until when. Nothing of those who
    /// have no such sessions.
    fn earlier(&self, entry: &'b Entry, own: &[Found<'b>]) -> Earlier<'b> {
        let none = || Power::ALL.iter().map(|_| (Sure::No, None, Found::none())).collect();
        let (arn, life) = match &entry.principal {
            Principal::User(arn) => (arn, USER_SESSION),
            Principal::Session { role, .. } => (role, ROLE_SESSION),
            _ => return none(),
        };
        let latest = self.facts.now.checked_add(life).ok();
        let Some(sessions) = self.facts.sessions.read() else {
            let user = matches!(entry.principal, Principal::User(_));
            if user && !self.credentials.had_any(&entry.name) {
                return none();
            }
            let found = if entry.credentials_matter {
                self.with(entry, Holding::EarlierSession)
            } else {
                own.to_vec()
            };
            return found
                .into_iter()
                .map(|found| (found.sure.at_most(Doubt::EarlierSession), latest, found))
                .collect();
        };
        let mut best: Earlier<'b> = none();
        for session in sessions.iter().filter(|session| session.principal == *arn) {
            let ends: Option<Timestamp> = session.ends.parse().ok();
            if ends.is_some_and(|ends| ends <= self.facts.now) {
                continue;
            }
            let holding = session.issued.parse().map_or(Holding::EarlierSession, Holding::SessionOf);
            for (best, found) in best.iter_mut().zip(self.with(entry, holding)) {
                let until = ends.or(latest);
                if found.sure != Sure::No && (rank(found.sure), until) > (rank(best.0), best.1) {
                    *best = (found.sure, until, found);
                }
            }
        }
        best
    }

    fn told(
        &self,
        power: Power,
        sure: Sure<'b>,
        roles: &[usize],
        last: usize,
        found: &Found<'b>,
        until: Option<Timestamp>,
    ) -> Answer {
        let entry = &self.book.entries[last];
        let group = |source: &Source| {
            let same = |id| self.book.library.get(id).is_some_and(|own| std::ptr::eq(own, source));
            entry.identity.iter().find(|(id, _)| same(*id)).and_then(|(_, group)| group.clone())
        };
        let grant = match (found.resource, found.by) {
            _ if matches!(entry.principal, Principal::Root(_)) => Grant::Root,
            (Some(arn), _) => Grant::ResourcePolicy(arn.to_owned()),
            (None, Some(place)) => group(place.source).map_or(Grant::Own, Grant::Group),
            (None, None) => Grant::Own,
        };
        let path = Path {
            roles: roles.iter().map(|role| self.book.entries[*role].name.clone()).collect(),
            grant,
            action: found.action.to_owned(),
            on: witness::shown(&found.on),
            statement: found.by.map(|place| place.to_string()),
            session: until.map(|until| EarlierSession { until: until.to_string() }),
        };
        Answer { power, sure: sureness(sure), path: Some(path) }
    }
}

fn sureness(sure: Sure<'_>) -> Sureness {
    match sure {
        Sure::Yes => Sureness::Yes,
        Sure::No => Sureness::No,
        Sure::Perhaps(doubt) => Sureness::Perhaps(doubt.to_string()),
    }
}

fn kind(principal: &Principal) -> Kind {
    match principal {
        Principal::Root(_) => Kind::Root,
        Principal::User(_) | Principal::FederatedUser { .. } => Kind::User,
        Principal::Session { role, .. } if is_service_linked(role) => Kind::ServiceLinkedRole,
        Principal::Session { role, .. }
            if arn::resource(role).starts_with("role/aws-reserved/sso.amazonaws.com/") =>
        {
            Kind::PermissionSet
        }
        Principal::Session { .. } => Kind::Role,
        Principal::Outsider(_) | Principal::Anonymous => Kind::OtherAccount,
        Principal::Service(_) => Kind::Service,
        Principal::Federated(_) => Kind::IdentityProvider,
    }
}

fn id(book: &Book, entry: &Entry) -> String {
    match &entry.principal {
        Principal::Root(id) => format!("arn:{}:iam::{id}:root", book.partition),
        Principal::User(arn)
        | Principal::Session { role: arn, .. }
        | Principal::FederatedUser { arn, .. } => arn.clone(),
        Principal::Outsider(id) | Principal::Service(id) | Principal::Federated(id) => id.clone(),
        Principal::Anonymous => String::new(),
    }
}
