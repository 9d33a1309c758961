use std::time::Duration;

use crate::account::Interface;
use crate::aws::ledger::Phase;
use crate::aws::{Aws, AwsError};
use crate::sim::{Simulation, sample};

#[tokio::test]
async fn groups_change_after_a_while_and_meanwhile_nothing_else_does() {
    let simulation = Simulation::new(sample::with_services());
    let aws = Aws::simulated(simulation.clone());
    let _phase = aws.enter(Phase::Apply);
    let rds = aws.rds(sample::REGION);
    let modify =
        |name: &str| rds.modify_db_instance().db_instance_identifier(name).vpc_security_group_ids("sg-ssh");
    let code = |error: AwsError| error.code.unwrap_or_default();
    let refused = |result: Result<_, _>| code(AwsError::from(result.err().unwrap()));
    assert_eq!(refused(modify("nobody").send().await), "DBInstanceNotFound");
    assert_eq!(refused(modify("users-1").send().await), "InvalidParameterCombination");
    assert_eq!(refused(modify("stopped").send().await), "InvalidDBInstanceState");
    modify("orders").send().await.unwrap();
    assert_eq!(refused(modify("orders").send().await), "InvalidDBInstanceState");
    let described = rds.describe_db_instances().db_instance_identifier("orders").send().await.unwrap();
    let groups = described.db_instances()[0].vpc_security_groups().to_vec();
    let said: Vec<_> =
        groups.iter().map(|g| (g.vpc_security_group_id().unwrap(), g.status().unwrap())).collect();
    assert_eq!(said, [("sg-ssh", "adding"), ("sg-web", "removing")]);
    let interface = |id: &str| -> Interface {
        simulation.look(|account| account.regions[sample::REGION].interfaces.item(id).unwrap().clone())
    };
    assert!(interface("eni-orders").groups.contains("sg-web"));
    aws.clock().wait(Duration::from_secs(60)).await;
    let described = rds.describe_db_instances().db_instance_identifier("orders").send().await.unwrap();
    assert_eq!(described.db_instances()[0].vpc_security_groups()[0].status(), Some("active"));
    assert_eq!(interface("eni-orders").groups, ["sg-ssh".to_owned()].into());
    assert_eq!(interface("eni-users-1").groups, ["sg-web".to_owned()].into());
    let cluster = rds.modify_db_cluster().db_cluster_identifier("users").vpc_security_group_ids("sg-ssh");
    cluster.send().await.unwrap();
    aws.clock().wait(Duration::from_secs(60)).await;
    rds.describe_db_clusters().send().await.unwrap();
    for id in ["eni-users-1", "eni-users-2"] {
        assert_eq!(interface(id).groups, ["sg-ssh".to_owned()].into(), "{id}");
    }
}
