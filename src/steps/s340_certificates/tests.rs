use crate::account::{Account, Caller, Certificate, Record, Region, Seen, Validation, Zone};
use crate::config::Config;
use crate::step::{Case, Found, Names, Params, Scope, Step as _};

use super::Certificates;

const SHOP: &str = "arn:aws:acm:us-east-1:111111111111:certificate/7f0e";
const BALANCER: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/shop/50dc6c495c0c9188";

fn certificate() -> Certificate {
    Certificate {
        names: ["shop.example.com".to_owned(), "www.example.com".to_owned()].into(),
        status: "ISSUED".into(),
        kind: "AMAZON_ISSUED".into(),
        not_after: Some("2027-05-01T23:59:59Z".into()),
        in_use_by: [BALANCER.to_owned()].into(),
        renews: true,
        validation: [("shop.example.com".to_owned(), Validation { method: "DNS".into(), record: None })]
            .into(),
        ..Certificate::default()
    }
}

fn found(certificates: Option<Certificate>, scope: Scope) -> Found {
    found_with(certificates, scope, &[])
}

fn found_with(certificates: Option<Certificate>, scope: Scope, zones: &[(&str, Zone)]) -> Found {
    let mut account = Account::unread("111111111111", Caller::default());
    account.caller.arn = "arn:aws:iam::111111111111:user/oncall".into();
    let certificates = certificates.map(|one| (SHOP.to_owned(), one)).into_iter().collect();
    let here = Region { certificates: Seen::Read(certificates), ..Region::default() };
    account.regions.insert("us-east-1".into(), here);
    account.zones = Seen::Read(zones.iter().map(|(id, zone)| ((*id).to_owned(), zone.clone())).collect());
    let case = Case {
        run: "run".into(),
        scope,
        params: Params::default(),
        config: std::sync::Arc::new(Config::default()),
        names: Names::default(),
    };
    Certificates.find(&account, &case)
}

fn matters(certificate: Certificate) -> Vec<String> {
    let found = found(Some(certificate), Scope::default());
    found.findings.into_iter().filter(|one| one.matters).map(|one| one.text).collect()
}

#[test]
fn a_certificate_is_said_with_what_uses_it_and_until_when() {
    let found = found(Some(certificate()), Scope::default());
    assert_eq!(found.findings.len(), 1);
    let text = &found.findings[0].text;
    assert_eq!(
        text,
        "shop.example.com, www.example.com: on load balancer shop; until 2027-05-01; ACM renews it"
    );
    assert!(found.items.is_empty());
}

#[test]
fn what_ends_soon_matters_unless_acm_is_through_with_it() {
    assert_eq!(matters(certificate()), [""; 0]);
    let soon = Certificate { ends_soon: true, ..certificate() };
    assert!(matters(soon.clone())[0].contains("ends on 2027-05-01, within 30 days, and ACM has not begun"));
    let imported = Certificate { kind: "IMPORTED".into(), renews: false, ..soon.clone() };
    assert!(matters(imported)[0].contains("nobody renews it but you"));
    let expired = Certificate { status: "EXPIRED".into(), ..soon };
    assert_eq!(matters(expired.clone()).len(), 1);
    assert!(matters(expired)[0].contains("ran out on 2027-05-01"));
}

#[test]
fn a_renewal_under_way_matters_whenever_the_certificate_ends() {
    for (renewal, said) in [
        ("PENDING_AUTO_RENEWAL", "leave its names and their DNS as they are"),
        ("PENDING_VALIDATION", "waits for a validation"),
        ("FAILED", "request another one"),
    ] {
        let one = Certificate { renewal: Some(renewal.into()), ..certificate() };
        let said_of = matters(one);
        assert!(said_of.len() == 1 && said_of[0].contains(said), "{said_of:?}");
    }
    let done = Certificate { renewal: Some("SUCCESS".into()), ..certificate() };
    assert_eq!(matters(done), [""; 0]);
}

#[test]
fn a_name_that_is_validated_by_its_own_page_needs_that_page() {
    let page = ("shop.example.com".to_owned(), Validation { method: "HTTP".into(), record: None });
    let mail = ("www.example.com".to_owned(), Validation { method: "EMAIL".into(), record: None });
    let one = Certificate { validation: [page, mail].into(), ..certificate() };
    let texts: Vec<String> =
        found(Some(one), Scope::default()).findings.into_iter().map(|one| one.text).collect();
    assert!(texts[1].contains("click in ACM's mail to the owner of www.example.com"), "{texts:?}");
    assert!(texts[2].contains("fetches a page of shop.example.com"), "{texts:?}");
}

#[test]
fn cloudfronts_certificates_out_of_scope_are_said_and_nothing_there_is_fine() {
    assert!(found(None, Scope::default()).findings[0].good);
    let elsewhere = Scope { regions: Some(["eu-west-1".to_owned()].into()), ..Scope::default() };
    let found = found(Some(certificate()), elsewhere);
    assert_eq!(found.findings.len(), 1);
    assert!(!found.findings[0].good && found.findings[0].text.contains("us-east-1"));
}

#[test]
fn a_validation_record_that_is_gone_matters_where_the_zone_was_read() {
    let record = "_ab12.shop.example.com.";
    let validation = Validation { method: "DNS".into(), record: Some(record.into()) };
    let one = Certificate { validation: [("shop.example.com".into(), validation)].into(), ..certificate() };
    let said = |zones: &[(&str, Zone)], one: &Certificate| -> Vec<String> {
        let found = found_with(Some(one.clone()), Scope::default(), zones);
        found.findings.into_iter().filter(|one| one.matters).map(|one| one.text).collect()
    };
    let zone =
        |name: &str,
         records: Seen<std::collections::BTreeMap<String, std::collections::BTreeSet<Record>>>| {
            Zone { name: name.into(), records, ..Zone::default() }
        };
    let cname = Record { kind: "CNAME".into(), ttl: Some(300), ..Record::default() };
    let empty = zone("example.com.", Seen::Read([].into()));
    let there = zone("example.com.", Seen::Read([(record.to_owned(), [cname].into())].into()));
    let gone = said(&[("Z1", empty.clone())], &one);
    assert!(
        gone.len() == 1 && gone[0].contains("_ab12.shop.example.com is not in zone example.com"),
        "{gone:?}"
    );
    assert_eq!(said(&[("Z1", there.clone())], &one), [""; 0]);
    // Two zones of one name: the domain's name servers choose, so one of them is enough.
    assert_eq!(said(&[("Z1", empty.clone()), ("Z2", there)], &one), [""; 0]);
    // The nearest zone counts.
    assert_eq!(
        said(&[("Z1", empty.clone()), ("Z2", zone("shop.example.com.", Seen::default()))], &one),
        [""; 0]
    );
    assert_eq!(said(&[("Z1", zone("example.com.", Seen::default()))], &one), [""; 0]);
    assert_eq!(said(&[("Z1", zone("example.net.", Seen::Read([].into())))], &one), [""; 0]);
    let private = Zone { private: true, ..empty.clone() };
    assert_eq!(said(&[("Z1", private)], &one), [""; 0]);
    let imported = Certificate { renews: false, ..one };
    assert_eq!(said(&[("Z1", empty)], &imported), [""; 0]);
}
