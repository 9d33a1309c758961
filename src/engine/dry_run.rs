//! Asks EC2 itself whether these credentials may make its calls: by `DryRun`, which changes nothing.
//!
//! ```text
//! a call of the playbook, about something that is there ──DryRun──▶ DryRunOperation        allowed
//!                                                                   UnauthorizedOperation  denied
//!                                                                   anything else          not said
//! ```
//!
//! Only AWS's own endpoints are asked. An emulator may know the call and not the switch, and would carry it
//! out. The phase is one of its own: while it lasts the wire sends no call that changes something unless it
//! is EC2's and its body says `DryRun=true` (`aws/wire.rs`).
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html>

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, InternetGatewayBlockMode};

use crate::account::{Account, Leave, Region, Rights};
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};

/// What AWS says where the call would have been taken, and where it is not allowed.
const WOULD_WORK: &str = "DryRunOperation";

/// Asks about every call of the table that something in the account can stand for. `None`: this is not AWS.
pub async fn ask(aws: &Aws, account: &Account) -> Option<Rights> {
    if !aws.is_aws() {
        return None;
    }
    Some(ask_anywhere(aws, account).await)
}

/// As [`ask`], whatever answers: for a test's own wire.
async fn ask_anywhere(aws: &Aws, account: &Account) -> Rights {
    let _asking = aws.enter(Phase::DryRun);
    let mut rights = BTreeMap::new();
    for (name, here) in &account.regions {
        let client = aws.ec2(name);
        // One thing stands for all of its kind: the first Region that has one is asked.
        for (action, answer) in ask_in(&client, &account.id, here, &rights).await {
            match answer {
                Err(error) if error.is(WOULD_WORK) => drop(rights.insert(action.into(), Leave::Allowed)),
                Err(error) if error.is("UnauthorizedOperation") => {
                    rights.insert(action.into(), Leave::Denied);
                }
                // Neither a yes nor a no about the permission.
                _ => {}
            }
        }
    }
    Rights(rights)
}

/// The answers of one Region, by action.
type Answers = Vec<(&'static str, Result<(), AwsError>)>;

/// Sends a call with `DryRun`, if its action was not answered yet.
macro_rules! dry {
    ($known:ident, $answers:ident, $action:literal, $call:expr) => {
        if !$known.contains_key($action) {
            let sent = $call.dry_run(true).send().await;
            $answers.push(($action, sent.map(drop).map_err(AwsError::from)));
        }
    };
}

async fn ask_in(client: &Client, account: &str, here: &Region, known: &BTreeMap<String, Leave>) -> Answers {
    let mut answers = Answers::new();
    let own = |owner: &str| owner == account;
    if let Some((vpc, _)) = here.vpcs.items().find(|(_, vpc)| own(&vpc.owner)) {
        let group =
            client.create_security_group().group_name("unplug-dry-run").description("dry run").vpc_id(vpc);
        dry!(known, answers, "ec2:CreateSecurityGroup", group);
        dry!(known, answers, "ec2:CreateNetworkAcl", client.create_network_acl().vpc_id(vpc));
        dry!(known, answers, "ec2:CreateRouteTable", client.create_route_table().vpc_id(vpc));
    }
    if let Some((acl, _)) = here.acls.items().find(|(_, acl)| own(&acl.owner)) {
        let entry = client.delete_network_acl_entry().network_acl_id(acl).rule_number(32_766).egress(false);
        dry!(known, answers, "ec2:DeleteNetworkAclEntry", entry);
    }
    if let Some((id, one)) = here.interfaces.items().find(|(_, one)| one.managed_by.is_none()) {
        let groups = Some(one.groups.iter().cloned().collect());
        let modify = client.modify_network_interface_attribute().network_interface_id(id).set_groups(groups);
        dry!(known, answers, "ec2:ModifyNetworkInterfaceAttribute", modify);
    }
    if let Some((id, _)) = here.instances.items().next() {
        let on = AttributeBooleanValue::builder().value(true).build();
        let modify = client.modify_instance_attribute().instance_id(id).disable_api_termination(on);
        dry!(known, answers, "ec2:ModifyInstanceAttribute", modify);
    }
    let mut tables = here.route_tables.items().filter(|(_, table)| own(&table.owner));
    let made = |(id, table): (&String, &crate::account::RouteTable)| {
        let route = table
            .routes
            .iter()
            .find(|route| route.origin == "CreateRoute" && route.destination.contains('.'))?;
        Some((id.clone(), route.destination.clone()))
    };
    if let Some((table, destination)) = tables.find_map(made) {
        let delete = client.delete_route().route_table_id(table).destination_cidr_block(destination);
        dry!(known, answers, "ec2:DeleteRoute", delete);
    }
    let mut attached = here.internet_gateways.items().filter(|(_, one)| own(&one.owner));
    if let Some((id, vpc)) = attached.find_map(|(id, one)| Some((id, one.vpc.clone()?))) {
        let detach = client.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
        dry!(known, answers, "ec2:DetachInternetGateway", detach);
    }
    if here.vpc_block.read().is_some() {
        let mode = InternetGatewayBlockMode::BlockBidirectional;
        let block = client.modify_vpc_block_public_access_options().internet_gateway_block_mode(mode);
        dry!(known, answers, "ec2:ModifyVpcBlockPublicAccessOptions", block);
    }
    if let Some((id, _)) = here.endpoints.items().find(|(_, one)| own(&one.owner) && !one.requester_managed) {
        let modify = client.modify_vpc_endpoint().vpc_endpoint_id(id).reset_policy(true);
        dry!(known, answers, "ec2:ModifyVpcEndpoint", modify);
    }
    answers
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::aws::Kind;
    use crate::aws::scripted::{Script, scripted};
    use crate::sim::{Simulation, sample};

    fn says(code: &str) -> Script {
        let text = format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>");
        Script::says(412, text)
    }

    #[tokio::test]
    async fn each_call_is_a_dry_run_in_a_phase_of_its_own_and_its_answer_is_a_right() {
        let noted: Arc<Mutex<Vec<String>>> = Arc::default();
        let notes = noted.clone();
        let aws = scripted(move |asked| {
            notes.lock().unwrap().push(asked.text.clone());
            match &asked.text {
                text if text.contains("CreateNetworkAcl&") => says("UnauthorizedOperation"),
                text if text.contains("ModifyInstanceAttribute") => says("InvalidInstanceID.NotFound"),
                _ => says("DryRunOperation"),
            }
        });
        let Rights(rights) = ask_anywhere(&aws, &sample::account()).await;
        assert_eq!(rights["ec2:CreateSecurityGroup"], Leave::Allowed);
        assert_eq!(rights["ec2:CreateNetworkAcl"], Leave::Denied);
        assert!(!rights.contains_key("ec2:ModifyInstanceAttribute"), "{rights:?}");
        let calls = aws.ledger().calls();
        assert!(calls.len() >= 5 && calls.iter().all(|call| call.phase == Phase::DryRun));
        assert!(noted.lock().unwrap().iter().all(|text| text.contains("&DryRun=true")));
    }

    #[tokio::test]
    async fn in_this_phase_nothing_without_the_switch_goes_over_the_wire() {
        let aws = scripted(|_| panic!("it was sent"));
        let _asking = aws.enter(Phase::DryRun);
        let ec2 = aws.ec2("eu-west-1");
        for sent in [
            ec2.delete_route().route_table_id("rtb-1").send().await.map(drop).map_err(AwsError::from),
            ec2.delete_route()
                .route_table_id("rtb-1")
                .dry_run(false)
                .send()
                .await
                .map(drop)
                .map_err(AwsError::from),
            aws.iam().delete_user().user_name("x").send().await.map(drop).map_err(AwsError::from),
            aws.cloudtrail("eu-west-1")
                .stop_logging()
                .name("x")
                .send()
                .await
                .map(drop)
                .map_err(AwsError::from),
        ] {
            let error = sent.unwrap_err();
            assert_eq!(error.kind, Kind::Bug, "{error}");
        }
    }

    #[tokio::test]
    async fn a_simulation_and_an_emulator_are_never_asked() {
        let aws = Aws::simulated(Simulation::new(sample::account()));
        assert_eq!(ask(&aws, &sample::account()).await, None);
        assert!(aws.ledger().is_empty());
    }
}
