//! Asking the public names from this machine: `verify --probe`, and a pull that cut the front door.

use std::collections::BTreeSet;

use super::session::Session;
use crate::account::{Account, Section};
use crate::aws::Aws;
use crate::failure::Exit;
use crate::front::{self, NameSeen, Seen};
use crate::probe::{Look, Probe, Verdict, verdict};
use crate::view::{self, Line, Tone, count, list};

/// The sections that say which names there are and what their visitors see.
pub fn needs() -> BTreeSet<Section> {
    front::NEEDS.iter().chain(crate::exposure::NEEDS).copied().collect()
}

/// Says which names are asked, asks each once, and returns what each said. An emulator's names are not its
/// own, and a machine without certificates cannot ask: then nobody is asked, and that is said.
pub async fn ask(
    session: &Session,
    aws: &Aws,
    account: &Account,
    page: Option<&str>,
) -> Vec<(NameSeen, Look)> {
    let say = |text: String| session.printer.err(&Line::toned(Tone::Warn, text));
    if !aws.is_aws() {
        say("Public names: not asked. The calls go to an emulator, and its names are somebody else's.".into());
        return vec![];
    }
    let names = front::of(account);
    for unread in front::unread(account) {
        say(format!("Public names: {unread}; names of it are not asked."));
    }
    if names.is_empty() {
        say("Public names: none leads to this account, so nobody is asked.".into());
        return vec![];
    }
    let pages = page.map(str::to_owned).into_iter().collect();
    let probe = match Probe::on_this_machine(aws.ca_bundle(), aws.clock().clone(), pages) {
        Ok(probe) => probe,
        Err(why) => {
            say(format!("Public names: not asked, {why}."));
            return vec![];
        }
    };
    let asked: Vec<String> = names.iter().map(|name| name.name.clone()).collect();
    let by = if asked.iter().any(|name| probe.has_proxy(name)) { ", through the proxy" } else { "" };
    let shown: Vec<&str> = asked.iter().map(String::as_str).collect();
    session.printer.err(&Line::plain(format!(
        "Asking {} once over HTTPS from this machine{by}: {}",
        count(asked.len(), "public name"),
        list(&shown, usize::MAX),
    )));
    let looks = session.stop.unless_requested(probe.ask_all(&asked)).await;
    names.into_iter().zip(looks.unwrap_or_default()).collect()
}

/// What the names say of a cut: a name that should show the page, an error or nothing, and shows something
/// else, is not cut.
pub fn exit(looks: &[(NameSeen, Look)]) -> Exit {
    let cut = |seen: &Seen| matches!(seen, Seen::Page(_) | Seen::Error(_) | Seen::TimesOut);
    let open =
        looks.iter().any(|(name, look)| cut(&name.seen) && verdict(look, &name.seen) == Verdict::Otherwise);
    if open { Exit::Partial } else { Exit::Done }
}

/// Prints what each name said.
pub fn tell(session: &Session, looks: &[(NameSeen, Look)]) {
    if session.json() {
        let event = serde_json::json!({ "event": "probed", "names": view::front::looks_json(looks) });
        session.printer.raw(&view::json::compact(&event));
    } else {
        session.out(&view::front::looks(looks));
    }
}
