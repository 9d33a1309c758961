//! What a responder should know of a Region's databases besides.

use super::within;
use crate::account::{Database, Region};
use crate::step::{Case, Found};

pub(super) fn say(found: &mut Found, region: &str, here: &Region, case: &Case) {
    let all = || here.databases.items().map(|(_, database)| database);
    let here_in = |database: &&Database| within(database, here, case).0 > 0;
    let names = |which: &dyn Fn(&Database) -> bool| -> Vec<&str> {
        all()
            .filter(here_in)
            .filter(|database| which(database))
            .map(|database| database.name.as_str())
            .collect()
    };
    let open = names(&|database| database.public && database.status != "deleting");
    if here.databases.read().is_some() && open.is_empty() {
        found.fine(Some(region), "no database has a public address");
    }
    for database in all().filter(here_in).filter(|database| database.status == "stopped") {
        let day = database.restarts.as_deref().and_then(|date| date.split('T').next());
        let when = day.map_or_else(|| "7 days after it was stopped".to_owned(), |day| format!("on {day}"));
        found.note(Some(region), format!("{} is stopped: AWS starts it by itself {when}", database.name));
    }
    let gateway = names(&|database| database.traits.internet_gateway);
    if !gateway.is_empty() {
        let text = format!(
            "{} reached through AWS's internet access gateway, by whoever has IAM rights and a database login: no \
             call of unplug closes it (600 ends the rights)",
            are(&gateway)
        );
        found.matters(Some(region), text);
    }
    let data_api = names(&|database| database.traits.data_api);
    if !data_api.is_empty() {
        let text = format!(
            "SQL of {} is answered over HTTPS by the Data API, for whoever may call it (600 ends the rights)",
            data_api.join(", ")
        );
        found.note(Some(region), text);
    }
    let outpost = names(&|database| database.traits.customer_owned_ip);
    if !outpost.is_empty() {
        found.note(Some(region), format!("{} reached from an Outpost's own network", are(&outpost)));
    }
    let proxies: Vec<&str> = here
        .database_proxies
        .items()
        .filter(|(_, proxy)| case.scope.has_vpc(here, &proxy.vpc))
        .map(|(_, proxy)| proxy.name.as_str())
        .collect();
    if !proxies.is_empty() {
        let names = proxies.join(", ");
        let text = format!("proxies have no public address, and go on inside their VPCs: {names}");
        found.note(Some(region), text);
    }
}

fn are(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
