use crate::account::pipelines::{PIPELINE, REMEDIATION};
use crate::account::{Account, Caller, Cause, Gap, OfType, Properties, Region, Resources, Seen};
use crate::config::Config;
use crate::step::{Case, Finding, Found, Names, Params, Scope, Step as _};

use super::{OtherDoors, deployers};

const EKS: &str = "AWS::EKS::Cluster";
const ACCESS: &str = "/ResourcesVpcConfig/EndpointPublicAccess";

fn properties(of: &[(&str, &str)]) -> Seen<Properties> {
    Seen::Read(of.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect())
}

fn of_type(name: &str, all: &[(&str, Seen<Properties>)]) -> Resources {
    let all: OfType = all.iter().map(|(id, one)| ((*id).to_owned(), one.clone())).collect();
    Resources { types: [(name.to_owned(), Seen::Read(all))].into(), ..Resources::default() }
}

fn found(regions: &[(&str, Resources)], scope: Scope) -> Vec<Finding> {
    let mut account = Account::unread("111111111111", Caller::default());
    account.caller.arn = "arn:aws:iam::111111111111:user/oncall".into();
    for (name, doors) in regions {
        let here = Region { other_doors: Seen::Read(doors.clone()), ..Region::default() };
        account.regions.insert((*name).to_owned(), here);
    }
    let case = Case {
        run: "run".into(),
        scope,
        params: Params::default(),
        config: std::sync::Arc::new(Config::default()),
        names: Names::default(),
    };
    let found = OtherDoors.find(&account, &case);
    assert!(found.items.is_empty());
    found.findings
}

fn texts(findings: &[Finding]) -> String {
    findings.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn pipelines_and_remediations_are_named_with_the_stacks_that_they_deploy() {
    let deploy = properties(&[
        ("/Stages/0/Name", "Source"),
        ("/Stages/1/Name", "Deploy"),
        ("/Stages/1/Actions/0/Configuration/StackName", "net"),
    ]);
    let mut all = of_type(PIPELINE.name, &[("shop", deploy)]);
    let closed = properties(&[("/TargetId", "Close"), ("/Automatic", "true")]);
    let by_hand = properties(&[("/TargetId", "Close"), ("/Automatic", "false")]);
    all.types.extend(of_type(REMEDIATION.name, &[("closed", closed), ("by-hand", by_hand)]).types);
    let said = |pipelines: Resources| {
        let mut account = Account::unread("111111111111", Caller::default());
        account
            .regions
            .insert("eu-west-1".into(), Region { pipelines: Seen::Read(pipelines), ..Region::default() });
        let mut found = Found::default();
        deployers::of_region("eu-west-1", &account.regions["eu-west-1"], &account, &mut found);
        texts(&found.findings)
    };
    let some = said(all);
    assert!(some.contains("1 pipeline of CodePipeline") && some.contains("shop (stack net)"), "{some}");
    assert!(some.contains("1 remediation of AWS Config") && some.contains("closed;"), "{some}");
    assert!(!some.contains("by-hand"), "it runs when a person says so: {some}");
    assert!(said(Resources::default()).contains("no pipeline of CodePipeline"));
    let gap = Gap { cause: Cause::Denied, call: String::new(), detail: "no".into() };
    let unread =
        Resources { types: [(PIPELINE.name.to_owned(), Seen::Gap(gap))].into(), ..Resources::default() };
    assert_eq!(said(unread), "", "not read is a gap, and never none");
}

#[test]
fn a_public_door_stands_on_the_first_screen_with_what_closes_it() {
    let open = properties(&[(ACCESS, "true"), ("/ResourcesVpcConfig/PublicAccessCidrs", "0.0.0.0/0")]);
    let doors = of_type(EKS, &[("shop", open), ("batch", properties(&[(ACCESS, "false")]))]);
    let found = found(&[("us-east-1", doors)], Scope::default());
    let matters: Vec<&Finding> = found.iter().filter(|one| one.matters).collect();
    assert_eq!(matters.len(), 1, "{found:?}");
    assert_eq!(matters[0].text, "open to the internet, and no step closes it: 1 EKS cluster");
    assert_eq!(matters[0].region.as_deref(), Some("us-east-1"));
    let texts = texts(&found);
    assert!(
        texts.contains("1 EKS cluster, public and not covered: shop (from 0.0.0.0/0); by hand: aws eks"),
        "{texts}"
    );
    assert!(
        texts.contains("1 EKS cluster, not covered and not public as far as its properties say: batch"),
        "{texts}"
    );
}

#[test]
fn a_door_whose_properties_were_not_read_is_not_called_private() {
    let denied = Gap { cause: Cause::Denied, call: "cloudcontrol:GetResource".into(), detail: "no".into() };
    let doors = of_type(EKS, &[("a", Seen::Gap(denied)), ("b", properties(&[])), ("c", Seen::default())]);
    let found = found(&[("us-east-1", doors)], Scope::default());
    let texts = texts(&found);
    assert!(
        texts.contains("3 EKS clusters, not covered; whether they are public is not known: a, b, c"),
        "{texts}"
    );
    assert!(!found.iter().any(|one| one.matters));
}

#[test]
fn what_is_nowhere_is_absent_and_what_could_not_be_looked_at_is_not() {
    let lacking =
        Resources { not_offered: ["AWS::AppRunner::Service".to_owned()].into(), ..Resources::default() };
    let gap = Gap { cause: Cause::Denied, call: String::new(), detail: "no".into() };
    let unread = Resources { types: [(EKS.to_owned(), Seen::Gap(gap))].into(), ..lacking.clone() };
    let found = found(&[("us-west-1", lacking), ("us-west-2", unread)], Scope::default());
    let absent = |region: &str| {
        let of = |one: &&Finding| one.good && one.region.as_deref() == Some(region);
        found.iter().find(of).unwrap().text.clone()
    };
    assert!(absent("us-west-1").starts_with("absent: Amazon MQ brokers, "), "{found:?}");
    assert!(
        absent("us-west-1").contains("EKS clusters") && !absent("us-west-2").contains("EKS"),
        "{found:?}"
    );
    assert!(!absent("us-west-1").contains("App Runner"), "{found:?}");
    // Its API is in the other Region alone.
    assert!(absent("us-west-2").contains("Global Accelerator") && !absent("us-west-1").contains("Global"));
    let texts = texts(&found);
    assert!(
        texts.contains("could not be looked at: App Runner services: Cloud Control has no such type"),
        "{texts}"
    );
    assert!(texts.contains("Cloud Control cannot list them: OpenSearch domains (aws opensearch"), "{texts}");
}

#[test]
fn a_door_whose_only_region_is_out_of_scope_is_said_and_not_absent() {
    let scope = Scope { regions: Some(["eu-west-1".to_owned()].into()), ..Scope::default() };
    let found = found(&[("eu-west-1", Resources::default())], scope);
    let said = |one: &&Finding| one.text.contains("Global Accelerator accelerators not looked at");
    assert_eq!(found.iter().filter(said).count(), 1, "{found:?}");
    assert!(!found.iter().any(|one| one.good && one.text.contains("Global Accelerator")), "{found:?}");
}

#[test]
fn nothing_is_absent_where_nothing_was_read() {
    assert!(!found(&[], Scope::default()).iter().any(|one| one.good));
}
