//! Functions are stopped and run again, over the wire; boto3 looks, and edits a function's URL meanwhile.

use super::account::{Declared, boto, compare, dump};
use super::binary::Machine;
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
