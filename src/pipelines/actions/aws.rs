//! Pipelines of AWS itself.

use super::{Action, Actions, aws_cli, in_region, run, said};
use crate::pipelines::notes::{Cut, Deed, Group, Stands};
use crate::pipelines::{CodePipeline, Stage, set_of, shell};

/// Processes that start, end and replace instances.
const PROCESSES: &str = "Launch Terminate HealthCheck ReplaceUnhealthy AZRebalance AlarmNotification \
                         ScheduledActions InstanceRefresh";

const DENY_UPDATES: &str =
    r#"{"Statement":[{"Effect":"Deny","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;
const ALLOW_UPDATES: &str =
    r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;

/// A stack: a stack policy holds its updates. Once set it cannot be taken away, only changed.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>
pub(super) fn stack(group: &Group<'_>) -> Actions {
    let of = |words: &str, more: &[(&str, &str)]| {
        let options: Vec<_> = [("stack-name", group.name)].into_iter().chain(more.iter().copied()).collect();
        aws_cli(&format!("cloudformation {words}"), &in_region(group, &options))
    };
    let file = shell::file_name(group.name, "stack-policy.json");
    let keep = of("get-stack-policy", &[("query", "StackPolicyBody"), ("output", "text")]);
    let give_back =
        of("set-stack-policy", &[]).map(|command| format!("{command} --stack-policy-body file://{file}"));
    let mut before = vec![
        run(
            Deed::Look,
            "Is it still the stack's? What the stack has given away keeps the tag.",
            of("describe-stack-resources", &[]),
        ),
        run(
            Deed::Pause,
            "Keep the stack policy that is there; the file holds None where there is none.",
            keep.map(|command| format!("{command} > {file}")),
        ),
        run(
            Deed::Pause,
            "Let no update touch the stack's resources. It stops neither deleting the stack nor other stacks.",
            of("set-stack-policy", &[("stack-policy-body", DENY_UPDATES)]),
        ),
    ];
    let (held, released) = deployed_by(group);
    before.extend(held);
    before.push(run(Deed::Look, "What differs from the template now.", of("detect-stack-drift", &[])));
    before.push(run(
        Deed::Ignore,
        "What it lists of the targets below is the cut: do not take it into the template.",
        of("describe-stack-resource-drifts", &[])
            .map(|command| format!("{command} --stack-resource-drift-status-filters MODIFIED DELETED")),
    ));
    let mut after = vec![
        run(Deed::Look, "It must find no drift of these targets any more.", of("detect-stack-drift", &[])),
        run(Deed::Resume, "Where there was a stack policy, it comes back.", give_back),
        run(
            Deed::Resume,
            "Where there was none: AWS takes none away, so allow all updates.",
            of("set-stack-policy", &[("stack-policy-body", ALLOW_UPDATES)]),
        ),
    ];
    after.extend(released);
    (before, after)
}

/// The pipelines that deploy a stack: how to hold them, and how to let them go on.
fn deployed_by(group: &Group<'_>) -> Actions {
    let Some(deployers) = group.deployers else {
        let text = "Whether CodePipeline deploys it was not looked at (step 690 looks): find it, and hold its stage.";
        let list = aws_cli("codepipeline list-pipelines", &in_region(group, &[]));
        return (vec![run(Deed::Look, text, list)], vec![]);
    };
    let region = group.region.unwrap_or_default();
    let all: Vec<_> = deployers.deploying(region, group.name).collect();
    let (mut held, released): Actions =
        all.iter().map(|(one, stage)| transition(one, stage, group.run)).unzip();
    let elsewhere = if all.is_empty() {
        "No CodePipeline that was read deploys it by name. Whoever else does, a build server or a person, is not \
         known here: tell them, and stop the job."
    } else {
        "Whoever else deploys it, a build server or a person, is not known here: tell them."
    };
    held.push(said(Deed::Pause, elsewhere));
    (held, released)
}

/// Holds the way into a stage, and opens it. AWS takes no colon in the reason.
///
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_DisableStageTransition.html>
fn transition(one: &CodePipeline, stage: &Stage, run_id: &str) -> (Action, Action) {
    let options = [
        ("pipeline-name", one.name.as_str()),
        ("stage-name", &stage.name),
        ("transition-type", "Inbound"),
        ("region", &one.region),
    ];
    let reason = format!("unplug {run_id}").trim_end().to_owned();
    let hold: Vec<_> = options.iter().copied().chain([("reason", reason.as_str())]).collect();
    (
        run(
            Deed::Pause,
            &format!("CodePipeline {} goes no further than before its stage {}.", one.name, stage.name),
            aws_cli("codepipeline disable-stage-transition", &hold),
        ),
        run(
            Deed::Resume,
            "The revision that waits there then runs: let it be one that you want.",
            aws_cli("codepipeline enable-stage-transition", &options),
        ),
    )
}

pub(super) fn code_pipeline(group: &Group<'_>) -> Actions {
    let all = group.deployers.into_iter().flat_map(|deployers| &deployers.pipelines);
    let mut fit = all.filter(|one| one.name == group.name && Some(one.region.as_str()) == group.region);
    match fit.next().and_then(|one| Some((one, one.second_stage()?))) {
        Some((one, stage)) => {
            let (hold, go_on) = transition(one, stage, group.run);
            (vec![hold], vec![go_on])
        }
        None => (vec![said(Deed::Pause, "Its stages could not be read: hold it in the console.")], vec![]),
    }
}

/// A `StackSet` is another account's.
pub(super) fn stack_set(group: &Group<'_>) -> Actions {
    let set = set_of(group.name).unwrap_or(group.name);
    let of_set = |words: &str| aws_cli(&format!("cloudformation {words}"), &[("stack-set-name", set)]);
    let drift =
        || aws_cli("cloudformation detect-stack-drift", &in_region(group, &[("stack-name", group.name)]));
    let before = vec![
        said(
            Deed::Pause,
            "Ask whoever administers the set, in the management account or the delegated one, to run no operation on \
             it until the restore. AWS has no switch that pauses one account.",
        ),
        run(
            Deed::Look,
            "There (--call-as DELEGATED_ADMIN in a delegated account): is an operation running or queued?",
            of_set("list-stack-set-operations"),
        ),
        run(Deed::Ignore, "In this account: what differs from the template is the cut.", drift()),
    ];
    let after = vec![run(Deed::Look, "It must find no drift of these targets any more.", drift())];
    (before, after)
}

pub(super) fn control_tower(group: &Group<'_>) -> Actions {
    let (mut before, after) = stack_set(group);
    let text = "Nobody updates, repairs or resets the landing zone, registers the OU again, or turns controls on or \
                off, until the restore.";
    before.insert(0, said(Deed::Pause, text));
    (before, after)
}

/// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html>
pub(super) fn scaling_group(group: &Group<'_>) -> Actions {
    let of = |words: &str| {
        aws_cli(
            &format!("autoscaling {words}"),
            &in_region(group, &[("auto-scaling-group-name", group.name)]),
        )
    };
    let is_it = |cut: &&Cut| {
        cut.id == group.name && cut.region.as_deref() == group.region && cut.step == HOLD_SCALING
    };
    let held = group.all.iter().find(is_it);
    let by_restore =
        || said(Deed::Resume, "unplug restore lets it go on, with the processes that were suspended before.");
    if let Some(held) = held.filter(|cut| cut.stands != Stands::PutBack) {
        let text = match held.stands {
            Stands::Planned => "Step 505 of this plan holds it.",
            Stands::Cut | Stands::Unknown | Stands::PutBack => {
                "Step 505 of this run holds it: restore 505 last, after the network."
            }
        };
        return (vec![said(Deed::Pause, text)], vec![by_restore()]);
    }
    let describe = aws_cli(
        "autoscaling describe-auto-scaling-groups",
        &in_region(group, &[("auto-scaling-group-names", group.name)]),
    );
    let processes =
        |words: &str| of(words).map(|command| format!("{command} --scaling-processes {PROCESSES}"));
    (
        vec![
            run(
                Deed::Look,
                "Note what is suspended already: that stays suspended afterwards.",
                describe.map(|command| {
                    format!("{command} --query 'AutoScalingGroups[].SuspendedProcesses[].ProcessName'")
                }),
            ),
            run(
                Deed::Pause,
                "It starts no instance that is not cut, and ends none (or unplug pull --steps 505).",
                processes("suspend-processes"),
            ),
        ],
        vec![if held.is_some() {
            by_restore()
        } else {
            run(
                Deed::Resume,
                "Leave out of the list what was suspended before.",
                processes("resume-processes"),
            )
        }],
    )
}

/// The step that holds Auto Scaling groups.
const HOLD_SCALING: u16 = 505;

/// Turned to manual, not deleted: deleting it loses its configuration.
///
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationConfigurations.html>
pub(super) fn remediation(group: &Group<'_>) -> Actions {
    let describe = |query: &str| {
        aws_cli(
            "configservice describe-remediation-configurations",
            &in_region(group, &[("config-rule-names", group.name), ("query", query), ("output", "json")]),
        )
    };
    let put = aws_cli("configservice put-remediation-configurations", &in_region(group, &[]));
    let file = shell::file_name(group.name, "remediation.json");
    let manual = describe("RemediationConfigurations[].merge(@, {Automatic: `false`})");
    let with =
        |what: Option<String>| Some(format!("{} --remediation-configurations {}", put.clone()?, what?));
    (
        vec![
            run(
                Deed::Pause,
                "Keep the configuration that is there.",
                describe("RemediationConfigurations").map(|command| format!("{command} > {file}")),
            ),
            run(
                Deed::Pause,
                "Make it manual. Do not delete it: its configuration would be lost. AWS refuses this for rules of \
                 conformance packs, of the Organization and of Security Hub: ask their owner.",
                with(manual.map(|command| format!("\"$({command})\""))),
            ),
        ],
        vec![run(
            Deed::Resume,
            "It runs by itself again, at once and for all that the rule does not like.",
            with(shell::word(group.name).map(|_| format!("file://{file}"))),
        )],
    )
}
