use std::collections::BTreeMap;

use super::*;
use crate::access::book::Book;
use crate::access::inquiry::Inquiry;
use crate::access::report::{Count, shifts};
use crate::account::organization::SERVICE_CONTROL;
use crate::account::{
    AccessKey, Account, Caller, IamGroup, LogBucket, MadeSession, Organization, Principals,
    PublicAccessBlock, PublicBucket, ReportRow, Role, Seen, User,
};

pub(in crate::access) const ME: &str = "111122223333";

pub(in crate::access) fn now() -> Timestamp {
    "2026-11-28T15:00:00Z".parse().unwrap()
}

pub(in crate::access) fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"It","Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":["sts:AssumeRole","sts:AssumeRoleWithSAML"]}}]}}"#
    )
}

pub(in crate::access) fn account() -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/anna"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.principals = Seen::Read(Principals::default());
    account.access_keys = Seen::Read(BTreeMap::new());
    account.credential_report = Seen::Read(BTreeMap::new());
    account
}

fn principals(account: &mut Account) -> &mut Principals {
    account.principals.read_mut().unwrap()
}

/// A user with an active key and one inline policy.
pub(in crate::access) fn user(account: &mut Account, name: &str, policy: &str) {
    let arn = format!("arn:aws:iam::{ME}:user/{name}");
    let inline = [("own".to_owned(), policy.to_owned())].into_iter().filter(|(_, text)| !text.is_empty());
    let user = User { arn, path: "/".into(), inline: inline.collect(), ..User::default() };
    principals(account).users.insert(name.into(), user);
    let key = AccessKey { user: name.into(), status: "Active".into(), last_used: None };
    account.access_keys.read_mut().unwrap().insert(format!("AKIA{name}"), key);
    account.credential_report.read_mut().unwrap().insert(name.into(), ReportRow::default());
}

pub(in crate::access) fn role(account: &mut Account, name: &str, trusted: &str, policy: &str) {
    let arn = format!("arn:aws:iam::{ME}:role/{name}");
    let inline = [("own".to_owned(), policy.to_owned())].into_iter().filter(|(_, text)| !text.is_empty());
    let role =
        Role { arn, path: "/".into(), trust: trust(trusted), inline: inline.collect(), ..Role::default() };
    principals(account).roles.insert(name.into(), role);
}

pub(in crate::access) fn ask(account: &Account) -> Report {
    survey(&Facts::of(account, now())).unwrap()
}

pub(in crate::access) fn answer(report: &Report, who: &str, power: Power) -> Answer {
    report.find(who).unwrap_or_else(|| panic!("{who}")).answer(power).unwrap().clone()
}

pub(in crate::access) fn sure(report: &Report, who: &str, power: Power) -> &'static str {
    match answer(report, who, power).sure {
        Sureness::Yes => "yes",
        Sureness::No => "no",
        Sureness::Perhaps(_) => "perhaps",
    }
}

#[test]
fn a_power_comes_by_own_policies_by_a_group_and_by_a_managed_policy() {
    let mut account = account();
    user(&mut account, "anna", &allow("s3:Get*", "arn:aws:s3:::pay/*"));
    user(&mut account, "bob", "");
    user(&mut account, "carl", "");
    let all = principals(&mut account);
    let group = IamGroup { inline: [("mail".into(), allow("ses:*", "*"))].into(), ..IamGroup::default() };
    all.groups.insert("post".into(), group);
    all.users.get_mut("bob").unwrap().groups.insert("post".into());
    all.users.get_mut("carl").unwrap().attached.insert("arn:aws:iam::aws:policy/AdministratorAccess".into());
    let report = ask(&account);
    let read = answer(&report, "anna", Power::ReadS3);
    let path = read.path.unwrap();
    assert_eq!((path.action.as_str(), path.on.as_str()), ("s3:GetObject", "arn:aws:s3:::pay/*"));
    assert_eq!(path.statement.unwrap(), "inline policy own of user anna, statement 1 (It)");
    assert_eq!(path.grant, Grant::Own);
    assert_eq!(sure(&report, "anna", Power::ReadSecrets), "no");
    assert_eq!(answer(&report, "bob", Power::SendMail).path.unwrap().grant, Grant::Group("post".into()));
    for power in Power::ALL {
        assert_eq!(sure(&report, "carl", power), "yes", "{power:?}");
        assert_eq!(sure(&report, "root", power), "yes", "{power:?}");
    }
    assert_eq!(report.with(Power::ChangeIam).count(), 2);
    assert_eq!(report.count(|one| one.kind == Kind::User), Count { yes: 3, perhaps: 0, earlier_sessions: 0 });
}

#[test]
fn everything_needs_iam_as_well() {
    let mut account = account();
    user(
        &mut account,
        "dev",
        r#"{"Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}]}"#,
    );
    let report = ask(&account);
    assert_eq!(sure(&report, "dev", Power::Everything), "no");
    assert_eq!(sure(&report, "dev", Power::ChangeIam), "yes");
    let path = answer(&report, "dev", Power::ChangeIam).path.unwrap();
    assert_eq!(path.action, "rolesanywhere:CreateTrustAnchor");
    assert_eq!(sure(&report, "dev", Power::StartCompute), "yes");
}

#[test]
fn a_chain_of_roles_gives_the_power_of_the_last() {
    let mut account = account();
    user(&mut account, "anna", &allow("sts:AssumeRole", "arn:aws:iam::*:role/dev-*"));
    user(&mut account, "bob", "");
    role(&mut account, "dev-a", &format!(r#"{{"AWS":"{ME}"}}"#), "");
    role(&mut account, "ops", &format!(r#"{{"AWS":"arn:aws:iam::{ME}:role/dev-a"}}"#), &allow("*", "*"));
    role(&mut account, "alone", &format!(r#"{{"AWS":"arn:aws:iam::{ME}:role/alone"}}"#), &allow("*", "*"));
    let report = ask(&account);
    let everything = answer(&report, "anna", Power::Everything);
    assert_eq!(
        (everything.sure, everything.path.unwrap().roles),
        (Sureness::Yes, vec!["dev-a".into(), "ops".into()])
    );
    assert_eq!(sure(&report, "bob", Power::Everything), "no");
    assert_eq!(sure(&report, "ops", Power::Everything), "yes");
    // Nobody who can act may assume it: only sessions of earlier times are left.
    assert_eq!(report.find("alone").unwrap().acts, Sureness::No);
    let left = answer(&report, "alone", Power::Everything);
    assert!(matches!(left.sure, Sureness::Perhaps(_)));
    assert_eq!(left.path.unwrap().session.unwrap().until, "2026-11-29T03:00:00Z");
}

#[test]
fn strangers_are_found_in_trust_policies() {
    let mut account = account();
    role(&mut account, "audit", r#"{"AWS":"arn:aws:iam::999999999999:root"}"#, &allow("s3:*", "*"));
    role(&mut account, "job", r#"{"Service":"lambda.amazonaws.com"}"#, &allow("ses:*", "*"));
    let saml = format!(r#"{{"Federated":"arn:aws:iam::{ME}:saml-provider/AWSSSO"}}"#);
    role(&mut account, "AWSReservedSSO_Admin_1", &saml, &allow("*", "*"));
    let reserved = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1";
    principals(&mut account).roles.get_mut("AWSReservedSSO_Admin_1").unwrap().arn = reserved.into();
    let report = ask(&account);
    assert_eq!(sure(&report, "account 999999999999", Power::ReadS3), "yes");
    assert_eq!(sure(&report, "account 999999999999", Power::SendMail), "no");
    assert_eq!(sure(&report, "lambda.amazonaws.com", Power::SendMail), "yes");
    assert_eq!(report.find(reserved).unwrap().kind, Kind::PermissionSet);
    assert_eq!(sure(&report, reserved, Power::Everything), "yes");
}

#[test]
fn a_cut_leaves_no_power_and_a_new_key_none_either() {
    let mut account = account();
    user(&mut account, "anna", &allow("*", "*"));
    let before = ask(&account);
    let anna = principals(&mut account).users.get_mut("anna").unwrap();
    anna.attached.insert("arn:aws:iam::aws:policy/AWSDenyAll".into());
    let after = ask(&account);
    for power in Power::ALL {
        assert_eq!((sure(&before, "anna", power), sure(&after, "anna", power)), ("yes", "no"), "{power:?}");
    }
    assert_eq!(shifts(&before, &after).len(), Power::ALL.len());
    // A boundary does the same.
    let anna = principals(&mut account).users.get_mut("anna").unwrap();
    anna.attached.clear();
    anna.boundary = Some("arn:aws:iam::aws:policy/AWSDenyAll".into());
    assert_eq!(sure(&ask(&account), "anna", Power::ChangeIam), "no");
}

#[test]
fn a_key_that_is_off_leaves_the_sessions_made_with_it() {
    let mut account = account();
    user(&mut account, "anna", &allow("ec2:*", "*"));
    account.access_keys.read_mut().unwrap().get_mut("AKIAanna").unwrap().status = "Inactive".into();
    let report = ask(&account);
    let left = answer(&report, "anna", Power::StartCompute);
    assert_eq!(left.path.unwrap().session.unwrap().until, "2026-11-30T03:00:00Z");
    assert!(report.find("anna").unwrap().only_earlier_sessions());
    account.access_keys.read_mut().unwrap().clear();
    assert_eq!(sure(&ask(&account), "anna", Power::StartCompute), "no");
    account.access_keys = Seen::default();
    assert_eq!(sure(&ask(&account), "anna", Power::StartCompute), "perhaps");
}

#[test]
fn a_user_whose_keys_were_not_asked_for_may_have_one() {
    let mut account = account();
    user(&mut account, "anna", &allow("s3:GetObject", "*"));
    user(&mut account, "bob", &allow("s3:GetObject", "*"));
    account.access_keys.read_mut().unwrap().retain(|_, key| key.user == "anna");
    account.access_keys.read_mut().unwrap().values_mut().for_each(|key| key.status = "Inactive".into());
    let facts = Facts { sessions: Seen::Read(vec![]), ..Facts::of(&account, now()) };
    let every = survey(&facts).unwrap();
    assert_eq!([sure(&every, "anna", Power::ReadS3), sure(&every, "bob", Power::ReadS3)], ["no", "no"]);
    let some = survey(&Facts { every_key: false, ..facts }).unwrap();
    assert_eq!([sure(&some, "anna", Power::ReadS3), sure(&some, "bob", Power::ReadS3)], ["no", "perhaps"]);
    assert!(matches!(&some.find("bob").unwrap().acts, Sureness::Perhaps(why) if why.contains("key")));
}

#[test]
fn a_revocation_ends_the_sessions_made_before_it() {
    let mut account = account();
    role(&mut account, "ops", &format!(r#"{{"AWS":"{ME}"}}"#), &allow("ec2:*", "*"));
    assert_eq!(sure(&ask(&account), "ops", Power::StartCompute), "perhaps");
    let revoke = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],
     "Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-28T15:00:30Z"}}}]}"#;
    let inline = &mut principals(&mut account).roles.get_mut("ops").unwrap().inline;
    inline.insert("AWSRevokeOlderSessions".into(), revoke.into());
    assert_eq!(sure(&ask(&account), "ops", Power::StartCompute), "no");
    // Where the sessions are known, only they count.
    principals(&mut account).roles.get_mut("ops").unwrap().inline.remove("AWSRevokeOlderSessions");
    let mut facts = Facts::of(&account, now());
    facts.sessions = Seen::Read(vec![]);
    assert_eq!(sure(&survey(&facts).unwrap(), "ops", Power::StartCompute), "no");
    facts.sessions = Seen::Read(vec![MadeSession {
        principal: format!("arn:aws:iam::{ME}:role/ops"),
        name: None,
        issued: "2026-11-28T14:50:00Z".into(),
        ends: "2026-11-28T15:50:00Z".into(),
    }]);
    let report = survey(&facts).unwrap();
    assert_eq!(sure(&report, "ops", Power::StartCompute), "yes");
    let session = answer(&report, "ops", Power::StartCompute).path.unwrap().session.unwrap();
    assert_eq!(session.until, "2026-11-28T15:50:00Z");
}

#[test]
fn the_organization_binds_all_but_service_linked_roles() {
    let mut account = account();
    user(&mut account, "anna", &allow("*", "*"));
    let service = r#"{"Service":"x.amazonaws.com"}"#;
    role(&mut account, "AWSServiceRoleForX", service, &allow("ec2:*", "*"));
    principals(&mut account).roles.get_mut("AWSServiceRoleForX").unwrap().arn =
        format!("arn:aws:iam::{ME}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX");
    let region = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
     {"Effect":"Deny","Action":"ec2:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1"]}}},
     {"Effect":"Deny","Action":["ses:*","organizations:*"],"Resource":"*"}]}"#;
    let organization = Organization::of(SERVICE_CONTROL, &[("r-1", &[("guard", region)])]);
    let with = |account: &Account, management| {
        let mut account = account.clone();
        account.organization = Seen::Read(Some(Organization { management, ..organization.clone() }));
        survey(&Facts::of(&account, now())).unwrap()
    };
    let report = with(&account, false);
    for who in ["anna", "root"] {
        assert_eq!(sure(&report, who, Power::SendMail), "no", "{who}");
        assert_eq!(sure(&report, who, Power::StartCompute), "yes", "{who}");
    }
    assert_eq!(sure(&report, "AWSServiceRoleForX", Power::StartCompute), "yes");
    assert_eq!(sure(&with(&account, true), "anna", Power::SendMail), "yes");
    // In an account whose Regions are known the caller can choose one that is allowed, or none is.
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    let report = with(&account, false);
    assert_eq!(
        answer(&report, "anna", Power::StartCompute).path.unwrap().action,
        "autoscaling:CreateAutoScalingGroup"
    );
}

#[test]
fn policies_of_the_organization_are_unread_only_where_they_may_bind_and_were_not_told() {
    let mut account = account();
    let unread = |account: &Account| {
        let unread = survey(&Facts::of(account, now())).unwrap().unread;
        unread.contains(&"policies of the Organization".to_owned())
    };
    let member = Organization { id: "o-1".into(), ..Organization::default() };
    let management = Organization { management: true, ..member.clone() };
    let told = Organization::of(SERVICE_CONTROL, &[("r-1", &[("all", &allow("*", "*"))])]);
    assert!(unread(&account), "nobody looked");
    for (organization, expected) in
        [(None, false), (Some(member), true), (Some(management), false), (Some(told), false)]
    {
        account.organization = Seen::Read(organization);
        assert_eq!(unread(&account), expected, "{:?}", account.organization);
    }
}

#[test]
fn overlapping_allows_of_policy_and_boundary_are_found() {
    let mut account = account();
    user(&mut account, "anna", &allow("s3:*", "arn:aws:s3:::*-prod/*"));
    let anna = principals(&mut account).users.get_mut("anna").unwrap();
    anna.boundary = Some("arn:aws:iam::111122223333:policy/team".into());
    let boundary = allow("s3:*", "arn:aws:s3:::team-*");
    principals(&mut account).policies.insert("arn:aws:iam::111122223333:policy/team".into(), boundary);
    let path = answer(&ask(&account), "anna", Power::ReadS3).path.unwrap();
    assert_eq!(path.on, "arn:aws:s3:::team-prod/*");
    let other = allow("s3:*", "arn:aws:s3:::dev");
    principals(&mut account).policies.insert("arn:aws:iam::111122223333:policy/team".into(), other);
    assert_eq!(sure(&ask(&account), "anna", Power::ReadS3), "no");
}

#[test]
fn a_bucket_policy_gives_a_power_of_its_own() {
    let mut account = account();
    user(&mut account, "anna", "");
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":["999999999999","arn:aws:iam::111122223333:user/anna"]},
     "Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}"#;
    let bucket = LogBucket { policy: Seen::Read(Some(policy.into())), ..LogBucket::default() };
    account.log_buckets = Seen::Read([("logs".to_owned(), bucket)].into());
    let report = ask(&account);
    let path = answer(&report, "anna", Power::ReadS3).path.unwrap();
    assert_eq!(path.grant, Grant::ResourcePolicy("arn:aws:s3:::logs".into()));
    assert_eq!(path.on, "arn:aws:s3:::logs/*");
    assert_eq!(sure(&report, "account 999999999999", Power::ReadS3), "yes");
    assert_eq!(sure(&report, "account 999999999999", Power::SendMail), "no");
}

#[test]
fn a_public_policy_lets_nobody_of_another_account_in_while_the_account_restricts_it() {
    let mut account = account();
    user(&mut account, "anna", "");
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"}]}"#;
    let bucket =
        PublicBucket { by_policy: true, policy: Seen::Read(Some(policy.into())), ..PublicBucket::default() };
    account.public_buckets = Seen::Read([("site".to_owned(), bucket)].into());
    for (restricted, expected) in [(false, "yes"), (true, "no")] {
        let block = PublicAccessBlock { restrict_public_buckets: restricted, ..PublicAccessBlock::default() };
        account.s3_block = Seen::Read(Some(block));
        let report = ask(&account);
        assert_eq!(sure(&report, "any other account", Power::ReadS3), expected);
        assert_eq!(sure(&report, "anna", Power::ReadS3), "yes", "the account's own users stay");
    }
}

/// A policy that is not public and names one account is obeyed whatever the block says.
#[test]
fn a_policy_that_names_an_account_is_no_public_one() {
    let mut account = account();
    let policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}"#;
    let bucket = PublicBucket { policy: Seen::Read(Some(policy.into())), ..PublicBucket::default() };
    account.public_buckets = Seen::Read([("data".to_owned(), bucket)].into());
    account.s3_block = Seen::Read(Some(PublicAccessBlock::ALL_ON));
    assert_eq!(sure(&ask(&account), "account 999999999999", Power::ReadS3), "yes");
}

#[test]
fn what_was_not_read_is_perhaps_and_named() {
    let mut account = account();
    user(&mut account, "anna", "");
    let unread = "arn:aws:iam::aws:policy/PowerUserAccess";
    principals(&mut account).users.get_mut("anna").unwrap().attached.insert(unread.into());
    let report = ask(&account);
    let read = answer(&report, "anna", Power::ReadS3).sure;
    assert_eq!(read, Sureness::Perhaps(format!("the policy {unread} was not read")));
    assert_eq!(report.unread[..2], ["policies of the Organization", "sessions made earlier"]);
    account.principals = Seen::default();
    assert!(survey(&Facts::of(&account, now())).is_err());
}

#[test]
fn a_request_is_judged_statement_by_statement() {
    let mut account = account();
    user(&mut account, "anna", &allow("iam:*", "*"));
    let anna = principals(&mut account).users.get_mut("anna").unwrap();
    anna.attached.insert("arn:aws:iam::aws:policy/AWSDenyAll".into());
    let facts = Facts::of(&account, now());
    let book = Book::new(&facts).unwrap();
    let anna = book.find("arn:aws:iam::111122223333:user/anna").unwrap();
    let resource = "arn:aws:iam::111122223333:role/ops";
    let inquiry = Inquiry { holding: Holding::Key, action: "iam:DeleteRolePolicy", resource, keys: &[] };
    let judged = book.judge(&facts, anna, inquiry);
    assert_eq!(judged.sure, Sureness::No);
    let deny = "identity policies: arn:aws:iam::aws:policy/AWSDenyAll, statement 1 (DenyAll)";
    assert_eq!(judged.because, format!("denied by {deny}"));
    assert_eq!(judged.lines[0], format!("{deny} denies"));
    assert_eq!(judged.lines[1], "identity policies: inline policy own of user anna, statement 1 (It) allows");
}

#[test]
fn a_deny_of_some_resources_leaves_the_power_on_the_others() {
    let mut account = account();
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::pay/*"},
     {"Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::pay/secret/*","arn:aws:s3:::other*"]}]}"#;
    user(&mut account, "anna", text);
    user(&mut account, "bob", &text.replace("pay/secret/*", "pay*"));
    user(&mut account, "carl", &text.replace("arn:aws:s3:::pay/secret/*", "arn:aws:s3:::*/x"));
    let report = ask(&account);
    assert_eq!(answer(&report, "anna", Power::ReadS3).path.unwrap().on, "arn:aws:s3:::pay/*");
    assert_eq!(sure(&report, "bob", Power::ReadS3), "no");
    assert_eq!(sure(&report, "carl", Power::ReadS3), "yes");
}
