//! Whether a principal may do a deed on any resource at all.
//!
//! The resources that are asked about are witnesses: one for each way in which an allow of the identity
//! policies, of the boundary and of the Organization's policies overlap.

use super::arn::ArnPattern;
use super::book::{Book, Entry};
use super::candidates::{Extent, Parts, common, denied_everywhere, filled, longer, named, tokens};
use super::context::{Context, Value};
use super::decide::{Decision, Layers, Request, ResourceSide, decide};
use super::doubt::{Doubt, Sure};
use super::layer::Where;
use super::pattern::Token;
use super::powers::{Deed, Power};
use super::principal::Principal;
use super::resources::Resource;
use super::source::{Asked, Source};
use super::witness::{Prefer, Witness};

/// Ways to combine allows that are tried; one that has more is perhaps.
const MOST: usize = 256;

/// A deed, ready to be asked.
#[derive(Debug)]
pub(super) struct Prepared {
    pub deed: Deed,
    number: Option<usize>,
    name: String,
    /// `None` for an action that knows no resource.
    template: Option<Parts>,
    /// Any resource of the template.
    any: String,
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Found<'b> {
    pub sure: Sure<'b>,
    /// The witness.
    pub on: String,
    pub by: Option<Where<'b>>,
    /// The resource whose policy was asked as well.
    pub resource: Option<&'b str>,
    /// The action that is allowed.
    pub action: &'static str,
}

impl Found<'_> {
    pub fn none() -> Self {
        Found { sure: Sure::No, on: String::new(), by: None, resource: None, action: "" }
    }
}

/// A principal with its policies and the context of its requests.
pub(super) struct Asker<'b, 'a> {
    pub book: &'b Book,
    pub entry: &'b Entry,
    pub layers: Layers<'b>,
    pub context: &'a Context,
    /// Regions in which a caller may ask.
    pub regions: &'a [String],
}

impl Prepared {
    pub fn new(book: &Book, deed: Deed) -> Prepared {
        let name = deed.action.to_ascii_lowercase();
        let number = book.library.actions().binary_search(&name).ok();
        let text = format!("arn:{}:{}", book.partition, deed.on.replace("{}", &book.account));
        let template = (deed.on != "*").then(|| tokens(&text));
        let any = template.as_deref().map_or_else(
            || "*".to_owned(),
            |template| match common(template, &[], Prefer::Short) {
                Witness::Found(any) => any,
                _ => "*".to_owned(),
            },
        );
        Prepared { deed, number, name, template, any }
    }

    pub fn asked(&self) -> Asked<'_> {
        Asked { number: self.number, ..Asked::numbered(&self.name, 0) }
    }
}

impl<'b> Asker<'b, '_> {
    /// Whether the principal has a power, by the deed that shows it best.
    pub fn power(&self, deeds: &'b [Prepared], power: Power) -> Found<'b> {
        let mut best: Option<Found<'b>> = None;
        for deed in deeds {
            let found = self.may(deed);
            let (new, all) = (rank(found.sure), power.needs_all());
            let better = |best: &Found<'b>| if all { new < rank(best.sure) } else { new > rank(best.sure) };
            let done = found.sure == if all { Sure::No } else { Sure::Yes };
            if best.as_ref().is_none_or(better) {
                best = Some(found);
            }
            if done {
                break;
            }
        }
        best.unwrap_or_else(Found::none)
    }

    /// The best answer over all resources; a no where there is none.
    pub fn may(&self, deed: &'b Prepared) -> Found<'b> {
        let mut best = Found { on: deed.any.clone(), action: deed.deed.action, ..Found::none() };
        // Without its key policy no key obeys anybody: where all are known, those decide.
        if !(self.book.every_kms_key && deed.name.starts_with("kms:")) {
            self.by_identity(deed, &mut best);
        }
        if best.sure != Sure::Yes && deed.template.is_some() && !self.book.resources.is_empty() {
            self.by_resources(deed, &mut best);
        }
        best
    }

    fn by_identity(&self, deed: &Prepared, best: &mut Found<'b>) {
        let asked = deed.asked();
        let own = match self.entry.principal {
            Principal::Root(_) => vec![None],
            Principal::User(_) | Principal::Session { .. } => named(&self.layers.identity, &asked),
            _ => return,
        };
        if own.is_empty() || self.denied_everywhere(&asked) {
            return;
        }
        let side = ResourceSide { account: Some(&self.book.account), ..ResourceSide::default() };
        let Some(template) = &deed.template else {
            self.try_one(deed, "*", side, None, best);
            return;
        };
        let limits = self.limits().map(|level| named(level, &asked)).filter(|limit| limit[..] != [None]);
        let limits: Vec<Vec<Option<&ArnPattern>>> = limits.collect();
        if limits.is_empty() {
            for pattern in own {
                self.try_pattern(deed, template, pattern, side, best);
                if best.sure == Sure::Yes {
                    return;
                }
            }
            return;
        }
        let fill = |layer: Vec<Option<&ArnPattern>>| -> Vec<Option<Parts>> {
            let one = |pattern: Option<&ArnPattern>| match filled(pattern, self.context) {
                Extent::Nothing => None,
                Extent::Anything => Some(None),
                Extent::Some(parts) => Some(Some(parts)),
            };
            layer.into_iter().filter_map(one).collect()
        };
        let layers: Vec<Vec<Option<Parts>>> = std::iter::once(own).chain(limits).map(fill).collect();
        let mut ways: Vec<Vec<&Parts>> = vec![vec![]];
        for layer in &layers {
            ways = longer(&ways, layer);
            if ways.len() > MOST {
                best.sure =
                    best.sure.or(Sure::Perhaps(Doubt::Unclear("more resources than can be compared")));
                ways.truncate(MOST);
            }
        }
        for way in ways {
            if way.is_empty() {
                self.try_one(deed, &deed.any, side, None, best);
            } else {
                self.try_common(deed, (template, &way), side, None, best);
            }
            if best.sure == Sure::Yes {
                return;
            }
        }
    }

    /// The layers that must allow besides the identity policies.
    fn limits(&self) -> impl Iterator<Item = &[&'b Source]> {
        let levels = self.layers.service_control.iter().chain(&self.layers.resource_control);
        self.layers.boundary.iter().map(std::slice::from_ref).chain(levels.map(Vec::as_slice))
    }

    fn denied_everywhere(&self, asked: &Asked<'_>) -> bool {
        denied_everywhere(&self.layers.identity, asked)
            || self.limits().any(|level| denied_everywhere(level, asked))
    }

    /// Asks about a pattern of the identity policies alone.
    fn try_pattern(
        &self,
        deed: &Prepared,
        template: &[Vec<Token>],
        pattern: Option<&ArnPattern>,
        side: ResourceSide<'b>,
        best: &mut Found<'b>,
    ) {
        match filled(pattern, self.context) {
            Extent::Nothing => {}
            Extent::Anything => self.try_one(deed, &deed.any, side, None, best),
            Extent::Some(parts) => self.try_common(deed, (template, &[&parts]), side, None, best),
        }
    }

    /// Asks of each resource that has a policy of its own.
    fn by_resources(&self, deed: &'b Prepared, best: &mut Found<'b>) {
        let asked = deed.asked();
        let Some(template) = &deed.template else { return };
        let wanted = deed.name.split(':').next();
        // A policy that names the account leaves it to the account's own policies.
        let own = matches!(self.entry.principal, Principal::User(_) | Principal::Session { .. });
        let by_account = !own || !named(&self.layers.identity, &asked).is_empty();
        let lets_in = self.book.resources.letting_in(&self.entry.principal, &self.book.account, by_account);
        for Resource { arn, policy, .. } in lets_in {
            let service = arn.split(':').nth(2);
            let Some(policy) = self.book.library.get(*policy).filter(|_| service == wanted) else {
                continue;
            };
            let own = tokens(arn);
            let mut within = own.clone();
            if let Some(last) = within.last_mut() {
                last.extend([Token::Byte(b'/'), Token::Any]);
            }
            let must_allow = service == Some("kms");
            let side = ResourceSide { policy: Some(policy), account: Some(&self.book.account), must_allow };
            for pattern in named(&[policy], &asked) {
                let parts = match filled(pattern, self.context) {
                    Extent::Nothing => continue,
                    Extent::Anything => None,
                    Extent::Some(parts) => Some(parts),
                };
                for limit in [&own, &within] {
                    let patterns: Vec<&Parts> = parts.iter().chain([limit]).collect();
                    self.try_common(deed, (template, &patterns), side, Some(arn), best);
                }
                if best.sure == Sure::Yes {
                    return;
                }
            }
        }
    }

    /// Asks about the shortest and the longest resource that template and patterns have in common.
    fn try_common(
        &self,
        deed: &Prepared,
        (template, patterns): (&[Vec<Token>], &[&Parts]),
        side: ResourceSide<'b>,
        resource: Option<&'b str>,
        best: &mut Found<'b>,
    ) {
        for prefer in [Prefer::Short, Prefer::Long] {
            match common(template, patterns, prefer) {
                Witness::Found(on) => self.try_one(deed, &on, side, resource, best),
                Witness::Nothing => return,
                Witness::TooLong => {
                    best.sure = best.sure.or(Sure::Perhaps(Doubt::Unclear("patterns too long to compare")));
                }
            }
            if best.sure == Sure::Yes {
                return;
            }
        }
    }

    fn try_one(
        &self,
        deed: &Prepared,
        on: &str,
        side: ResourceSide<'b>,
        resource: Option<&'b str>,
        best: &mut Found<'b>,
    ) {
        let mut with_policy = None;
        let layers = match side.policy {
            None => &self.layers,
            Some(_) => with_policy.insert(Layers { resource: side, ..self.layers.clone() }),
        };
        let (sure, by) =
            decide_anywhere(&self.entry.principal, &deed.asked(), on, self.context, self.regions, layers);
        // Of a key whose policy is not here, that policy must allow as well.
        let key = side.policy.is_none() && deed.name.starts_with("kms:");
        let sure = if key { sure.at_most(Doubt::Unread("of the KMS key")) } else { sure };
        if rank(sure) > rank(best.sure) {
            *best = Found { sure, on: on.to_owned(), by, resource, action: deed.deed.action };
        }
    }
}

/// Decides, in each Region that a caller may choose where that is what is not known.
pub(super) fn decide_anywhere<'b>(
    principal: &Principal,
    asked: &Asked<'_>,
    on: &str,
    context: &Context,
    regions: &[String],
    layers: &Layers<'b>,
) -> (Sure<'b>, Option<Where<'b>>) {
    let ask =
        |context: &Context| decide(&Request { principal, action: asked, resource: on, context }, layers);
    let first = ask(context);
    if !matches!(first, Decision::Perhaps(Doubt::Key("aws:requestedregion"))) {
        return (first.sure(), by(first));
    }
    let mut best = (Sure::No, None);
    for region in regions {
        let mut context = context.clone();
        context.set("aws:RequestedRegion", Value::Is(vec![region.clone()]));
        let decision = ask(&context);
        if rank(decision.sure()) > rank(best.0) {
            best = (decision.sure(), by(decision));
        }
    }
    if regions.is_empty() { (first.sure(), None) } else { best }
}

fn by(decision: Decision<'_>) -> Option<Where<'_>> {
    match decision {
        Decision::Allowed(place) => place,
        _ => None,
    }
}

/// No, perhaps, yes as 0, 1, 2.
pub(super) fn rank(sure: Sure<'_>) -> u8 {
    match sure {
        Sure::No => 0,
        Sure::Perhaps(_) => 1,
        Sure::Yes => 2,
    }
}
