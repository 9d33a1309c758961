//! Somebody undoes a cut on the wire; a watch says so, and cuts it again.

use super::account::{boto, compare, dump};
use super::binary::{Machine, journal};
use super::server::{Copy, seeded};

/// Gives a subnet its old ACL back.
fn undo(copy: &Copy) {
    let code = format!(
        r#"
ec2 = client({url:?}, "ec2")
acls = ec2.describe_network_acls()["NetworkAcls"]
cut = next(acl for acl in acls if acl["Associations"] and any("unplug" in tag["Key"] for tag in acl["Tags"]))
old = next(acl for acl in acls if acl["VpcId"] == cut["VpcId"] and acl["IsDefault"])
at = cut["Associations"][0]["NetworkAclAssociationId"]
ec2.replace_network_acl_association(AssociationId=at, NetworkAclId=old["NetworkAclId"])
"#,
        url = copy.url()
    );
    assert!(boto(&copy.url(), &code).status().unwrap().success());
}

#[test]
fn what_somebody_undoes_is_said_cut_again_and_put_back_to_the_first_state() {
    let (copy, _) = seeded();
    let before = dump(&copy.url(), &[]);
    let machine = Machine::new(&copy.url());
    let regions = ["--regions", "us-east-1"];
    machine.sure(&[&["pull", "--steps", "520"], &regions[..]].concat());
    let (folder, run) = machine.latest();
    let cut = dump(&copy.url(), &[]);
    undo(&copy);

    let once = ["--for", "1ms", "--every", "1ms"];
    let lines = journal(&folder).len();
    let looked = machine.run(&[&["watch", &run], &once[..]].concat());
    looked.ends(3).says("1 not as cut").says("nothing is cut");
    assert_eq!(journal(&folder).len(), lines, "a look is not recorded");

    let watched = machine.sure(&[&["watch", &run, "--reapply"], &once[..]].concat());
    watched.ends(0).says("1 not as cut").says("1 change cut again, 0 not");
    compare(&cut, &dump(&copy.url(), &[]), &[]).unwrap();
    machine.run(&["show", &run, "--details"]).ends(0).says("[undone by");
    let again = |line: &serde_json::Value| line["entry"]["again"].is_object();
    assert_eq!(journal(&folder).iter().filter(|line| again(line)).count(), 1);

    machine.sure(&["restore", &run]).says("put back");
    compare(&before, &dump(&copy.url(), &[]), &[]).unwrap();
    machine.run(&[&["watch", &run], &once[..]].concat()).ends(2).says("holds nothing that could be undone");
}
