//! `unplug prepare` at a terminal, against moto.

use std::time::Duration;

use super::terminal::{ENTER, Terminal};
use crate::moto::account::{compare, dump};
use crate::moto::binary::ACCOUNT;
use crate::moto::prepare::machine;
use crate::moto::proxy::Proxy;
use crate::moto::server::seeded;

const WHICH: &str = "Type its id or alias to go on";
const REGIONS: [&str; 1] = ["us-east-1"];

#[test]
fn it_shows_what_it_would_make_asks_and_is_put_back() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &REGIONS);
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[]);
    let machine = machine(&proxy.url());
    let writes = || proxy.log().iter().filter(|seen| seen.write).count();

    // Enter is no.
    let mut terminal = Terminal::start(&machine.command(&["prepare"]), 120);
    let asked = terminal.answer(WHICH, ACCOUNT);
    assert!(asked.contains("Prepare account") && asked.contains("prepare: 3 steps, 120 to 502"), "{asked}");
    let shown = terminal.answer("Save 305 (4 changes)?", ENTER);
    for said in [format!("unplug-page-{ACCOUNT}"), "answers 503 with the page".to_owned()] {
        assert!(shown.contains(&said), "{said:?} is not in {shown}");
    }
    terminal.ends_with(3);
    assert_eq!(writes(), 0);

    let mut terminal = Terminal::start(&machine.command(&["prepare"]), 120);
    terminal.answer(WHICH, ACCOUNT);
    terminal.answer("Save 305 (4 changes)?", "yes");
    let end = terminal.ends_with(0);
    assert!(end.contains("Put back: unplug restore "), "{end}");
    assert!(writes() >= 8, "{}", writes());

    // What was made ready is no debt of a cut: its run has to be named.
    machine.run(&["restore", "--latest"]).ends(2).says("made things ready");
    let (_, run) = machine.latest();
    let mut terminal = Terminal::start(&machine.command(&["restore", &run]), 120);
    terminal.answer(WHICH, ACCOUNT);
    terminal.ends_with(0);
    compare(&before, &dump(&copy.url(), &REGIONS), &[]).unwrap();
}
