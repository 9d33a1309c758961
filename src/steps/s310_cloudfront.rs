//! 310: CloudFront answers every request with the maintenance page.

mod associations;
mod distribution;
mod invalidation;
mod matters;
mod page_config;
mod page_origin;
mod way;

use std::collections::BTreeSet;

use super::shared::page_function::{self, PageFunction};
use crate::account::{Account, Distribution, Section};
use crate::collect::Ask;
use crate::step::{
    Case, Does, Found, Iam, Item, Lens as _, Lenses, Param, ParamKind, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Width, texts,
};
use distribution::Viewers;
use invalidation::Invalidation;
use matters::matters;
use page_origin::PageOrigin;
use way::{VIA, Way, Ways};

pub struct CloudFront;

/// The distributions to cut, by id or by a domain name of theirs.
const DISTRIBUTIONS: &str = "distributions";

static SPEC: Spec = Spec {
    id: StepId(310),
    slug: "cloudfront",
    title: "CloudFront: every distribution answers the maintenance page",
    needs: &[
        Section::Distributions,
        Section::EdgeFunctions,
        Section::PageBucket,
        Section::AccessControls,
        Section::Invalidations,
    ],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "cloudfront:CreateFunction",
            "cloudfront:CreateInvalidation",
            "cloudfront:DescribeFunction",
            "cloudfront:GetDistributionConfig",
            "cloudfront:GetFunction",
            "cloudfront:PublishFunction",
            "cloudfront:UpdateDistribution",
            "cloudfront:UpdateFunction",
        ],
        undo: &[
            "cloudfront:DeleteFunction",
            "cloudfront:DescribeFunction",
            "cloudfront:GetDistributionConfig",
            "cloudfront:UpdateDistribution",
        ],
    },
    params: &[
        VIA.param(),
        Param {
            name: DISTRIBUTIONS,
            kind: ParamKind::List,
            doc: "ids or domain names of distributions; every enabled one where none is named",
        },
    ],
    does: Does::Cuts(&[Stops::Front]),
    cuts: "every request to the distributions: each cache behavior answers 503 with the maintenance page, and \
           neither cache nor origin is asked",
    leaves: "the certificates and the names' DNS; edges that have not switched yet, for minutes; requests that \
             CloudFront refuses itself with a page of its own (web ACL, countries, methods, signatures); from S3, \
             uploads that it refuses with a status for which CloudFront has no page; the origins, \
             for whoever knows their addresses; open WebSocket connections; staging and multi-tenant distributions, \
             which are refused and named",
    breaks: "Every site and API behind these distributions answers 503 with a page: uploads, payments and \
             partners' callbacks fail, and monitoring turns red.",
    doc: include_str!("s310_cloudfront/doc.md"),
};

impl Step for CloudFront {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Account
    }

    fn needs(&self, params: &Params) -> &'static [Section] {
        if VIA.is(params, way::FUNCTION) { &SPEC.needs[..2] } else { SPEC.needs }
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.invalidations.extend(invalidation::recorded(&case.names));
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let wanted = wanted(&case.params);
        let ways = Ways::of(account, case);
        let chosen =
            |id: &str, one: &Distribution| wanted.is_empty() || wanted.iter().any(|w| is(w, id, one));
        let mut functions = BTreeSet::new();
        for (id, one) in account.distributions.items().filter(|(id, one)| chosen(id, one)) {
            if !one.enabled {
                found.note(None, format!("{id} ({}) is disabled: it answers nobody", name(one)));
                continue;
            }
            let way = ways.way(id, one, &mut found);
            let kind = if way == Way::Bucket { PageOrigin::KIND } else { Viewers::KIND };
            let item = |at: Target| Item::new(at.label(Some(name(one)))).tags(&one.tags);
            found.item(item(Target::new(kind, id)));
            match way {
                Way::Function => functions.extend(page_function::of_distribution(id, account, case).ok()),
                Way::Bucket if ways.drops(id, one) => {
                    found.item(Item { rank: 2, ..item(invalidation::target(id)) });
                }
                Way::Bucket => {}
            }
            matters(id, one, way, &mut found);
        }
        if !found.items.is_empty() {
            ways.say(account, &mut found);
        }
        for name in functions {
            found.item(Item::created(Target::new(PageFunction::KIND, name)));
        }
        for name in
            wanted.iter().filter(|name| !account.distributions.items().any(|(id, one)| is(name, id, one)))
        {
            if account.distributions.read().is_some() {
                found.matters(None, format!("no distribution has the id or the domain name {name}"));
            }
        }
        if account.distributions.read().is_some() && found.items.is_empty() {
            found.fine(None, "no distribution answers visitors");
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&PageFunction, &Viewers, &PageOrigin, &Invalidation]
    }
}

/// The event on which the page's function runs.
const VIEWER_REQUEST: &str = "viewer-request";
/// The event on which it must not meet a Lambda@Edge function either.
const VIEWER_RESPONSE: &str = "viewer-response";

/// The name under which people know a distribution.
fn name(one: &Distribution) -> &str {
    one.aliases.first().unwrap_or(&one.domain)
}

/// The distributions that a playbook names.
fn wanted(params: &Params) -> Vec<String> {
    texts(params, DISTRIBUTIONS).map(str::to_owned).collect()
}

/// Is it the distribution of this id, or with this domain name?
fn is(name: &str, id: &str, one: &Distribution) -> bool {
    let name = name.trim_end_matches('.');
    name == id
        || name.eq_ignore_ascii_case(&one.domain)
        || one.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
