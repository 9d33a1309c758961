use std::collections::BTreeMap;

use super::repository::State;
use super::*;
use crate::account::{Caller, Cause, Gap, PublicImage, Seen};
use crate::aws::ledger::Phase;
use crate::sim::sample_images;
use crate::step::{Look, Now, Verdict, Write};
use crate::steps::shared::testing::{case, collected, simulated};

const NAME: &str = "shop/front";

fn repository(images: BTreeMap<String, PublicImage>) -> PublicRepository {
    PublicRepository {
        arn: format!("arn:aws:ecr-public::123456789012:repository/{NAME}"),
        uri: format!("public.ecr.aws/a1b2c3d4/{NAME}"),
        images,
        ..PublicRepository::default()
    }
}

fn account(found: Seen<PublicRepository>) -> Account {
    let caller = Caller { arn: "arn:aws:iam::123456789012:user/oncall".into(), ..Caller::default() };
    let mut account = Account::unread("123456789012", caller);
    account.alias = Seen::Read(None);
    account.enabled_regions = Seen::Read(["us-east-1".to_owned()].into());
    account.public_repositories = Seen::Read([(NAME.to_owned(), found)].into());
    account
}

fn said(account: &Account, case: &Case) -> String {
    let found = EcrPublic.find(account, case);
    found.findings.iter().map(|finding| format!("{}\n", finding.text)).collect()
}

fn verdict(account: &Account) -> Verdict<State> {
    let (at, case) = (Target::new(Served::KIND, NAME), case(&[("way", "delete")]));
    let look = Look::new(&at, account, &case);
    match Served.state(&look) {
        Now::Is(now) => Served.contain(&now, &look),
        now => panic!("{now:?}"),
    }
}

/// Images that no simulation can give out, in number.
fn many(number: usize) -> BTreeMap<String, PublicImage> {
    let media_type = manifest::FORMS[3].to_owned();
    let image = PublicImage { media_type, ..PublicImage::default() };
    (0..number).map(|number| (format!("sha256:{number:064x}"), image.clone())).collect()
}

#[test]
fn the_default_names_what_anybody_can_pull_and_changes_nothing() {
    let account = account(Seen::Read(repository(sample_images())));
    let text = said(&account, &case(&[]));
    for part in [
        "1 public repository, 4 images: anybody can pull them, and copies stay with whoever did",
        "public.ecr.aws/a1b2c3d4/shop/front is public: 4 images of 34.7 kB (1.3, 1.4, latest)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(EcrPublic.find(&account, &case(&[])).items.is_empty());
    assert_eq!(EcrPublic.find(&account, &case(&[("way", "delete")])).items.len(), 1);
    assert!(!SPEC.effect().cuts.is_empty() && SPEC.effect().does == Does::Looks);
}

#[test]
fn only_the_repositories_that_are_named_are_deleted() {
    let account = account(Seen::Read(repository(sample_images())));
    let named = |names: serde_json::Value| {
        let mut case = case(&[("way", "delete")]);
        case.params.insert(ONLY.into(), names);
        (EcrPublic.find(&account, &case).items.len(), said(&account, &case))
    };
    assert_eq!(named(serde_json::json!([NAME])).0, 1);
    let (items, text) = named(serde_json::json!(["shop"]));
    assert_eq!(items, 1, "it is gone already");
    assert!(text.contains("shop is no public repository of this account"), "{text}");
}

#[test]
fn another_partition_has_no_public_registry() {
    let mut account = account(Seen::Read(repository(many(1))));
    account.caller.arn = "arn:aws-cn:iam::123456789012:user/oncall".into();
    assert_eq!(said(&account, &case(&[("way", "delete")])), "the partition aws-cn has no ECR Public\n");
}

#[test]
fn what_cannot_be_checked_is_refused_before_anything_is_saved() {
    assert!(matches!(
        verdict(&account(Seen::Read(repository(sample_images())))),
        Verdict::Lasting(State::Deleted, _)
    ));
    for form in ["application/vnd.docker.distribution.manifest.v1+prettyjws", ""] {
        let mut images = many(1);
        images.values_mut().for_each(|image| image.media_type = form.into());
        let Verdict::Refuse(why) = verdict(&account(Seen::Read(repository(images)))) else {
            panic!("{form}")
        };
        assert!(why.contains("cannot save and check"), "{why}");
    }
    let gap = Gap { cause: Cause::Denied, call: String::new(), detail: "no".into() };
    let account = account(Seen::Gap(gap));
    let (at, case) = (Target::new(Served::KIND, NAME), case(&[]));
    assert!(matches!(Served.state(&Look::new(&at, &account, &case)), Now::Unknown(_)));
}

#[test]
fn a_deletion_may_stop_between_two_batches() {
    let (from, to) = (State::Served { images: 2 }, State::Deleted);
    assert_eq!(Served.passes(&from, &to), [State::Served { images: 0 }, State::Served { images: 1 }]);
    assert_eq!(Served.passes(&to, &from), []);
}

/// A rehearsal has no folder: it makes the same calls, keeps nothing, and needs no bytes to be true.
#[tokio::test]
async fn a_rehearsal_deletes_a_hundred_images_at_a_time() {
    let case = case(&[("way", "delete")]);
    let (simulation, aws) = simulated(account(Seen::Read(repository(many(250)))), &case);
    let _writing = aws.enter(Phase::Apply);
    let at = Target::new(Served::KIND, NAME);
    let (from, to) = (State::Served { images: 250 }, State::Deleted);
    Served.write(Write::new(&aws, &at, &from, &to, &case.params)).await.unwrap();
    assert!(simulation.look(|account| account.public_repositories.read().unwrap().is_empty()));
    let calls = aws.ledger().calls();
    let count = |name: &str| calls.iter().filter(|call| call.operation == name).count();
    assert_eq!(count("ecrpublic:BatchDeleteImage"), 3);
    assert_eq!(count("registry:GetManifest"), 250);
    // It is gone: there is nothing to do.
    Served.write(Write::new(&aws, &at, &from, &to, &case.params)).await.unwrap();
    Served.write(Write::new(&aws, &at, &to, &from, &case.params)).await.unwrap_err();
}

#[tokio::test]
async fn everything_of_a_repository_is_read() {
    let mut whole = repository(sample_images());
    whole.policy = Some("{}".into());
    whole.tags = [("team".to_owned(), "shop".to_owned())].into();
    whole.catalog = Some(crate::account::CatalogData {
        about: Some("A shop".into()),
        architectures: ["x86-64".to_owned()].into(),
        ..Default::default()
    });
    let account = account(Seen::Read(whole));
    for one_a_page in [false, true] {
        let (simulation, aws) = simulated(account.clone(), &case(&[]));
        if one_a_page {
            simulation.one_item_a_page();
        }
        assert_eq!(collected(&EcrPublic, &aws).await.public_repositories, account.public_repositories);
    }
}

#[test]
fn the_parts_of_an_image_are_those_that_its_registry_has() {
    let part = |kind: &str, digit: char| {
        let digest = format!("sha256:{}", digit.to_string().repeat(64));
        format!(r#"{{"mediaType":"application/vnd.{kind}","digest":"{digest}","size":7}}"#)
    };
    let foreign = part("docker.image.rootfs.foreign.diff.tar.gzip", 'f');
    let text = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{},{foreign}]}}"#,
        part("oci.image.config.v1+json", 'c'),
        part("oci.image.layer.v1.tar", '1'),
    );
    let parts = manifest::parts(text.as_bytes()).unwrap();
    assert_eq!((parts.blobs.len(), parts.elsewhere.len(), parts.manifests.len()), (2, 1, 0));
    for (text, why) in [
        (r#"{"schemaVersion":1}"#, "schema 1"),
        (r#"{"schemaVersion":2,"layers":[{"digest":"sha512:00","size":1}]}"#, "no SHA-256"),
        (r#"{"schemaVersion":2,"layers":[{"digest":"sha256:../../x","size":1}]}"#, "no SHA-256"),
        ("<html>", "no manifest"),
    ] {
        let said = manifest::parts(text.as_bytes()).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn sizes_are_written_as_people_read_them() {
    let sizes = [0, 999, 36_400, 1_234_567, 25_000_000_000, 2_500_000_000_000].map(size);
    assert_eq!(sizes, ["0 bytes", "999 bytes", "36.4 kB", "1.2 MB", "25.0 GB", "2.5 TB"]);
}

#[test]
fn the_words_of_each_way_differ_and_say_what_comes_back() {
    let delete = EcrPublic.effect(&case(&[("way", "delete")]).params);
    assert!(matches!(delete.reversal, Reversal::Never(why) if why.contains("docs/ecr-public-push.py")));
    assert!(delete.does.stops() == [Stops::PublicImages] && delete.leaves != SPEC.leaves);
}
