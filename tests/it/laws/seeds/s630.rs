//! Seeds of 630: public repositories with a list of manifests, with settings alone, and one that hides.

use unplug::account::{Account, Caller, CatalogData, Cause, Gap, PublicRepository, Seen};
use unplug::sim::sample_images;

use super::{Seed, seed, with};

const ME: &str = "111111111111";

/// A repository with every kind of image, and with all settings.
pub fn shop() -> PublicRepository {
    let set = |items: &[&str]| items.iter().map(ToString::to_string).collect();
    PublicRepository {
        arn: format!("arn:aws:ecr-public::{ME}:repository/shop/front"),
        uri: "public.ecr.aws/a1b2c3d4/shop/front".into(),
        policy: Some(r#"{"Version":"2012-10-17","Statement":[]}"#.into()),
        catalog: Some(CatalogData {
            description: Some("The front of the shop".into()),
            about: Some("# Shop".into()),
            usage: None,
            architectures: set(&["ARM 64", "x86-64"]),
            operating_systems: set(&["Linux"]),
            logo_url: Some("https://logos.example.com/shop.png".into()),
        }),
        tags: [("team".to_owned(), "shop".to_owned())].into(),
        images: sample_images(),
    }
}

pub fn account() -> Account {
    let caller = Caller { arn: format!("arn:aws:iam::{ME}:user/oncall"), ..Caller::default() };
    let mut account = Account::unread(ME, caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    account.regions.insert("us-east-1".into(), Default::default());
    let empty = PublicRepository {
        arn: format!("arn:aws:ecr-public::{ME}:repository/trial"),
        uri: "public.ecr.aws/a1b2c3d4/trial".into(),
        ..PublicRepository::default()
    };
    let all = [("shop/front".to_owned(), Seen::Read(shop())), ("trial".to_owned(), Seen::Read(empty))];
    account.public_repositories = Seen::Read(all.into());
    account
}

/// One repository hides from the caller: a gap, and the rest goes on.
fn hidden() -> Account {
    let mut account = account();
    let gap = Gap {
        cause: Cause::Denied,
        call: "ecrpublic:GetRepositoryPolicy".into(),
        detail: "AccessDenied: an organization denies it".into(),
    };
    account.public_repositories.read_mut().unwrap().insert("hidden".into(), Seen::Gap(gap));
    account
}

pub fn seeds() -> Vec<Seed> {
    let mut delete = with(seed("repositories deleted", 630, account(), None), "way", "delete".into());
    delete.steps[0].params.insert("repositories".into(), vec!["shop/front", "trial"].into());
    vec![seed("repositories to look at", 630, hidden(), None), delete]
}
