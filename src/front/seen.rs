//! What a visitor of a name sees, in words that a plan and a probe share.

use serde::{Deserialize, Serialize};

/// What a visitor sees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The maintenance page.
    Page(By),
    /// The site: nothing of what was read keeps a request from it.
    Answers,
    /// An error with this status.
    Error(u16),
    /// Nothing: no connection comes about.
    TimesOut,
    /// What was read does not decide it, and why.
    Perhaps(Vec<String>),
}

/// Who shows the maintenance page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    CloudFront,
    LoadBalancer,
}

impl Seen {
    /// A few words.
    pub fn words(&self) -> String {
        match self {
            Seen::Page(_) => "the maintenance page".into(),
            Seen::Answers => "the site answers".into(),
            Seen::Error(status) => format!("error {status}"),
            Seen::TimesOut => "no answer: it times out".into(),
            Seen::Perhaps(why) => format!("not known: {}", why.join("; ")),
        }
    }

    pub(super) fn perhaps(why: impl Into<String>) -> Seen {
        Seen::Perhaps(vec![why.into()])
    }

    /// What visitors see of several answers of which each gets one, who knows which.
    pub(super) fn one_of(all: impl IntoIterator<Item = Seen>, chosen: &str) -> Seen {
        let mut all: Vec<Seen> = all.into_iter().collect();
        all.sort();
        all.dedup();
        let pages = all.iter().all(|seen| matches!(seen, Seen::Page(_)));
        if all.len() < 2 || pages {
            return all.pop().unwrap_or(Seen::TimesOut);
        }
        let (unknown, known): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|seen| matches!(seen, Seen::Perhaps(_)));
        let mut why: Vec<String> = unknown.into_iter().flat_map(Seen::doubts).collect();
        if !known.is_empty() {
            let words: Vec<String> = known.iter().map(Seen::words).collect();
            why.insert(0, format!("{} ({chosen})", words.join(", or ")));
        }
        why.dedup();
        Seen::Perhaps(why)
    }

    /// What visitors see who try several targets until one of them answers.
    pub(super) fn first_that_answers(all: impl IntoIterator<Item = Seen>) -> Seen {
        Seen::one_of(all.into_iter().filter(|seen| *seen != Seen::TimesOut), "its addresses differ")
    }

    fn doubts(self) -> Vec<String> {
        match self {
            Seen::Perhaps(why) => why,
            _ => vec![],
        }
    }
}
