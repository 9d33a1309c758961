//! What a responder should know of a Region's APIs besides.

use crate::account::{HttpApi, Region, RestApi};
use crate::step::{Found, count};

pub(super) fn say(found: &mut Found, region: &str, here: &Region, by_policy: bool) {
    let rest: Vec<(&str, &RestApi)> =
        here.rest_apis.items().filter_map(|(id, api)| Some((id.as_str(), api.read()?))).collect();
    let http: Vec<(&str, &HttpApi)> =
        here.http_apis.items().filter_map(|(id, api)| Some((id.as_str(), api.read()?))).collect();
    if here.rest_apis.read().is_some_and(|all| all.is_empty())
        && here.http_apis.read().is_some_and(|all| all.is_empty())
    {
        found.fine(Some(region), "no API of API Gateway");
        return;
    }
    let staged: Vec<&(&str, &RestApi)> = rest.iter().filter(|(_, api)| !api.stages.is_empty()).collect();
    if by_policy && !staged.is_empty() {
        let names: Vec<String> = staged.iter().map(|(id, api)| named(id, &api.name)).collect();
        let text = format!(
            "`policy` deploys {}: whatever was drafted and not deployed goes live in every stage, behind a policy \
             that denies everybody: {}",
            count(staged.len(), "REST API"),
            names.join(", ")
        );
        found.matters(Some(region), text);
    }
    let on = rest.iter().filter(|(_, api)| !api.endpoint_off && !api.private && !api.stages.is_empty());
    let mut on: Vec<String> = on.map(|(id, api)| named(id, &api.name)).collect();
    let sockets = http.iter().filter(|(_, api)| api.protocol != "HTTP" && !api.endpoint_off);
    on.extend(sockets.map(|(id, api)| named(id, &api.name)));
    if !on.is_empty() {
        let text = format!(
            "default endpoints that stay on, behind throttles of 0, because turning one off takes a deployment, \
             which publishes whatever is drafted: {}",
            on.join(", ")
        );
        found.note(Some(region), text);
    }
    for (id, api) in http.iter().filter(|(_, api)| api.protocol == "HTTP" && !api.endpoint_off) {
        let mixed = api.stages.values().any(|stage| stage.auto_deploy);
        let by_hand = api.stages.iter().filter(|(_, stage)| mixed && !stage.auto_deploy);
        let by_hand: Vec<&str> = by_hand.map(|(name, _)| name.as_str()).collect();
        if !by_hand.is_empty() {
            let text = format!(
                "{}: stages that are deployed by hand keep the default endpoint until somebody deploys them: {}",
                named(id, &api.name),
                by_hand.join(", ")
            );
            found.note(Some(region), text);
        }
    }
    let private: Vec<String> =
        rest.iter().filter(|(_, api)| api.private).map(|(id, api)| named(id, &api.name)).collect();
    if !private.is_empty() {
        let text = format!(
            "private APIs, reached through endpoints of VPCs, which 570 closes: {}",
            private.join(", ")
        );
        found.note(Some(region), text);
    }
    domains(found, region, here);
}

/// Custom domains, and where they lead. They go on, and get no answer but 429.
fn domains(found: &mut Found, region: &str, here: &Region) {
    for (name, domain) in here.api_domains.items() {
        let apis: Vec<&str> = domain.apis.iter().map(String::as_str).collect();
        let mut leads = match apis.len() {
            0 => "leads to no API by its mappings".to_owned(),
            _ => format!("leads to {}, and answers 429 as its stages do", apis.join(", ")),
        };
        if domain.rules {
            leads.push_str("; its routing rules, which are not read, may lead to others of this Region");
        }
        found.note(Some(region), format!("custom domain {name} {leads}"));
    }
}

fn named(id: &str, name: &str) -> String {
    if name.is_empty() { id.to_owned() } else { format!("{id} ({name})") }
}
