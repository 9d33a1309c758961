//! What visitors of the public names see before and after a cut, where a step is of the front door.

use super::events::Event;
use super::plan::Selected;
use super::pull::Pull;
use super::rehearse::Rehearsal;
use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::front::{self, Front};
use crate::steps;

/// The sections that names and their visitors' view take, if one of these steps is of the front door. A gap
/// in them is said with the names, and is none of a step.
pub fn needs(chosen: &[Selected]) -> impl Iterator<Item = Section> + use<> {
    let all = front::NEEDS.iter().chain(crate::exposure::NEEDS).copied();
    all.take(if is_front(chosen) { usize::MAX } else { 0 })
}

/// What visitors of each name see before and after a rehearsal, where a step is of the front door.
pub fn shift(account: &Account, after: &Account, chosen: &[Selected]) -> Option<Front> {
    is_front(chosen).then(|| front::shift(account, after))
}

/// Is one of these steps of the front door?
pub fn is_front(chosen: &[Selected]) -> bool {
    chosen.iter().any(|selected| steps::shows_front(selected.step))
}

impl Pull<'_> {
    pub(super) fn ask_for_front(&self, ask: &mut Ask, stage: &[Selected]) {
        if self.listener.reads_plans() {
            ask.sections.extend(needs(stage));
        }
    }

    /// Before the first question of a stage: what visitors see now, and after it. Later stages may still
    /// cut what a name leads to.
    pub(super) fn show_front(&mut self, account: &Account, rehearsal: &Rehearsal, stage: &[Selected]) {
        if self.listener.reads_plans()
            && let Some(front) = shift(account, &rehearsal.after, stage)
        {
            self.listener.event(&Event::Front { front: &front });
            self.plan.front = Some(front);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::dns::absolute;
    use crate::account::{AliasTarget, Record};
    use crate::engine::plan::Brief;
    use crate::engine::rehearse::rehearse;
    use crate::front::{By, Seen};
    use crate::scenario;
    use crate::step::{Names, StepId};

    const NAME: &str = "straight.kettle-and-crane.example";

    /// The drill's company, with a name that leads straight to the shop's load balancer.
    fn company() -> Account {
        let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
        let balancers = account.regions.values().flat_map(|region| region.load_balancers.items());
        let shop = balancers
            .map(|(_, balancer)| balancer)
            .find(|balancer| balancer.kind == "application" && balancer.scheme == "internet-facing");
        let name = shop.unwrap().dns_name.clone();
        let alias = AliasTarget { zone: "Z1".into(), name, evaluate_health: false };
        let zone = account.zones.read_mut().unwrap().values_mut().find(|zone| zone.may_hold(NAME)).unwrap();
        let record = Record { kind: "A".into(), alias: Some(alias), ..Record::default() };
        zone.records.read_mut().unwrap().insert(absolute(NAME), [record].into());
        account
    }

    /// What visitors of the name see before and after these steps.
    async fn seen(chosen: &[(u16, Option<&str>)]) -> (Seen, Seen) {
        let (account, names) = (company(), Names::default());
        let step = |(id, front): &(u16, Option<&str>)| Selected {
            step: StepId(*id),
            params: front.map(|value| ("front".to_owned(), value.into())).into_iter().collect(),
        };
        let steps: Vec<Selected> = chosen.iter().map(step).collect();
        let (scope, config) = (Default::default(), Default::default());
        let brief = Brief { run: "test".into(), scope, config, names, next_change: 1 };
        let after = rehearse(&account, &steps, &brief).await.unwrap().after;
        let front = front::shift(&account, &after);
        let name = front.names.into_iter().find(|name| name.name == NAME).unwrap();
        (name.before, name.after)
    }

    #[tokio::test]
    async fn the_page_is_seen_while_everything_behind_the_balancer_is_cut() {
        let (keep, page) = (Some("keep"), Seen::Page(By::LoadBalancer));
        assert_eq!(seen(&[(320, None), (510, keep), (520, keep)]).await, (Seen::Answers, page.clone()));
        assert_eq!(seen(&[(320, None)]).await.1, page);
    }

    #[tokio::test]
    async fn without_the_page_or_without_the_front_kept_visitors_see_neither_page_nor_site() {
        let keep = Some("keep");
        assert_eq!(seen(&[(510, keep), (520, keep)]).await.1, Seen::Error(504));
        assert_eq!(seen(&[(320, None), (520, None)]).await.1, Seen::TimesOut);
        assert_eq!(seen(&[(320, None), (590, None)]).await.1, Seen::TimesOut);
    }
}
