//! The maintenance page at load balancers: pulled, edited by somebody else, put back; boto3 looks.

use serde_json::Value;
use unplug::front::page;

use super::account::{Declared, Dump, boto, compare, dump};
use super::binary::Machine;
use super::server::{Copy, seeded};

pub const REGION: &str = "us-east-1";

/// Makes a load balancer with two listeners; the first has rules from number 1 on.
pub fn with_balancer(copy: &Copy) {
    let code = r#"
import os
url = os.environ["URL"]
ec2, elb = client(url, "ec2"), client(url, "elbv2")
vpc = next(vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if vpc["IsDefault"])
subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"] if s["VpcId"] == vpc][:2]
made = elb.create_load_balancer(Name="shop", Subnets=subnets, Tags=[{"Key": "team", "Value": "shop"}])
balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
group = elb.create_target_group(Name="web", Protocol="HTTP", Port=8080, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
forward = [{"Type": "forward", "TargetGroupArn": group}]
gone = {"StatusCode": "410", "ContentType": "text/plain", "MessageBody": "gone"}
for port in [80, 8080]:
    made = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=forward)
    if port == 80:
        listener = made["Listeners"][0]["ListenerArn"]
for number, path, actions in [
    (1, "/office/*", forward),
    (2, "/old/*", [{"Type": "fixed-response", "FixedResponseConfig": gone}]),
    (7, "/beta/*", forward),
]:
    elb.create_rule(
        ListenerArn=listener,
        Priority=number,
        Conditions=[{"Field": "path-pattern", "Values": [path]}],
        Actions=actions,
        Tags=[{"Key": "path", "Value": path}],
    )
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "a load balancer");
}

/// Somebody gives a rule another path, and adds one.
fn edit(copy: &Copy) {
    let code = r#"
import os
elb = client(os.environ["URL"], "elbv2")
balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
listener = next(l for l in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"] if l["Port"] == 80)
rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
old = next(rule for rule in rules if rule["Priority"] == "3")
elb.modify_rule(RuleArn=old["RuleArn"], Conditions=[{"Field": "path-pattern", "Values": ["/older/*"]}])
elb.create_rule(
    ListenerArn=listener["ListenerArn"],
    Priority=4,
    Conditions=[{"Field": "path-pattern", "Values": ["/new/*"]}],
    Actions=old["Actions"],
)
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "an edit");
}

fn rules(dump: &Dump) -> &serde_json::Map<String, Value> {
    dump.json["listener_rules"][REGION].as_object().expect("the rules of the Region")
}

/// Number and path of each rule, and the status of its own answer.
fn order(dump: &Dump) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let path = |rule: &Value| {
        let condition = &rule["Conditions"][0];
        let values = [&condition["Values"][0], &condition["PathPatternConfig"]["Values"][0]];
        values.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned()
    };
    let status = |rule: &Value| text(&rule["Actions"][0]["FixedResponseConfig"]["StatusCode"]);
    let mut order: Vec<_> =
        rules(dump).values().map(|rule| (text(&rule["Priority"]), path(rule), status(rule))).collect();
    order.sort();
    order
}

#[test]
fn every_listener_answers_with_the_page_and_a_foreign_edit_survives() {
    let (copy, _) = seeded();
    with_balancer(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    machine.sure(&["pull", "maintenance", "--steps", "320", "--regions", REGION]).ends(0).says("320");
    let cut = dump(&copy.url(), &[REGION]);
    let row = |number: &str, path: &str, status: &str| (number.into(), path.into(), status.into());
    assert_eq!(
        order(&cut),
        [
            row("1", "*", "503"),
            row("1", "*", "503"),
            row("2", "/office/*", ""),
            row("3", "/old/*", "410"),
            row("7", "/beta/*", ""),
            row("default", "", ""),
            row("default", "", ""),
        ]
    );
    let shown = rules(&cut).values().filter_map(|rule| {
        rule["Actions"][0]["FixedResponseConfig"]["MessageBody"].as_str().filter(|body| *body != "gone")
    });
    assert_eq!(shown.collect::<Vec<_>>(), [page::balancer_of(None).unwrap(); 2]);

    edit(&copy);
    machine.sure(&["restore", "--latest"]).ends(0).says_not("FAILED");
    let after = dump(&copy.url(), &[REGION]);
    let added = rules(&after).iter().find(|(_, rule)| rule["Priority"] == "4").expect("it stays").0;
    let edited =
        rules(&after).iter().find(|(_, rule)| rule["Priority"] == "2").expect("its number is back").0;
    let of = |rule: &str, what: &str| Declared::Must(format!("listener_rules/{REGION}/{rule}{what}"));
    compare(&before, &after, &[of(added, ""), of(edited, "/Conditions")]).unwrap();
}

#[test]
fn a_page_of_ones_own_is_shown_or_refused_before_anything_is_cut() {
    let (copy, _) = seeded();
    with_balancer(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    let pull = ["pull", "--steps", "320", "--regions", REGION, "--page"];
    std::fs::write(machine.path("large.html"), "x".repeat(1_030)).unwrap();
    let refused = machine.sure(&[&pull[..], &["large.html"]].concat()).ends(2);
    refused.says("large.html: it has 1030 bytes, and a load balancer takes 1024: 6 too many");
    machine.sure(&[&pull[..], &["none.html"]].concat()).ends(2).says("none.html");
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();

    std::fs::write(machine.path("own.html"), "<p>back at noon \u{2013} 正午に再開</p>\r\n").unwrap();
    machine.sure(&[&pull[..], &["own.html"]].concat()).ends(0);
    let cut = dump(&copy.url(), &[REGION]);
    let own = rules(&cut).values().filter(|rule| {
        rule["Actions"][0]["FixedResponseConfig"]["MessageBody"] == "<p>back at noon \u{2013} 正午に再開</p>"
    });
    assert_eq!(own.count(), 2);
    machine.sure(&["restore", "--latest"]).ends(0);
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();
}
