//! A write whose first sending may have taken effect is never sent again: the answer to the second
//! would hide that the first succeeded. A throttled write was not taken, and is.

use std::process::Command;
use std::time::Duration;

use unplug::aws::ledger::Phase;
use unplug::aws::{Aws, AwsError, Connection, Kind};

use super::proxy::{At, Fate, Moment, Proxy};
use super::server::seeded;

/// Set in the process that has the credentials: a test may not change its own environment.
const INSIDE: &str = "UNPLUG_TEST_INSIDE";

#[test]
fn writes_are_not_sent_again() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(unanswered_failed_and_throttled());
    }
    let itself = std::env::current_exe().unwrap();
    let output = Command::new(itself)
        .args(["--exact", "moto::resend::writes_are_not_sent_again"])
        .env(INSIDE, "1")
        .env("AWS_ACCESS_KEY_ID", "AKIAWIRETEST00000000")
        .env("AWS_SECRET_ACCESS_KEY", "wire-test")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

async fn unanswered_failed_and_throttled() {
    for moment in [Moment::Before, Moment::After] {
        let (sent, result) = suspend("shop-web", &[(At::Request(1), Fate::Drop(moment))]).await;
        let error = result.unwrap_err();
        assert_eq!((sent, error.kind, error.maybe_applied), (1, Kind::NoAnswer, true));
    }
    // moto answers 500 for a group that it does not have.
    let (sent, result) = suspend("nobody", &[]).await;
    let error = result.unwrap_err();
    assert_eq!((sent, error.kind, error.maybe_applied), (1, Kind::NoAnswer, true));

    let (sent, result) = suspend("shop-web", &[(At::Request(1), Fate::Throttle)]).await;
    result.unwrap();
    assert_eq!(sent, 2);
}

/// Sends one write through a rule; how often it arrived, and what came of it.
async fn suspend(group: &str, rules: &[(At, Fate)]) -> (usize, Result<(), AwsError>) {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, rules);
    let to = Connection {
        endpoint_url: Some(proxy.url()),
        region: Some("us-east-1".into()),
        ..Connection::default()
    };
    let aws = Aws::live(&to).await.expect("credentials from the environment");
    let _apply = aws.enter(Phase::Apply);
    let call = aws.autoscaling("us-east-1").suspend_processes().auto_scaling_group_name(group);
    let result = call.scaling_processes("Launch").send().await;
    (proxy.log().len(), result.map(drop).map_err(AwsError::from))
}
