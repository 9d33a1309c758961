use std::sync::Arc;

use super::*;
use crate::account::{Cause, Gap};
use crate::aws::Clock;
use crate::config::Config;
use crate::engine::plan::{Brief, PlanGap, Selected, Selection};
use crate::engine::rehearse::rehearse;
use crate::engine::{acting, exposed};
use crate::pipelines::Deployers;
use crate::step::{Names, Scope};
use crate::{playbook, scenario};

/// The plan of the shipped playbook on the shipped company.
async fn plan() -> (Plan, Account) {
    plan_of(playbook::DEFAULT, Scope::default()).await
}

async fn plan_of(name: &str, scope: Scope) -> (Plan, Account) {
    let account = scenario::load(scenario::DEFAULT).unwrap().account;
    let playbook = playbook::load(name).unwrap();
    let steps: Vec<Selected> =
        playbook.steps.into_iter().map(|entry| Selected { step: entry.step, params: entry.params }).collect();
    let brief = Brief {
        run: "test".into(),
        scope: scope.clone(),
        config: Arc::new(Config::default()),
        names: Names::default(),
        next_change: 1,
    };
    let rehearsal = rehearse(&account, &steps, &brief).await.unwrap();
    let exposure = exposed::shift(&account, &rehearsal.after, &steps);
    let now = Clock::simulated().timestamp();
    let access = acting::shift(&account, &rehearsal.after, &steps, now, true);
    let selection = Selection { playbook: playbook.name, steps, scope, ..Selection::default() };
    let empty = Plan::empty(&account, selection, &Clock::simulated());
    (Plan { steps: rehearsal.steps, exposure, access, deployers: Deployers::of(&account), ..empty }, account)
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
    assert!(last.starts_with("next    unplug pull ") && last.contains("13 to read above"), "{last}");
    for said in [
        "customers: ",
        "also maintenance page, mail, ",
        "you: ",
        "identities that can act: ",
        "the internet",
        "122 to cut, 65 to save",
        "590 block-public-… 4",
    ] {
        assert!(screen.contains(said), "{said}\n{screen}");
    }
    // What matters stands in full above it.
    let read = rows[..above].join(" ");
    for said in ["100 FIND    newsletter-smtp is quarantined", "memory is not saved", "kc-search"] {
        assert!(read.contains(said), "{said}\n{read}");
    }
}

#[tokio::test]
async fn every_shipped_playbook_fits_a_small_terminal() {
    let host = Scope { instances: ["i-0ca8cc994f08b7f4e".to_owned()].into(), ..Scope::default() };
    let size = Size { columns: 80, rows: Some(24) };
    for (name, scope) in [
        ("pull-the-plug", Scope::default()),
        ("fastest", Scope::default()),
        ("network-fast", Scope::default()),
        ("quarantine-instance", host),
    ] {
        let (plan, account) = plan_of(name, scope).await;
        let command = format!("next    unplug drill {name} --scenario kettle-and-crane");
        let next = [Line::plain(command).at_right(Tone::Dim, "each step: --details")];
        let rows = rows(&screen(&plan, &account, &[], &next, size), size.columns);
        let above = rows.iter().position(|row| row.starts_with("PLAN ")).unwrap();
        let shown = rows[above..].join("\n");
        assert!(rows.len() - above < 24, "{} rows\n{shown}", rows.len() - above);
        assert!(rows.iter().all(|row| row.chars().count() <= 80), "{shown}");
        assert!(rows[above].ends_with("  nothing is cut") || rows[above].ends_with(" by this"), "{shown}");
        assert!(rows[above + 1].starts_with("you  ") && rows[above + 2].starts_with("stops "), "{shown}");
        assert!(rows[rows.len() - 1].starts_with("next "), "{shown}");
        for step in &plan.steps {
            let seen = shown.contains(&format!("{} ", step.step));
            assert!(seen || step.changes.is_empty(), "{}\n{shown}", step.step);
        }
    }
}

#[tokio::test]
async fn names_of_steps_are_shortened_before_the_table_takes_more_rows() {
    let (plan, _) = plan_of("fastest", Scope::default()).await;
    let text = |columns| rows(&table::side_by_side(&plan, columns), columns);
    assert!(text(100).iter().any(|row| row.contains("590 block-public-access 4")), "{:?}", text(100));
    let small = text(80);
    let shown =
        plan.steps.iter().filter(|step| !step.changes.is_empty() || does(step) != Does::Looks).count();
    assert_eq!(small.len(), shown.div_ceil(2) + 1, "{small:?}");
    assert!(small.iter().any(|row| row.contains("590 block-public-acce… 4")), "{small:?}");
    assert_eq!(table::side_by_side(&plan, 50).len(), plan.steps.len() + 1, "there is no room for two");
}

#[tokio::test]
async fn a_plan_of_twenty_six_cutting_steps_fits_a_small_terminal() {
    let (mut plan, account) = plan().await;
    let mut cutting = plan.steps.iter().filter(|step| !step.changes.is_empty()).cloned().collect::<Vec<_>>();
    let more = cutting.clone().into_iter().cycle().zip(701..).take(26 - cutting.len());
    cutting.extend(more.map(|(step, number)| StepPlan { step: StepId(number), ..step }));
    plan.steps = cutting;
    let size = Size { columns: 80, rows: Some(24) };
    let rows = rows(&screen(&plan, &account, &[], &next(), size), size.columns);
    let above = rows.iter().position(|row| row.starts_with("PLAN ")).unwrap();
    let shown = rows[above..].join("\n");
    assert!(rows.len() - above < 24, "{} rows\n{shown}", rows.len() - above);
    assert!(rows.iter().all(|row| row.chars().count() <= 80), "{shown}");
    for step in &plan.steps {
        assert!(shown.contains(&format!("{} ", step.step)), "{}\n{shown}", step.step);
    }
    // The steps that do not come back whole say so.
    let keys = rows.iter().skip(above).find(|row| row.starts_with("100 exposed-keys")).unwrap();
    assert!(keys.contains("2 no"), "{keys}");
}

#[tokio::test]
async fn steps_that_have_nothing_to_do_share_the_last_line_of_the_packed_table() {
    let (mut plan, _) = plan().await;
    let spare = plan.steps.iter_mut().find(|step| step.step.0 == 590).unwrap();
    spare.changes.clear();
    let text = rows(&table::packed(&plan, 80), 80);
    assert!(
        text.last().unwrap().starts_with("nothing to do: ") && text.last().unwrap().contains("590"),
        "{text:?}"
    );
    assert!(!text[..text.len() - 1].iter().any(|row| row.contains("590")), "{text:?}");
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
    let groups = plan.steps.iter_mut().find(|step| step.step.0 == 510).unwrap();
    groups.gaps.push(PlanGap { section: None, region: Some("eu-west-1".into()), gap });
    for rows_of in [None, Some(24), Some(60)] {
        let size = Size { columns: 80, rows: rows_of };
        let text = rows(&screen(&plan, &account, &[], &next(), size), size.columns).join("\n");
        assert!(text.contains("510 GAP ") && text.contains("1 not seen"), "{text}");
        assert!(text.contains("not known to be safe"), "{text}");
        assert!(text.contains("PLAN    pull-the-plug on 444455556666"), "{text}");
    }
}

#[tokio::test]
async fn a_gap_of_several_steps_is_reported_once() {
    let (mut plan, account) = plan().await;
    let gap = Gap { cause: Cause::Denied, call: "ec2:DescribeSubnets".into(), detail: String::new() };
    for step in plan.steps.iter_mut().filter(|step| [510, 520, 580].contains(&step.step.0)) {
        step.gaps.push(PlanGap { section: None, region: Some("eu-west-1".into()), gap: gap.clone() });
    }
    let size = Size { columns: 300, rows: None };
    let rows = rows(&screen(&plan, &account, &[], &next(), size), size.columns);
    let gaps: Vec<&String> = rows.iter().filter(|row| row.contains(" GAP ")).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].starts_with("510 GAP ") && gaps[0].ends_with("; the same for 520, 580"), "{gaps:?}");
    assert!(rows.iter().any(|row| row.contains("3 not seen")), "the sum counts each");
}

#[tokio::test]
async fn nothing_that_was_not_begun_is_called_cut_by_verify() {
    let (plan, account) = plan().await;
    let held = crate::engine::hold::Held {
        stands: vec![],
        since: plan.steps[..8].to_vec(),
        not_begun: plan.steps[8..12].to_vec(),
        skipped: plan.steps[12..].to_vec(),
        account,
    };
    let said: Vec<String> =
        crate::view::hold::lines("R", "kc", &held, false).iter().map(Line::text).collect();
    assert!(said.iter().any(|line| line.contains("had not begun these")), "{said:?}");
    for word in [" CUT ", " SAVE "] {
        assert!(said.iter().all(|line| !line.contains(word)), "{word} {said:?}");
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
