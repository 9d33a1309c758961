//! 670: API Gateway lets no call through: stages are throttled to nothing, default endpoints turned off.

mod api_stage;
mod denial;
mod deploy;
mod endpoint;
mod findings;
mod limit;
mod rest_policy;
mod rest_stage;

use crate::account::{Account, HttpApi, Region, RestApi, Section};
use crate::collect::Ask;
use crate::step::{
    Case, Choice, Does, Effect, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId,
    Stops, Target, Width,
};
use api_stage::ApiStages;
use endpoint::Endpoint;
use rest_policy::RestPolicy;
use rest_stage::RestStages;

pub struct ApiGateway;

const WAY: Choice = Choice {
    name: "way",
    values: &["throttle", "policy"],
    doc: "`throttle`: stages let no request through, which needs no deployment. `policy`: besides, each REST API \
          denies everybody by its resource policy. That takes a deployment, which publishes whatever was drafted \
          of the API and not deployed",
};

/// What the throttle leaves, and what the other way leaves besides.
macro_rules! leaves {
    ($rest:literal) => {
        concat!(
            "requests that run, until they end: 29 seconds for most; WebSocket connections that are open, for 2 \
             hours at the most, and what a backend sends on them; ",
            $rest,
            "stages that API Gateway manages itself, and APIs that another service manages, which AWS lets nobody \
             change: each is refused by name; the default endpoints of REST and WebSocket APIs, and of HTTP APIs \
             that do not provably serve what is drafted; the backends themselves, for whoever reaches them \
             another way; new APIs and stages, and whoever may change a stage back (600)"
        )
    };
}

static SPEC: Spec = Spec {
    id: StepId(670),
    slug: "api-gateway",
    title: "API Gateway: REST, HTTP and WebSocket APIs let no call through",
    needs: &[Section::RestApis, Section::HttpApis, Section::ApiDomains],
    reversal: Reversal::Partial(
        "an HTTP or WebSocket stage that had no throttle of its own may show the account's limit instead, which \
         lets through as much",
    ),
    iam: Iam {
        apply: &["apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:UpdateRestApiPolicy"],
        undo: &["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:UpdateRestApiPolicy"],
    },
    params: &[WAY.param()],
    does: Does::Cuts(&[Stops::Apis]),
    cuts: "requests to every stage of REST, HTTP and WebSocket APIs, by whatever name: the throttles of stages, \
           methods and routes are 0; and default endpoints of HTTP APIs, where turning them off publishes no draft",
    leaves: leaves!("what AWS's throttles let through although they are 0: AWS calls them best effort; "),
    breaks: "Sites, apps and partners that call these APIs get 429 (Too Many Requests), by default and custom \
             domains alike.",
    doc: include_str!("s670_api_gateway/doc.md"),
};

fn by_policy(params: &Params) -> bool {
    WAY.is(params, "policy")
}

impl Step for ApiGateway {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn effect(&self, params: &Params) -> Effect {
        if !by_policy(params) {
            return SPEC.effect();
        }
        Effect {
            cuts: "requests to every stage of REST, HTTP and WebSocket APIs, by whatever name: the throttles of \
                   stages, methods and routes are 0; each stage of a REST API is deployed again with a resource \
                   policy that denies everybody; and default endpoints of HTTP APIs, where turning them off \
                   publishes no draft",
            leaves: leaves!(
                "what AWS's throttles let through of HTTP and WebSocket APIs although they are 0: AWS calls them \
                 best effort; REST APIs with a canary, each refused by name; "
            ),
            breaks: "Sites, apps and partners that call these APIs get 429 or 403. Whatever somebody has \
                     drafted of a REST API and not deployed is published in each of its stages, behind the \
                     policy, until the restore points the stage back to its old deployment.",
            reversal: Reversal::Partial(
                "each stage serves its old deployment again; an HTTP or WebSocket stage that had no throttle of \
                 its own may show the account's limit instead, which lets through as much",
            ),
            ..SPEC.effect()
        }
    }

    fn width(&self, _: &Params) -> Width {
        Width::Region
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.served_policies |= by_policy(&case.params);
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            // What was not read is a gap of the section.
            for (id, api) in here.rest_apis.items().filter_map(|(id, api)| Some((id, api.read()?))) {
                rest(region, (id, api), case, &mut found);
            }
            for (id, api) in here.http_apis.items().filter_map(|(id, api)| Some((id, api.read()?))) {
                http(region, (id, api), &mut found);
            }
            findings::say(&mut found, region, here, by_policy(&case.params));
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&RestStages, &ApiStages, &Endpoint, &RestPolicy]
    }
}

fn rest(region: &str, (id, api): (&str, &RestApi), case: &Case, found: &mut Found) {
    for (name, stage) in &api.stages {
        let at = Target::new(RestStages::KIND, format!("{id}/{name}")).region(region);
        found.item(Item::new(at.label(Some(&api.name))).tags(&api.tags).tags(&stage.tags));
    }
    if by_policy(&case.params) && !api.stages.is_empty() {
        // It changes every stage: the tags of each protect it.
        let at = Target::new(RestPolicy::KIND, id).region(region).label(Some(&api.name));
        let item = Item { rank: 2, ..Item::new(at).tags(&api.tags) };
        found.item(api.stages.values().fold(item, |item, stage| item.tags(&stage.tags)));
    }
}

fn http(region: &str, (id, api): (&str, &HttpApi), found: &mut Found) {
    for (name, stage) in &api.stages {
        let at = Target::new(ApiStages::KIND, format!("{id}/{name}")).region(region);
        found.item(Item::new(at.label(Some(&api.name))).tags(&api.tags).tags(&stage.tags));
    }
    if api.protocol == "HTTP" && !api.stages.is_empty() {
        let at = Target::new(Endpoint::KIND, id).region(region).label(Some(&api.name));
        let item = Item { rank: 2, ..Item::new(at).tags(&api.tags) };
        found.item(api.stages.values().fold(item, |item, stage| item.tags(&stage.tags)));
    }
}

/// A REST API of a Region, where it was read.
fn rest_api<'a>(here: &'a Region, id: &str) -> Option<&'a RestApi> {
    here.rest_apis.item(id)?.read()
}

/// An HTTP or WebSocket API of a Region, where it was read.
fn http_api<'a>(here: &'a Region, id: &str) -> Option<&'a HttpApi> {
    here.http_apis.item(id)?.read()
}

#[cfg(test)]
mod tests;
