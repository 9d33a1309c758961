//! A company in facts: the account is built from them, and so is what each request gets.

mod account;

use std::collections::BTreeSet;

use crate::dice::Dice;

/// What one request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Page,
    Site,
    Error(u16),
    Nothing,
    /// Nobody can say.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    Answers,
    CutOff,
    Empty,
    Lambda,
}

/// Which requests get the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paged {
    No,
    OnePath,
    All,
}

#[derive(Clone, Copy, Debug)]
pub struct Balancer {
    application: bool,
    internal: bool,
    /// Do its groups let visitors in?
    open: bool,
    page: Paged,
    behind: Behind,
}

#[derive(Clone, Copy, Debug)]
pub enum From {
    Balancer(usize),
    Bucket,
    Elsewhere,
    Group,
}

#[derive(Clone, Copy, Debug)]
pub struct Cdn {
    enabled: bool,
    /// Is the name that leads there an alias?
    alias: bool,
    page: Paged,
    origin: From,
}

#[derive(Clone, Debug)]
pub enum Leads {
    Balancer(usize),
    Cdn(usize),
    /// An address of a host that is open, or not.
    Host(bool),
    /// By CNAME to an earlier name.
    Name(usize),
    Elsewhere,
    Api,
    Website,
    /// Half of the visitors there, half elsewhere.
    Weighted(Box<Leads>, Box<Leads>),
}

#[derive(Clone, Debug)]
pub struct Company {
    balancers: Vec<Balancer>,
    cdns: Vec<Cdn>,
    pub names: Vec<Leads>,
    blocked: bool,
    private_buckets: bool,
}

impl Company {
    pub fn random(dice: &mut Dice) -> Company {
        let paged = |dice: &mut Dice| *dice.pick(&[Paged::No, Paged::No, Paged::OnePath, Paged::All]);
        let balancers: Vec<Balancer> = (0..3)
            .map(|_| Balancer {
                application: dice.percent(75),
                internal: dice.percent(10),
                open: dice.percent(80),
                page: paged(dice),
                behind: *dice.pick(&[
                    Behind::Answers,
                    Behind::Answers,
                    Behind::CutOff,
                    Behind::Empty,
                    Behind::Lambda,
                ]),
            })
            .collect();
        let cdns: Vec<Cdn> = (0..3)
            .map(|_| Cdn {
                enabled: dice.percent(90),
                alias: dice.percent(90),
                page: paged(dice),
                origin: match dice.below(6) {
                    0 => From::Bucket,
                    1 => From::Elsewhere,
                    2 => From::Group,
                    _ => From::Balancer(dice.below(3)),
                },
            })
            .collect();
        // Distribution n has the alias of name n, so that name n alone may lead there.
        let names = (0..7).map(|n| Company::leads(dice, n, true)).collect();
        Company { balancers, cdns, names, blocked: dice.percent(10), private_buckets: dice.percent(50) }
    }

    fn leads(dice: &mut Dice, n: usize, whole: bool) -> Leads {
        match dice.below(11) {
            0..3 => Leads::Balancer(dice.below(3)),
            3..6 if n < 3 => Leads::Cdn(n),
            3 => Leads::Elsewhere,
            4 => Leads::Api,
            5 => Leads::Website,
            6 | 7 => Leads::Host(dice.percent(50)),
            8 if n > 0 && whole => Leads::Name(dice.below(n)),
            9 if whole => Leads::Weighted(
                Box::new(Company::leads(dice, n, false)),
                Box::new(Company::leads(dice, n, false)),
            ),
            _ => Leads::Balancer(0),
        }
    }

    /// What requests for a name get: of every visitor, for every path.
    pub fn requests(&self, n: usize) -> BTreeSet<Outcome> {
        let paths = ["/", "/one"];
        paths.iter().flat_map(|path| self.leading(&self.names[n], path)).collect()
    }

    fn leading(&self, leads: &Leads, path: &str) -> Vec<Outcome> {
        match leads {
            Leads::Balancer(n) => vec![self.balancer(*n, path)],
            Leads::Cdn(n) => vec![self.cdn(*n, path)],
            Leads::Host(open) => vec![if *open && !self.blocked { Outcome::Site } else { Outcome::Nothing }],
            // The distribution has the alias of another name, and refuses this one.
            Leads::Name(n) => {
                let refused = |leads: &Leads| match leads {
                    Leads::Cdn(_) => Some(Outcome::Error(403)),
                    _ => None,
                };
                match &self.names[*n] {
                    Leads::Weighted(a, b) => [a, b]
                        .into_iter()
                        .flat_map(|leads| {
                            refused(leads).map_or_else(|| self.leading(leads, path), |o| vec![o])
                        })
                        .collect(),
                    Leads::Name(further) => self.leading(&Leads::Name(*further), path),
                    leads => refused(leads).map_or_else(|| self.leading(leads, path), |o| vec![o]),
                }
            }
            Leads::Elsewhere | Leads::Api => vec![Outcome::Unknown],
            Leads::Website if self.private_buckets => vec![Outcome::Error(403)],
            Leads::Website => vec![Outcome::Site],
            Leads::Weighted(a, b) => [self.leading(a, path), self.leading(b, path)].concat(),
        }
    }

    fn balancer(&self, n: usize, path: &str) -> Outcome {
        let it = self.balancers[n];
        if it.internal || !it.open || self.blocked {
            return Outcome::Nothing;
        }
        match (it.application, it.page, it.behind) {
            (true, Paged::All, _) => Outcome::Page,
            (true, Paged::OnePath, _) if path == "/one" => Outcome::Page,
            (_, _, Behind::Answers | Behind::Lambda) => Outcome::Site,
            (false, ..) => Outcome::Nothing,
            (true, _, Behind::Empty) => Outcome::Error(503),
            (true, _, Behind::CutOff) => Outcome::Error(504),
        }
    }

    fn cdn(&self, n: usize, path: &str) -> Outcome {
        let it = self.cdns[n];
        if !it.enabled || !it.alias {
            return Outcome::Error(403);
        }
        if it.page == Paged::All || (it.page == Paged::OnePath && path == "/one") {
            return Outcome::Page;
        }
        match it.origin {
            From::Bucket => Outcome::Site,
            From::Elsewhere | From::Group => Outcome::Unknown,
            From::Balancer(n) => match self.balancer(n, path) {
                Outcome::Nothing => Outcome::Error(504),
                outcome => outcome,
            },
        }
    }
}
