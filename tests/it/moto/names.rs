//! A name is what it says, over the wire: what the account does not have is refused before a write, and
//! the same selection is the same set in a pull and in a restore.

use std::time::Duration;

use super::account::{boto, compare, dump};
use super::binary::Machine;
use super::proxy::{At, Fate, Proxy};
use super::server::seeded;

const REGION: &str = "us-east-1";

#[test]
fn a_wrong_name_is_refused_before_any_write() {
    let (copy, _) = seeded();
    let proxy = Proxy::start(copy.port, Duration::ZERO, &[]);
    let machine = Machine::new(&proxy.url());
    for (words, said) in [
        (&["--instance", "i-0123456789abcdef0"][..], "no instance i-0123456789abcdef0 in "),
        (
            &["--vpc", "vpc-0123456789abcdef0", "--regions", REGION],
            "no VPC vpc-0123456789abcdef0 in us-east-1",
        ),
        (&["--tag", "no=where", "--regions", REGION], "tagged no=where in us-east-1"),
        (&["--key", "AKIA0123456789ABCDEF"], "no access key AKIA0123456789ABCDEF of an IAM user"),
        (&["--regions", "us-esat-1"], "did you mean us-east-1?"),
    ] {
        machine.sure(&[&["pull"], words].concat()).ends(2).says(said).says("Nothing was cut");
        machine.run(&[&["plan"], words].concat()).ends(2).says(said);
    }
    assert!(proxy.log().iter().all(|seen| !seen.write), "{:?}", proxy.log());
    assert_eq!(machine.runs().len(), 0, "no run was begun");
}

/// The leaked key goes off, whatever is answered to the question whose it is; or it is a failure.
#[test]
fn a_named_key_that_could_not_be_looked_up_is_no_success() {
    let (copy, seed) = seeded();
    let key = seed["keys"]["alice"][0].as_str().unwrap();
    let odd = (At::Each("iam:GetAccessKeyLastUsed"), Fate::Refuse("ValidationError"));
    let blind = (At::Each("iam:ListAccessKeys"), Fate::Refuse("ValidationError"));
    let words = ["pull", "--steps", "100", "--key", key];

    let proxy = Proxy::start(copy.port, Duration::ZERO, &[odd, blind]);
    let machine = Machine::new(&proxy.url());
    machine.sure(&words).ends(4).says(key).says("not everything could be read").says("Nothing was cut");
    assert!(proxy.log().iter().all(|seen| !seen.write), "{:?}", proxy.log());

    let proxy = Proxy::start(copy.port, Duration::ZERO, &[odd]);
    let machine = Machine::new(&proxy.url());
    let pulled = machine.sure(&words);
    assert!(matches!(pulled.code, Some(0 | 4)), "{pulled:?}");
    let off = format!(
        "import os\nkeys = client(os.environ['URL'], 'iam').list_access_keys(UserName='alice')['AccessKeyMetadata']\n\
         assert {{k['AccessKeyId']: k['Status'] for k in keys}}['{key}'] == 'Inactive'"
    );
    assert!(boto(&copy.url(), &off).status().unwrap().success());
}

#[test]
fn the_same_selection_is_the_same_set_in_pull_and_restore() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &[REGION]);
    let machine = Machine::new(&copy.url());
    machine.sure(&["pull", "--regions", REGION, "--steps", "505,610"]).ends(0).says("ACCOUNT-WIDE");
    let (_, run) = machine.latest();
    machine.sure(&["restore", &run, "--regions", "us-esat-1"]).ends(2).says("did you mean us-east-1?");
    machine.sure(&["restore", &run, "--steps", "520"]).ends(2).says("did nothing of 520: it has 505, 610");
    // The block is not of the Region, and its step is not named: it stays, and that is said.
    machine
        .sure(&["restore", &run, "--regions", REGION])
        .ends(3)
        .says("1 change is still owed")
        .says("610 CUT     s3-account-block 123456789012");
    machine
        .sure(&["restore", &run, "--regions", REGION, "--steps", "505,610"])
        .ends(0)
        .says_not("still owed");
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();

    // Without a name, what is account-wide is not cut, and nothing is owed after the same selection.
    machine.sure(&["pull", "network-fast", "--regions", REGION]);
    let planned = machine.run(&["plan", "--regions", REGION, "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&planned.out).unwrap();
    assert_eq!(plan["left_out"], serde_json::json!([100, 110, 190, 200, 310, 410, 600, 610, 620, 630, 700]));
    machine.sure(&["restore", "--latest", "--regions", REGION]).says_not("still owed");
    compare(&before, &dump(&copy.url(), &[REGION]), &[]).unwrap();
}
