//! The first lines of a run: what its scope leaves out, and what a configuration takes out of it.

use std::collections::BTreeMap;

use super::fold::list;
use super::lines::{Line, Tone};
use crate::config::{Loaded, Source};
use crate::engine::plan::{Plan, Selection};
use crate::step::{Params, StepId, Width, count};
use crate::steps;

/// Entries of a configuration that are shown of one kind.
const SHOWN: usize = 6;

/// The steps that reach beyond the places of a run: those that are left out, and those that are not.
pub fn reach(selection: &Selection) -> Vec<Line> {
    let beyond = selection.scope.named();
    let mut lines = vec![];
    let taken = selection.steps.iter().map(|selected| (selected.step, &selected.params));
    let wide =
        by_width(taken.filter(|(step, params)| selection.scope.is_narrower_than(width(*step, params))));
    for (width, steps) in wide {
        let text = format!("{}: {} beyond {beyond}", width.mark(), names(&steps));
        let cuts = if steps.len() == 1 { "cuts" } else { "cut" };
        lines.push(Line::detail("wide", text.replacen(" beyond", &format!(" {cuts} beyond"), 1)));
    }
    let none = Params::default();
    for (width, steps) in by_width(selection.left_out.iter().map(|step| (*step, &none))) {
        let them = if steps.len() == 1 { "it" } else { "them" };
        let text = format!(
            "{}: {}, beyond {beyond}; --steps takes {them} when it names {them}",
            names(&steps),
            width.mark(),
        );
        lines.push(Line::new().and(Tone::Warn, "    without ").and(Tone::Plain, text).indented(12));
    }
    lines
}

fn width(step: StepId, params: &Params) -> Width {
    steps::find(step).map_or(Width::Place, |step| step.width(params))
}

fn by_width<'a>(steps: impl Iterator<Item = (StepId, &'a Params)>) -> BTreeMap<Width, Vec<StepId>> {
    let mut all = BTreeMap::<Width, Vec<StepId>>::new();
    for (step, params) in steps {
        all.entry(width(step, params)).or_default().push(step);
    }
    all
}

fn names(steps: &[StepId]) -> String {
    let name = |id: &StepId| {
        let slug = steps::find(*id).map_or("", |step| step.spec().slug);
        format!("{id} {slug}")
    };
    steps.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The configuration that applies, and all that it takes out of a run, with file and line. Nothing
/// without a file.
pub fn configuration(loaded: &Loaded, selection: &Selection) -> Vec<Line> {
    let files: Vec<String> = loaded.files.iter().map(|file| file.display().to_string()).collect();
    if files.is_empty() {
        return vec![];
    }
    let mut lines = vec![Line::detail("config", files.join(", "))];
    // The command line and the playbook come before it.
    if loaded.config.regions.is_some() && selection.scope.regions == loaded.config.regions {
        let entries = entries(loaded, |source| (source.setting == "regions").then(String::new));
        let text = format!("only {entries}: no other Region is looked at");
        lines.push(Line::new().and(Tone::Warn, format!("{:12}{text}", "")).indented(12));
    }
    let spared = entries(loaded, |source| {
        Some(match source.setting {
            "protected.resources" => String::new(),
            "protected.tags" => "what is tagged ".into(),
            "break_glass" => "principal ".into(),
            _ => return None,
        })
    });
    if !spared.is_empty() {
        lines.push(Line::new().and(Tone::Plain, format!("{:12}never cut: {spared}", "")).indented(12));
    }
    lines
}

/// How much the configuration spares in a plan, where it spares anything.
pub fn spared(plan: &Plan) -> Vec<Line> {
    let kept = plan.steps.iter().flat_map(|step| step.refused.iter().map(|kept| (step.step, &*kept.why)));
    let spared: Vec<(StepId, &str)> = kept
        .filter(|(_, why)| why.contains("protected.resources has ") || why.contains("protected.tags has "))
        .collect();
    if spared.is_empty() {
        return vec![];
    }
    let mut steps: Vec<String> = spared.iter().map(|(step, _)| step.to_string()).collect();
    steps.dedup();
    let inside = spared.iter().filter(|(_, why)| why.starts_with("a protected host is inside")).count();
    let inside = match inside {
        0 => String::new(),
        n => format!("; {} because a protected host is inside", count(n, "target")),
    };
    let text = format!("it keeps {} from {}{inside}", count(spared.len(), "target"), steps.join(", "));
    vec![Line::new().and(Tone::Warn, format!("{:12}{text}", "")).indented(12)]
}

/// Entries with their lines: `i-1 (line 3), what is tagged a = b (line 7)`.
fn entries(loaded: &Loaded, kind: impl Fn(&Source) -> Option<String>) -> String {
    let only = loaded.files.len() == 1;
    let said: Vec<String> = loaded
        .sources
        .iter()
        .filter(|source| source.from != "default")
        .filter_map(|source| {
            let place = match source.from.rsplit_once(':') {
                Some((_, line)) if only => format!("line {line}"),
                _ => source.from.clone(),
            };
            Some(format!("{}{} ({place})", kind(source)?, source.value))
        })
        .collect();
    list(&said.iter().map(String::as_str).collect::<Vec<_>>(), SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::engine::plan::Selected;
    use crate::step::Scope;

    fn text(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.text().trim().to_owned()).collect()
    }

    fn selection(steps: &[u16], left_out: &[u16]) -> Selection {
        let step = |id: &u16| Selected { step: StepId(*id), params: Params::default() };
        Selection {
            steps: steps.iter().map(step).collect(),
            scope: Scope { instances: ["i-1".to_owned()].into(), ..Scope::default() },
            left_out: left_out.iter().map(|id| StepId(*id)).collect(),
            ..Selection::default()
        }
    }

    #[test]
    fn what_is_wider_than_the_scope_is_marked_or_said_to_be_left_out() {
        assert_eq!(
            text(&reach(&selection(&[510, 610], &[100, 200, 400]))),
            [
                "wide    ACCOUNT-WIDE: 610 s3-public-access cuts beyond i-1",
                "without 400 ses: REGION-WIDE, beyond i-1; --steps takes it when it names it",
                "without 100 exposed-keys, 200 cloudtrail: ACCOUNT-WIDE, beyond i-1; --steps takes them when it \
                 names them",
            ]
        );
        let mut whole = selection(&[610, 400], &[]);
        whole.scope = Scope::default();
        assert_eq!(reach(&whole), []);
        whole.scope.regions = Some(["eu-west-1".to_owned()].into());
        assert_eq!(
            text(&reach(&whole)),
            ["wide    ACCOUNT-WIDE: 610 s3-public-access cuts beyond eu-west-1"]
        );
    }

    #[test]
    fn what_a_configuration_takes_out_of_a_run_is_said_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(config::FILE);
        let toml =
            "regions = [\"eu-west-1\"]\nbreak_glass = [\"anna\"]\n[protected]\nresources = [\n\"i-1\"]\n";
        std::fs::write(&file, toml).unwrap();
        let loaded = config::load_from(folder.path(), None).unwrap();
        let mut selection = Selection::default();
        let file = file.display();
        assert_eq!(
            text(&configuration(&loaded, &selection)),
            [format!("config  {file}"), "never cut: principal anna (line 2), i-1 (line 5)".to_owned()],
            "its Regions do not apply"
        );
        selection.scope.regions.clone_from(&loaded.config.regions);
        assert_eq!(
            text(&configuration(&loaded, &selection))[1],
            "only eu-west-1 (line 1): no other Region is looked at"
        );
        let none = config::load_from(&folder.path().join("none"), None);
        assert_eq!(configuration(&none.unwrap(), &selection).len(), 3, "found from a folder below");
    }
}
