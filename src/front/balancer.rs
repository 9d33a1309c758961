//! What a load balancer shows a visitor.

use std::collections::{BTreeMap, BTreeSet};

use super::eye::Eye;
use super::page::{self, MARK};
use super::seen::{By, Seen};
use super::target::Target;
use crate::account::{FixedResponse, ListenerRule, LoadBalancer, Region, RuleCondition, TargetGroup};
use crate::exposure::Reach;

/// What a visitor of `name` sees of this load balancer.
pub fn sees(eye: &Eye<'_>, name: &str, region: &str, arn: &str, depth: usize) -> Seen {
    let here = eye.account.regions.get(region);
    let found = here.and_then(|here| Some((here, here.load_balancers.item(arn)?)));
    let Some((here, balancer)) = found else {
        return Seen::perhaps(format!("load balancers of {region} were not read"));
    };
    let look = Look { eye, name, region, here, arn, balancer, depth };
    let doubts = match eye.clients.balancer(region, arn) {
        Reach::No => return Seen::TimesOut,
        Reach::Yes => vec![],
        Reach::Perhaps(doubt) => doubt.words(),
    };
    if !doubts.is_empty() {
        return Seen::Perhaps(doubts);
    }
    match &*balancer.kind {
        "application" => look.rules(),
        "network" => match look.groups(|group| group.load_balancers.contains(arn)) {
            // It hands on packets: who does not answer them is not there.
            Seen::Error(_) => Seen::TimesOut,
            seen => seen,
        },
        kind => Seen::perhaps(format!("a {kind} load balancer has no site")),
    }
}

struct Look<'e, 'a> {
    eye: &'e Eye<'a>,
    name: &'e str,
    region: &'e str,
    here: &'a Region,
    arn: &'e str,
    balancer: &'a LoadBalancer,
    depth: usize,
}

impl Look<'_, '_> {
    /// What the rules of its listeners do: of those for HTTPS, where it has one.
    fn rules(&self) -> Seen {
        let Some(all) = self.here.listener_rules.read() else {
            return Seen::perhaps(format!("the rules of load balancers in {} were not read", self.region));
        };
        let mut listeners = BTreeMap::<&str, Vec<&ListenerRule>>::new();
        for rule in all.values().filter(|rule| rule.balancer == self.arn) {
            listeners.entry(&rule.listener).or_default().push(rule);
        }
        let listens =
            |protocol: &str| self.balancer.listeners.iter().any(|listener| listener.protocol == protocol);
        let wanted = if listens("HTTPS") { "HTTPS" } else { "HTTP" };
        let of = listeners.into_values().filter(|rules| rules.iter().any(|rule| rule.protocol == wanted));
        let seen: Vec<Seen> = of.map(|rules| self.listener(rules)).collect();
        if seen.is_empty() {
            return Seen::perhaps("the rules of its listeners were not read");
        }
        Seen::one_of(seen, "its listeners differ")
    }

    /// What a listener does with requests for the name: its rules up to the first that takes all of them.
    fn listener(&self, mut rules: Vec<&ListenerRule>) -> Seen {
        rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
        let mut answers = vec![];
        let mut forwards = BTreeSet::new();
        for rule in rules.into_iter().filter(|rule| self.may_match(rule)) {
            let fixed = rule.fixed_response().map(|fixed| (fixed, status(fixed)));
            match fixed {
                Some((fixed, _)) if is_page(fixed, rule) => answers.push(Seen::Page(By::LoadBalancer)),
                Some((_, status)) => answers.push(Seen::Error(status)),
                None if rule.actions.iter().any(|action| action.kind == "forward") => {
                    forwards.extend(rule.actions.iter().flat_map(|action| &action.target_groups));
                }
                // Redirects, sign-in pages.
                None => answers.push(Seen::Answers),
            }
            if self.takes_all(rule) {
                break;
            }
        }
        let first = answers.first().cloned();
        match first {
            _ if !forwards.is_empty() => {
                let behind = self.groups_of(&forwards);
                let page = answers.iter().any(|seen| matches!(seen, Seen::Page(_)));
                // Answers of its own for single paths (a health check, a redirect) are not the site.
                if page { Seen::one_of([Seen::Page(By::LoadBalancer), behind], "by path") } else { behind }
            }
            Some(first) if answers.len() == 1 => first,
            Some(_) => Seen::one_of(answers, "by path"),
            None => Seen::perhaps("no rule takes its requests"),
        }
    }

    /// May a request for the name match? Only what depends on the name is decided.
    fn may_match(&self, rule: &ListenerRule) -> bool {
        let of_name =
            |condition: &&RuleCondition| condition.field == "host-header" && condition.expressions.is_empty();
        let mut conditions = rule.conditions.iter().filter(of_name);
        conditions.all(|condition| condition.values.iter().any(|value| matches(value, self.name)))
    }

    fn takes_all(&self, rule: &ListenerRule) -> bool {
        let others = |condition: &RuleCondition| {
            (condition.field == "path-pattern" && condition.values.contains("*"))
                || (condition.field == "host-header" && condition.expressions.is_empty())
        };
        rule.takes_all() || rule.conditions.iter().all(others)
    }

    fn groups_of(&self, arns: &BTreeSet<&String>) -> Seen {
        let Some(groups) = self.here.target_groups.read() else { return self.groups(|_| true) };
        let all = arns.iter().map(|arn| match groups.get(*arn) {
            Some(group) => self.group(group),
            None => Seen::perhaps("one of its target groups was not read"),
        });
        Seen::one_of(all, "by path")
    }

    fn groups(&self, wanted: impl Fn(&TargetGroup) -> bool) -> Seen {
        let Some(groups) = self.here.target_groups.read() else {
            return Seen::perhaps(format!("target groups of {} were not read", self.region));
        };
        let all: Vec<Seen> =
            groups.values().filter(|group| wanted(group)).map(|group| self.group(group)).collect();
        if all.is_empty() { Seen::Error(503) } else { Seen::one_of(all, "its listeners differ") }
    }

    /// What comes from a target group: 503 where it is empty, 504 where nothing in it can be reached.
    ///
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>
    fn group(&self, group: &TargetGroup) -> Seen {
        let first = group.targets.iter().next();
        match (&*group.kind, first) {
            (_, None) => Seen::Error(503),
            ("lambda", _) => Seen::Answers,
            ("alb", Some(behind)) => {
                let target = Target::Balancer { region: self.region.to_owned(), arn: behind.id.clone() };
                self.eye.target(self.name, &target, self.depth - 1)
            }
            _ => match self.eye.clients.behind(self.region, self.arn, group) {
                Reach::Yes => Seen::Answers,
                Reach::Perhaps(doubt) => Seen::Perhaps(doubt.words()),
                Reach::No => match group.targets.iter().find(|target| !self.is_here(group, &target.id)) {
                    Some(stranger) => {
                        Seen::perhaps(format!("target {} is no interface that was read", stranger.id))
                    }
                    None => Seen::Error(504),
                },
            },
        }
    }

    fn is_here(&self, group: &TargetGroup, id: &str) -> bool {
        self.here.interfaces.items().any(|(_, interface)| {
            let mut addresses =
                interface.private_ip.iter().chain(interface.secondary.keys()).chain(&interface.ipv6);
            interface.vpc == group.vpc
                && (interface.instance.as_deref() == Some(id) || addresses.any(|address| address == id))
        })
    }
}

fn status(fixed: &FixedResponse) -> u16 {
    fixed.status.parse().unwrap_or(503)
}

/// A page of ours holds our mark, or a run made its rule: an operator's page may be any text.
fn is_page(fixed: &FixedResponse, rule: &ListenerRule) -> bool {
    let marked =
        fixed.body.contains(&format!("<meta name=\"{MARK}\"")) || page::BOTH.trim_end() == fixed.body;
    fixed.status == "503" && (marked || rule.tags.contains_key("unplug:run"))
}

/// Does a pattern of a host match? `*` stands for any text, `?` for one character.
fn matches(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    let (pattern, host) = (pattern.as_bytes(), host.as_bytes());
    // `reached[n]`: the pattern so far matches the first n bytes of the host.
    let mut reached = vec![false; host.len() + 1];
    reached[0] = true;
    for byte in pattern {
        let mut next = vec![false; host.len() + 1];
        for at in 0..=host.len() {
            next[at] = match byte {
                b'*' => reached[at] || (at > 0 && next[at - 1]),
                b'?' => at > 0 && reached[at - 1],
                byte => at > 0 && reached[at - 1] && host[at - 1] == *byte,
            };
        }
        reached = next;
    }
    reached[host.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_hosts_match() {
        for (pattern, host, is) in [
            ("*", "shop.example.com", true),
            ("*.example.com", "shop.example.com", true),
            ("*.example.com", "example.com", false),
            ("SHOP.example.com", "shop.Example.com", true),
            ("shop?.example.com", "shop1.example.com", true),
            ("shop?.example.com", "shop.example.com", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
        ] {
            assert_eq!(matches(pattern, host), is, "{pattern} {host}");
        }
    }
}
