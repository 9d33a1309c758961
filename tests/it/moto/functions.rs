//! Functions are stopped and run again, over the wire; boto3 looks, and edits a function's URL meanwhile.

use std::time::Duration;

use super::account::{Declared, boto, compare, dump};
use super::binary::Machine;
use super::network::lacking;
use super::proxy::Proxy;
use super::server::{Copy, seeded};

const REGION: &str = "us-east-1";
pub const WORDS: [&str; 4] = ["--steps", "660", "--regions", REGION];

/// Functions with reserved concurrency 5, 0 and none, a URL, an event source, and one that gets logs.
pub fn with_functions(copy: &Copy) {
    let code = r#"
import io, json, os, zipfile
url = os.environ["URL"]
iam, lam, sqs = (client(url, name) for name in ["iam", "lambda", "sqs"])
statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
role = iam.create_role(RoleName="functions", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as out:
    out.writestr("main.py", "def run(event, context):\n    return {}\n")
for name in ["orders", "feed", "stopped", "logs"]:
    lam.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="main.run",
        Code={"ZipFile": archive.getvalue()},
        Tags={"team": "shop"},
    )
lam.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=5)
lam.put_function_concurrency(FunctionName="stopped", ReservedConcurrentExecutions=0)
lam.create_function_url_config(FunctionName="feed", AuthType="NONE", Cors={"AllowOrigins": ["https://a.example"]})
lam.add_permission(
    FunctionName="logs", StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com"
)
queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
lam.create_event_source_mapping(FunctionName="orders", EventSourceArn=arn)
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "functions");
}

#[test]
fn functions_stop_and_get_back_what_they_had() {
    let (copy, _) = seeded();
    with_functions(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    let pull = [&["pull"], &WORDS[..]].concat();
    machine.sure(&pull).ends(0).says("CloudWatch Logs sends it logs").says_not("differ from the prediction");
    let cut = dump(&copy.url(), &[REGION]);
    let functions = &cut.json["functions"][REGION];
    for name in ["orders", "feed", "stopped"] {
        assert_eq!(functions[name]["Concurrency"], 0, "{name}");
    }
    assert_eq!(functions["logs"], before.json["functions"][REGION]["logs"]);
    assert_eq!(functions["feed"]["Url"]["AuthType"], "AWS_IAM");
    let sources = cut.json["event_sources"][REGION].as_object().unwrap();
    assert!(sources.len() == 1 && sources.values().all(|one| one["State"] == "Disabled"), "{sources:?}");
    machine.run(&[&["plan"], &WORDS[..]].concat()).ends(0).says_not("660 CUT");

    // Somebody changes who may call the URL from a page: that stays.
    let edit = format!(
        "client({:?}, 'lambda', {REGION:?}).update_function_url_config(FunctionName='feed', \
         Cors={{'AllowOrigins': ['https://b.example']}})",
        copy.url()
    );
    assert!(boto(&copy.url(), &edit).status().unwrap().success());
    machine.run(&["verify", "--latest"]).ends(0);
    machine.sure(&["restore", "--latest"]).ends(0).says_not("DRIFT");
    let after = dump(&copy.url(), &[REGION]);
    compare(&before, &after, &[Declared::Must(format!("functions/{REGION}/feed/Url/Cors/AllowOrigins"))])
        .unwrap();
}

/// Functions in a VPC: one with a published version, one that sends IPv6, and one that is in none.
fn with_functions_in_a_vpc(copy: &Copy) {
    with_functions(copy);
    let code = r#"
import os
url = os.environ["URL"]
ec2, lam = client(url, "ec2"), client(url, "lambda")
vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"] for cidr in ["10.77.1.0/24", "10.77.2.0/24"]
]
groups = [
    ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"] for name in ["one", "two"]
]
network = {"SubnetIds": subnets, "SecurityGroupIds": groups}
lam.update_function_configuration(FunctionName="orders", VpcConfig=network)
lam.publish_version(FunctionName="orders")
network = {"SubnetIds": subnets[:1], "SecurityGroupIds": groups[:1], "Ipv6AllowedForDualStack": True}
lam.update_function_configuration(FunctionName="feed", VpcConfig=network)
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "functions in a VPC");
}

#[test]
fn functions_in_a_vpc_move_to_the_isolation_group_and_back() {
    let (copy, _) = seeded();
    with_functions_in_a_vpc(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let proxy = Proxy::start(copy.port, Duration::ZERO, &lacking());
    let machine = Machine::new(&proxy.url());
    let words = ["--steps", "510", "--regions", REGION];
    // The Instance Connect endpoints cannot be read there.
    machine
        .sure(&[&["pull"], &words[..]].concat())
        .ends(4)
        .says("AWS never changes published versions of functions")
        .says("orders:1")
        .says_not("FAILED")
        .says_not("differ from the prediction");
    let cut = dump(&copy.url(), &[REGION]);
    let network = |of: &super::account::Dump, name: &str| {
        of.json["functions"][REGION][name]["Configuration"]["VpcConfig"].clone()
    };
    for name in ["orders", "feed"] {
        let (was, is) = (network(&before, name), network(&cut, name));
        assert_eq!(is["SubnetIds"], was["SubnetIds"], "{name}");
        assert_eq!(is["Ipv6AllowedForDualStack"], was["Ipv6AllowedForDualStack"], "{name}");
        let groups = is["SecurityGroupIds"].as_array().unwrap();
        let group = &cut.json["groups"][REGION][groups[0].as_str().unwrap()];
        assert_eq!(groups.len(), 1, "{name}");
        assert!(group["GroupName"].as_str().unwrap().starts_with("unplug-isolation-"), "{name}: {group}");
    }
    assert_eq!(network(&cut, "logs"), network(&before, "logs"));
    machine.sure(&["restore", "--latest"]).ends(0).says_not("FAILED").says_not("DRIFT");
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();
}
