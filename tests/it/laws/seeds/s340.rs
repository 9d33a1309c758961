//! Seeds of 340, which only looks: the company's certificate, and one of each kind of validation.

use unplug::account::{Account, Certificate, Seen, Validation};

use super::{Seed, company, seed};

fn account() -> Account {
    let mut account = company();
    let arn = |id: &str| format!("arn:aws:acm:us-east-1:{}:certificate/{id}", account.id);
    let validation = |method: &str, record: Option<&str>| Validation {
        method: method.into(),
        record: record.map(Into::into),
    };
    let certificate = |kind: &str, by: &str, validation: Validation| Certificate {
        names: ["reports.kettle-and-crane.example".to_owned()].into(),
        status: "ISSUED".into(),
        kind: kind.into(),
        not_after: Some("2027-03-01T23:59:59Z".into()),
        in_use_by: [by.to_owned()].into(),
        renews: kind == "AMAZON_ISSUED",
        validation: [("reports.kettle-and-crane.example".to_owned(), validation)].into(),
        ..Certificate::default()
    };
    let distribution = "arn:aws:cloudfront::444455556666:distribution/E2QWRUHAPOMQZL";
    let gateway = "arn:aws:apigateway:us-east-1::/domainnames/api.kettle-and-crane.example";
    let dns = validation("DNS", Some("_3f1c.reports.kettle-and-crane.example."));
    let all = [
        (arn("0a1b"), certificate("AMAZON_ISSUED", distribution, dns)),
        (arn("1b2c"), certificate("AMAZON_ISSUED", gateway, validation("EMAIL", None))),
        (arn("2c3d"), certificate("AMAZON_ISSUED", distribution, validation("HTTP", None))),
        (
            arn("3d4e"),
            Certificate {
                not_after: Some("2026-11-30T00:00:00Z".into()),
                ends_soon: true,
                validation: Default::default(),
                ..certificate("IMPORTED", distribution, Validation::default())
            },
        ),
        (
            arn("4e5f"),
            Certificate {
                renewal: Some("PENDING_VALIDATION".into()),
                ..certificate("AMAZON_ISSUED", distribution, validation("DNS", None))
            },
        ),
    ];
    account.regions.get_mut("us-east-1").unwrap().certificates = Seen::Read(all.into());
    account
}

/// The seed of 340.
pub fn seeds() -> Vec<Seed> {
    vec![seed("certificates of every kind", 340, account(), None)]
}
