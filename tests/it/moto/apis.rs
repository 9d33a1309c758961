//! APIs of API Gateway are shut and opened again, over the wire; boto3 looks, and edits a stage meanwhile.

use serde_json::{Value, json};

use super::account::{Declared, boto, compare, dump};
use super::binary::Machine;
use super::server::{Copy, seeded};

const REGION: &str = "us-east-1";
const WORDS: [&str; 3] = ["./one.toml", "--regions", REGION];

/// A playbook of this step alone.
fn playbook(machine: &Machine, with: &str) {
    let text = format!("title = \"One\"\nabout = \"One.\"\n[[step]]\nrun = 670\nwith = {{ {with} }}\n");
    std::fs::write(machine.path("one.toml"), text).unwrap();
}

/// A REST API with a stage that has throttles of its own and one that has none, an HTTP API likewise, and a WebSocket
/// API.
fn with_apis(copy: &Copy) {
    let code = r#"
import json, os
url = os.environ["URL"]
rest, others = client(url, "apigateway"), client(url, "apigatewayv2")
policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
    "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]})
shop = rest.create_rest_api(name="shop", policy=policy, tags={"team": "shop"})["id"]
root = rest.get_resources(restApiId=shop)["items"][0]["id"]
rest.put_method(restApiId=shop, resourceId=root, httpMethod="GET", authorizationType="NONE")
rest.put_integration(restApiId=shop, resourceId=root, httpMethod="GET", type="MOCK")
for stage in ["dev", "prod"]:
    rest.create_deployment(restApiId=shop, stageName=stage)
def replace(path, value):
    return {"op": "replace", "path": path, "value": value}
rest.update_stage(restApiId=shop, stageName="prod", patchOperations=[
    replace("/*/*/throttling/rateLimit", "20.5"),
    replace("/*/*/throttling/burstLimit", "10"),
    replace("/~1/GET/logging/loglevel", "ERROR"),
])
pets = others.create_api(Name="pets", ProtocolType="HTTP")["ApiId"]
others.create_stage(ApiId=pets, StageName="$default", AutoDeploy=True)
others.create_stage(
    ApiId=pets,
    StageName="slow",
    DefaultRouteSettings={"DetailedMetricsEnabled": True, "ThrottlingBurstLimit": 3, "ThrottlingRateLimit": 1.5},
    RouteSettings={"GET /pets": {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 1.0},
                   "POST /pets": {"DetailedMetricsEnabled": True}},
)
chat = others.create_api(Name="chat", ProtocolType="WEBSOCKET")["ApiId"]
others.create_stage(ApiId=chat, StageName="live",
    DefaultRouteSettings={"LoggingLevel": "INFO", "ThrottlingBurstLimit": 7, "ThrottlingRateLimit": 7.5})
"#;
    assert!(boto(&copy.url(), code).status().unwrap().success(), "APIs");
}

/// The one API of a name, with its id.
fn named<'a>(dump: &'a Value, section: &str, name: &str) -> (&'a str, &'a Value) {
    let all = dump[section][REGION].as_object().unwrap();
    let is = |api: &Value| api["api"]["name"] == name || api["api"]["Name"] == name;
    all.iter().find(|(_, api)| is(api)).map(|(id, api)| (id.as_str(), api)).unwrap()
}

#[test]
fn apis_are_shut_by_their_throttles_and_opened_again() {
    let (copy, _) = seeded();
    with_apis(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    playbook(&machine, "");
    let pull = [&["pull"], &WORDS[..]].concat();
    machine.sure(&pull).ends(0).says("default endpoints that stay on").says_not("differ from the prediction");
    let cut = dump(&copy.url(), &[REGION]);
    let (shop, rest) = named(&cut.json, "rest_apis", "shop");
    let settings = |stage: &str, method: &str| rest["stages"][stage]["methodSettings"][method].clone();
    for (stage, method) in [("dev", "*/*"), ("prod", "*/*"), ("prod", "~1/GET")] {
        assert_eq!(settings(stage, method)["throttlingBurstLimit"], 0, "{stage} {method}");
        assert_eq!(settings(stage, method)["throttlingRateLimit"], 0.0, "{stage} {method}");
    }
    assert_eq!(settings("prod", "~1/GET")["loggingLevel"], "ERROR");
    let (pets, http) = named(&cut.json, "http_apis", "pets");
    assert_eq!(http["api"]["DisableExecuteApiEndpoint"], true);
    let shut = json!({ "ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0.0 });
    assert_eq!(http["stages"]["slow"]["RouteSettings"]["GET /pets"], shut);
    for stage in ["$default", "slow"] {
        assert_eq!(http["stages"][stage]["DefaultRouteSettings"]["ThrottlingBurstLimit"], 0, "{stage}");
    }
    // No deployment was made, and no policy written.
    let (_, was) = named(&before.json, "rest_apis", "shop");
    assert_eq!((&rest["deployments"], &rest["api"]), (&was["deployments"], &was["api"]));
    machine.run(&[&["plan"], &WORDS[..]].concat()).ends(0).says_not("670 CUT");

    // Somebody describes a stage meanwhile: that stays.
    let edit = format!(
        "client({:?}, 'apigateway', {REGION:?}).update_stage(restApiId={shop:?}, stageName='prod', \
         patchOperations=[{{'op': 'replace', 'path': '/description', 'value': 'shut'}}])",
        copy.url()
    );
    assert!(boto(&copy.url(), &edit).status().unwrap().success());
    machine.run(&["verify", "--latest"]).ends(0);
    machine.sure(&["restore", "--latest"]).ends(0).says_not("DRIFT");
    let after = dump(&copy.url(), &[REGION]);
    let default = format!("http_apis/{REGION}/{pets}/stages/$default/DefaultRouteSettings");
    let declared = [
        Declared::Must(format!("rest_apis/{REGION}/{shop}/stages/prod/description")),
        // AWS has no call that takes it away: it is as wide as the account's.
        Declared::Must(format!("{default}/ThrottlingBurstLimit")),
        Declared::Must(format!("{default}/ThrottlingRateLimit")),
    ];
    compare(&before, &after, &declared).unwrap();
    let (_, http) = named(&after.json, "http_apis", "pets");
    assert_eq!(http["stages"]["$default"]["DefaultRouteSettings"]["ThrottlingBurstLimit"], 5_000);
    assert_eq!(
        http["stages"]["slow"]["RouteSettings"]["POST /pets"],
        json!({ "DetailedMetricsEnabled": true })
    );
}

#[test]
fn rest_apis_deny_everybody_and_serve_their_old_deployments_again() {
    let (copy, _) = seeded();
    with_apis(&copy);
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    playbook(&machine, "way = \"policy\"");
    let pull = [&["pull"], &WORDS[..]].concat();
    machine.sure(&pull).ends(0).says("`policy` deploys 1 REST API").says_not("differ from the prediction");
    let cut = dump(&copy.url(), &[REGION]);
    let ((shop, was), (_, is)) =
        (named(&before.json, "rest_apis", "shop"), named(&cut.json, "rest_apis", "shop"));
    assert!(is["api"]["policy"].as_str().unwrap().contains("Deny"), "{is}");
    let deployments = |api: &Value| api["deployments"].as_array().unwrap().len();
    assert_eq!(deployments(is), deployments(was) + 1);
    for stage in ["dev", "prod"] {
        assert_ne!(is["stages"][stage]["deploymentId"], was["stages"][stage]["deploymentId"], "{stage}");
        let export = format!(
            "of = client({:?}, 'apigateway').get_export(restApiId={shop:?}, stageName={stage:?}, exportType='oas30')\n\
             assert b'Deny' in of['body'].read()",
            copy.url()
        );
        assert!(boto(&copy.url(), &export).status().unwrap().success(), "{stage} serves no denial");
    }
    machine.run(&[&["plan"], &WORDS[..]].concat()).ends(0).says_not("670 CUT");
    machine.sure(&["restore", "--latest"]).ends(0).says_not("DRIFT");
    let after = dump(&copy.url(), &[REGION]);
    compare(
        &before,
        &after,
        &[Declared::Must(format!("http_apis/{REGION}/*/stages/$default/DefaultRouteSettings/*"))],
    )
    .unwrap();
}
