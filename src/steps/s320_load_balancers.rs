//! 320: load balancers answer every request with a maintenance page.

mod find;
mod page_rule;
mod rule_order;

use crate::account::{Account, Section};
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Lenses, Param, ParamKind, Params, Reversal, Spec, Step, StepId,
    Stops,
};
use crate::steps::shared::made::Made;
use page_rule::PageRule;
use rule_order::RuleOrder;

pub struct LoadBalancers;

const WHICH: Choice = Choice {
    name: "which",
    values: &["internet-facing", "all"],
    doc: "`internet-facing`: the load balancers that visitors reach. `all`: internal ones too, so that \
                  applications behind them get the page from each other as well.",
};

/// The parameter that names load balancers.
const BALANCERS: &str = "balancers";

macro_rules! leaves {
    ($internal:literal) => {
        concat!(
            "requests that a target is answering, and WebSockets that are open; Network and Gateway Load \
             Balancers",
            $internal,
            "; targets for whoever reaches them by another way; what a web ACL of the load balancer answers \
             first; load balancers and listeners that are made later"
        )
    };
}

static SPEC: Spec = Spec {
    id: StepId(320),
    slug: "load-balancers",
    title: "Load balancers: every request gets a maintenance page",
    needs: &[Section::Vpcs, Section::LoadBalancers, Section::ListenerRules],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:ModifyRule",
            "elasticloadbalancing:SetRulePriorities",
        ],
        undo: &[
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:SetRulePriorities",
        ],
    },
    params: &[
        WHICH.param(),
        Param {
            name: BALANCERS,
            kind: ParamKind::List,
            doc: "Load balancers, by name or ARN; without it all that `which` takes.",
        },
    ],
    does: Does::Cuts(&[Stops::Front]),
    cuts: "every new request to the HTTP and HTTPS listeners of Application Load Balancers, within seconds: \
           the load balancer answers 503 with the page, and asks no target",
    leaves: leaves!("; internal load balancers"),
    breaks: "Every site and API behind these load balancers answers 503 with a page: orders, payments and \
             uploads fail, and so do partners' calls.",
    doc: include_str!("s320_load_balancers/doc.md"),
};

impl Step for LoadBalancers {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        let leaves = if WHICH.is(params, "all") { leaves!("") } else { SPEC.leaves };
        Effect { leaves, ..SPEC.effect() }
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        find::find(account, case)
    }

    fn lenses(&self) -> Lenses {
        &[&RuleOrder, &Made(PageRule)]
    }
}

#[cfg(test)]
mod tests;
