use std::sync::Arc;

use super::*;
use crate::account::{Cause, Gap, Seen};
use crate::aws::Clock;
use crate::config::Config;
use crate::engine::exposed;
use crate::engine::plan::{Brief, PlanGap, Selected, Selection};
use crate::engine::rehearse::rehearse;
use crate::step::{Names, Scope};
use crate::{playbook, scenario};

/// The plan of the shipped playbook on the shipped company.
async fn plan() -> (Plan, Account) {
    let account = scenario::load(scenario::DEFAULT).unwrap().account;
    let playbook = playbook::load(playbook::DEFAULT).unwrap();
    let steps: Vec<Selected> =
        playbook.steps.into_iter().map(|entry| Selected { step: entry.step, params: entry.params }).collect();
    let brief = Brief {
        run: "test".into(),
        scope: Scope::default(),
        config: Arc::new(Config::default()),
        names: Names::default(),
        next_change: 1,
    };
    let rehearsal = rehearse(&account, &steps, &brief).await.unwrap();
    let exposure = exposed::shift(&account, &rehearsal.after, &steps);
    let selection = Selection { playbook: playbook.name, steps, ..Selection::default() };
    let empty = Plan::empty(&account, selection, &Clock::simulated());
    (Plan { steps: rehearsal.steps, exposure, ..empty }, account)
}

fn next() -> Vec<Line> {
    vec![Line::toned(Tone::Bold, "next    unplug pull").at_right(Tone::Dim, "each step: --details")]
}

fn rows(lines: &[Line], columns: usize) -> Vec<String> {
    let text: Vec<String> = lines.iter().map(|line| line.render(false, columns)).collect();
    text.join("\n").split('\n').map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn the_first_screen_of_a_whole_company_fits_a_small_terminal() {
    let (plan, account) = plan().await;
    let size = Size { columns: 80, rows: Some(24) };
    let rows = rows(&screen(&plan, &account, &[], &next(), size), size.columns);
    let above = rows.iter().position(|row| row.starts_with("PLAN ")).unwrap();
    assert!(rows.len() - above < 24, "{} rows\n{}", rows.len() - above, rows.join("\n"));
    for row in &rows[above..] {
        assert!(row.chars().count() <= 80, "{row}");
    }
    let screen = rows[above..].join("\n");
    let (you, last) = (&rows[above + 1], &rows[rows.len() - 1]);
    assert!(you.contains("akari.mori as AWSReservedSSO_Responder") && you.contains("every VPC in 3 Regions"));
    assert!(last.starts_with("next    unplug pull ") && last.contains("3 to read above"), "{last}");
    for said in
        ["customers: ", "mail: ", "you: ", "the internet", "88 to cut, 63 to save", "590 block-public-access"]
    {
        assert!(screen.contains(said), "{said}\n{screen}");
    }
    // What matters stands in full above it.
    let read = rows[..above].join(" ");
    for said in ["100 FIND    newsletter-smtp is quarantined", "memory is not saved", "kc-search"] {
        assert!(read.contains(said), "{said}\n{read}");
    }
}

#[tokio::test]
async fn without_a_terminal_every_step_has_its_line() {
    let (plan, account) = plan().await;
    let size = Size { columns: 100, rows: None };
    let rows = rows(&screen(&plan, &account, &[], &next(), size), size.columns);
    for step in &plan.steps {
        let row = rows.iter().filter(|row| row.starts_with(&format!("{} ", step.step)));
        assert!(row.clone().any(|row| !row.contains(" FIND ")), "{}", step.step);
    }
    let row = |step: &str| rows.iter().find(|row| row.starts_with(step)).unwrap();
    // Evidence is saved, not cut.
    assert!(row("210 evidence").split_whitespace().collect::<Vec<_>>()[2..4] == ["·", "62"], "{rows:?}");
    assert!(row("time    ").contains("most of it waiting for AWS"));
}

#[tokio::test]
async fn what_was_not_seen_is_on_every_form_of_the_screen() {
    let (mut plan, mut account) = plan().await;
    let gap = Gap { cause: Cause::Denied, call: "ec2:DescribeSubnets".into(), detail: String::new() };
    account.alias = Seen::Read(None);
    plan.steps[6].gaps.push(PlanGap { section: None, region: Some("eu-west-1".into()), gap });
    for rows_of in [None, Some(24), Some(60)] {
        let size = Size { columns: 80, rows: rows_of };
        let text = rows(&screen(&plan, &account, &[], &next(), size), size.columns).join("\n");
        assert!(text.contains("510 GAP ") && text.contains("1 not seen"), "{text}");
        assert!(text.contains("not known to be safe"), "{text}");
        assert!(text.contains("PLAN    pull-the-plug on 444455556666"), "{text}");
    }
}

#[test]
fn a_caller_is_named_as_people_know_them() {
    for (arn, name) in [
        (
            "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_3f1c9d2e7a8b4c55/ann",
            "ann as AWSReservedSSO_Admin",
        ),
        ("arn:aws:sts::1:assumed-role/ops_on_call/ann", "ann as ops_on_call"),
        ("arn:aws:iam::1:user/path/ben", "user ben"),
        ("arn:aws:iam::1:root", "the root user"),
        ("arn:aws:sts::1:federated-user/ben", "arn:aws:sts::1:federated-user/ben"),
    ] {
        assert_eq!(caller(arn), name);
    }
}
