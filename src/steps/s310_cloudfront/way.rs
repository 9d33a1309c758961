//! Which way a distribution comes to show the page: from S3, or by a function.

use super::distribution::shows_function;
use super::{VIEWER_RESPONSE, invalidation, page_function, page_origin};
use crate::account::{Account, Distribution, PageBucket};
use crate::front::prepared::{self, Readiness};
use crate::step::{Case, Choice, Found, Names};
use crate::steps::shared::distribution::refusal;

pub(super) const VIA: Choice = Choice {
    name: "via",
    values: &["auto", S3, FUNCTION],
    doc: "`s3` shows the page from the bucket that `unplug prepare` has made, `function` answers at the edge by a \
          CloudFront Function, and `auto` takes S3 where everything for it is there, else the function",
};

const S3: &str = "s3";
pub(super) const FUNCTION: &str = "function";

/// A way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Function,
    Bucket,
}

impl Way {
    /// Does it take Lambda@Edge off this event?
    pub fn takes_off(self, event: &str) -> bool {
        match self {
            Way::Function => event.starts_with("viewer-"),
            Way::Bucket => event != VIEWER_RESPONSE,
        }
    }
}

/// What decides it.
pub(super) struct Ways {
    /// Chosen for every distribution.
    chosen: Option<Way>,
    readiness: Readiness,
    /// The code of the page's function, where the page fits into one.
    code: Option<String>,
    names: Names,
}

impl Ways {
    pub fn of(account: &Account, case: &Case) -> Ways {
        let chosen = match VIA.of(&case.params) {
            S3 => Some(Way::Bucket),
            FUNCTION => Some(Way::Function),
            _ => None,
        };
        Ways {
            chosen,
            readiness: prepared::readiness(account, case.scope.page.as_deref()),
            code: page_function::code(case).ok(),
            names: case.names.clone(),
        }
    }

    /// Says which way is taken, and why.
    pub fn say(&self, account: &Account, found: &mut Found) {
        if self.chosen.is_some() {
            return;
        }
        match &self.readiness {
            Readiness::Ready(_) => {
                let name = PageBucket::name_of(&account.id);
                found.note(None, format!("the page comes from S3: it is ready in {name}"));
            }
            Readiness::Missing(why) => {
                let text =
                    format!("the page comes by a function, because {why} (unplug prepare makes it ahead)");
                found.note(None, text);
            }
            Readiness::Unread(why) => {
                found.note(None, format!("the page comes by a function, because {why}"));
            }
        }
    }

    /// The way of one distribution. What shows the page by a function already goes on so.
    pub fn way(&self, id: &str, one: &Distribution, found: &mut Found) -> Way {
        if let Some(chosen) = self.chosen {
            return chosen;
        }
        let by_function = self.code.as_ref().is_some_and(|code| shows_function(one, code));
        if !matches!(self.readiness, Readiness::Ready(_)) || by_function {
            return Way::Function;
        }
        match page_origin::unfit(one) {
            Some(why) => {
                found.note(None, format!("{id}: by a function, because {why}"));
                Way::Function
            }
            None => Way::Bucket,
        }
    }

    /// Does the run drop what the edges have kept of a distribution that gets the page from S3?
    pub fn drops(&self, id: &str, one: &Distribution) -> bool {
        let Readiness::Ready(ready) = &self.readiness else { return false };
        let is_changed = refusal(one).is_none() && page_origin::unfit(one).is_none();
        is_changed && (!page_origin::shows(one, ready) || invalidation::is_owed(&self.names, id))
    }
}
