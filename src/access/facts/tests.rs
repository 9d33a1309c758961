use crate::access::powers::Power;
use crate::access::report::Grant;
use crate::access::survey::tests::{ME, account, allow, answer, ask, sure, user};
use crate::account::{Function, HeldPolicy, Region, Seen};

#[test]
fn policies_of_secrets_keys_and_functions_give_powers_of_their_own() {
    let mut account = account();
    user(&mut account, "anna", "");
    let everything = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":["999999999999","arn:aws:iam::{ME}:user/anna"]}},"Action":"*","Resource":"*"}}]}}"#
    );
    let held = || Seen::Read(HeldPolicy { policy: Some(everything.clone()), ..HeldPolicy::default() });
    let arn = |rest: &str| format!("arn:aws:{}", rest.replace("{}", &format!("eu-west-1:{ME}")));
    let mut here = Region::default();
    let (secret, key) = (arn("secretsmanager:{}:secret:db-a1b2c3"), arn("kms:{}:key/1"));
    here.secret_policies = Seen::Read([(secret.clone(), held())].into());
    here.key_policies = Seen::Read([(key.clone(), held())].into());
    let function = arn("lambda:{}:function:orders");
    let policies = [(String::new(), everything.clone())].into();
    let orders = Function { arn: function.clone(), policies, ..Function::default() };
    here.functions = Seen::Read([("orders".to_owned(), Seen::Read(orders))].into());
    account.regions.insert("eu-west-1".into(), here);
    let report = ask(&account);
    for who in ["anna", "account 999999999999"] {
        for (power, on) in
            [(Power::ReadSecrets, &secret), (Power::HideTraces, &key), (Power::StartCompute, &function)]
        {
            assert_eq!(sure(&report, who, power), "yes", "{who}: {power:?}");
            let path = answer(&report, who, power).path.unwrap();
            assert_eq!(path.grant, Grant::ResourcePolicy(on.clone()));
        }
        assert_eq!(sure(&report, who, Power::ReadS3), "no", "{who}");
    }
}

#[test]
fn where_every_key_is_known_its_policy_decides() {
    let mut account = account();
    user(&mut account, "anna", &allow("kms:*", "*"));
    assert_eq!(sure(&ask(&account), "anna", Power::HideTraces), "perhaps", "no key was read");
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned()].into());
    for (principal, expected) in
        [(format!("arn:aws:iam::{ME}:root"), "yes"), (format!("arn:aws:iam::{ME}:user/ben"), "no")]
    {
        let policy = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"kms:*","Resource":"*"}}]}}"#
        );
        let held = HeldPolicy { policy: Some(policy), ..HeldPolicy::default() };
        let key = format!("arn:aws:kms:eu-west-1:{ME}:key/1");
        let key_policies = Seen::Read([(key, Seen::Read(held))].into());
        account.regions.insert("eu-west-1".into(), Region { key_policies, ..Region::default() });
        assert_eq!(sure(&ask(&account), "anna", Power::HideTraces), expected, "{principal}");
    }
}

#[test]
fn kinds_of_resources_are_unread_where_a_region_was_not_read() {
    let mut account = account();
    account.enabled_regions = Seen::Read(["eu-west-1".to_owned()].into());
    let here = Region { secret_policies: Seen::Read([].into()), ..Region::default() };
    account.regions.insert("eu-west-1".into(), here);
    let unread = ask(&account).unread;
    assert!(unread.contains(&"policies of KMS keys, queues, topics, functions".to_owned()), "{unread:?}");
}
