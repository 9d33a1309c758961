//! 630 with `way = "delete"`: what is saved before anything is deleted, what a failed save stops, and that
//! the saved folder brings everything back to a registry.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};
use unplug::account::{Account, PublicImage, PublicRepository};
use unplug::aws::faults::{Fault, When};
use unplug::engine::apply::Outcome;
use unplug::engine::restore::Back;
use unplug::engine::store::RunFolder;
use unplug::sim::{Simulation, sample_images};

use crate::laws::harness::Process;
use crate::laws::seeds::{Seed, s630, seed, with};

fn deletes(account: Account) -> Seed {
    with(seed("deletes", 630, account, None), "way", "delete".into())
}

/// A process that keeps evidence in a folder.
fn process(simulation: &Simulation, folder: &Path) -> Process {
    std::fs::create_dir_all(folder).unwrap();
    Process { folder: Some(RunFolder::at(folder)), ..Process::start(simulation) }
}

fn saved(folder: &Path) -> PathBuf {
    folder.join("evidence/ecr-public/shop__front")
}

fn json(file: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
        .unwrap()
}

/// Every blob of the saved folder, by the digest that its bytes have.
fn blobs(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(saved(folder).join("blobs/sha256"));
    let files = files.into_iter().flatten().map(|entry| entry.unwrap().path());
    files
        .map(|file| {
            let hex: String =
                Sha256::digest(std::fs::read(&file).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(file.file_name().unwrap().to_str(), Some(&*hex), "not what its name says");
            format!("sha256:{hex}")
        })
        .collect()
}

/// Everything that the images are made of: manifests, configurations and layers.
fn wanted(folder: &Path) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = sample_images().into_keys().collect();
    for digest in sample_images().into_keys() {
        let manifest = json(&saved(folder).join("blobs/sha256").join(&digest["sha256:".len()..]));
        let parts = ["layers", "manifests"].iter().filter_map(|name| manifest[name].as_array()).flatten();
        let parts = parts.chain(manifest.get("config"));
        all.extend(parts.map(|part| part["digest"].as_str().unwrap().to_owned()));
    }
    all
}

#[tokio::test]
async fn everything_is_on_the_disk_with_its_digest_before_the_first_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let seed = deletes(s630::account());
    let simulation = Simulation::new(seed.account.clone());
    let process = process(&simulation, &folder);
    let (seen, looked, world) = (Arc::new(Mutex::new(None)), folder.clone(), simulation.clone());
    let found = seen.clone();
    process.aws.faults().watch(move |moment| {
        let first = moment.operation == "ecrpublic:BatchDeleteImage" && !moment.taken;
        if first && found.lock().unwrap().is_none() {
            assert_eq!(world.account(), s630::account(), "nothing is deleted yet");
            *found.lock().unwrap() =
                Some((blobs(&looked), wanted(&looked), saved(&looked).join("index.json").exists()));
        }
    });
    let summary = process.pull(&seed).await;
    assert!(summary.ends.iter().all(|(_, outcome)| *outcome == Outcome::Done), "{:?}", summary.ends);
    let (blobs, wanted, index) = seen.lock().unwrap().take().expect("images were deleted");
    assert_eq!(blobs, wanted, "every manifest, configuration and layer");
    assert!(index && wanted.len() == 11, "{wanted:?}");
    assert!(simulation.look(|account| account.public_repositories.read().unwrap().is_empty()));
    settings_are_saved(&folder);
    // A restore says what stays deleted, and where it is.
    let ends = process.restore().await;
    for (owed, back) in ends {
        let Back::Kept(why) = back else { panic!("{}: {back:?}", owed.change.target) };
        assert!(why.contains("evidence/ecr-public/") && why.contains("ecr-public-push.py"), "{why}");
    }
}

fn settings_are_saved(folder: &Path) {
    let (at, shop) = (saved(folder), s630::shop());
    assert_eq!(std::fs::read_to_string(at.join("policy.json")).unwrap(), shop.policy.unwrap());
    assert_eq!(json(&at.join("catalog-data.json"))["description"], "The front of the shop");
    assert_eq!(json(&at.join("tags.json")), serde_json::json!([{ "Key": "team", "Value": "shop" }]));
    let about = json(&at.join("repository.json"));
    let images: std::collections::BTreeMap<String, PublicImage> =
        serde_json::from_value(about["images"].clone()).unwrap();
    assert_eq!(images, sample_images());
    let tags: BTreeSet<String> = json(&at.join("index.json"))["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["annotations"]["org.opencontainers.image.ref.name"].as_str())
        .map(str::to_owned)
        .collect();
    assert_eq!(tags, ["1.3", "1.4", "latest"].map(str::to_owned).into());
    let empty = folder.join("evidence/ecr-public/trial");
    assert!(empty.join("repository.json").exists() && !empty.join("policy.json").exists());
}

/// What stops before anything of the repository with images is deleted, and the reason that is given.
async fn stopped(mut account: Account, breaks: impl Fn(&Process, &Path)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let before = shop_of(&mut account).clone();
    let seed = deletes(account);
    let simulation = Simulation::new(seed.account.clone());
    let process = process(&simulation, &folder);
    breaks(&process, &folder);
    let summary = process.pull(&seed).await;
    let shop = simulation.look(|account| account.public_repositories.read().unwrap()["shop/front"].clone());
    assert_eq!(shop.read(), Some(&before), "nothing is deleted");
    let deleted =
        process.aws.ledger().calls().into_iter().filter(|c| c.operation == "ecrpublic:BatchDeleteImage");
    assert_eq!(deleted.count(), 0);
    let of_shop = summary.ends.into_iter().find(|(change, _)| change.target.id == "shop/front").unwrap().1;
    let Outcome::NotDone(failed) = of_shop else { panic!("{of_shop:?}") };
    failed.why
}

#[tokio::test]
async fn a_layer_that_is_not_given_out_stops_the_deletion() {
    let denied = Fault::Refuse { code: "DENIED", message: "no" };
    let why = stopped(s630::account(), |process, _| {
        process
            .aws
            .faults()
            .set(When::Operation { name: "registry:GetBlob".into(), times: usize::MAX }, denied);
    })
    .await;
    assert_eq!(why, "registry:GetBlob: DENIED: no");
}

#[tokio::test]
async fn a_disk_that_takes_nothing_stops_the_deletion() {
    let why = stopped(s630::account(), |_, folder| {
        std::fs::write(folder.join("evidence"), "in the way").unwrap();
    })
    .await;
    assert!(why.contains("evidence"), "{why}");
}

/// The registry gives out other bytes than the digest says.
#[tokio::test]
async fn bytes_that_are_not_those_of_the_digest_stop_the_deletion() {
    let mut account = s630::account();
    let images = &mut shop_of(&mut account).images;
    let (digest, image) = images.pop_first().unwrap();
    let other = format!("sha256:{}", "a".repeat(64));
    assert_ne!(digest, other);
    images.insert(other.clone(), image);
    let why = stopped(account, |_, _| {}).await;
    assert!(why.starts_with(&format!("not saved, so nothing is deleted: {other} of ")), "{why}");
    assert!(why.contains("was read back as sha256:"), "{why}");
}

fn shop_of(account: &mut Account) -> &mut PublicRepository {
    account.public_repositories.read_mut().unwrap().get_mut("shop/front").unwrap().read_mut().unwrap()
}

/// An image that nobody has saved is never deleted: it is saved first, at the second try.
#[tokio::test]
async fn an_image_that_is_pushed_meanwhile_is_saved_too() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let mut account = s630::account();
    let (older, image) = sample_images().into_iter().find(|(_, image)| image.tags.contains("1.3")).unwrap();
    shop_of(&mut account).images.remove(&older);
    let seed = deletes(account);
    let simulation = Simulation::new(seed.account.clone());
    let process = process(&simulation, &folder);
    let (world, pushed) = (simulation.clone(), Mutex::new(false));
    process.aws.faults().watch(move |moment| {
        let mut pushed = pushed.lock().unwrap();
        if moment.operation == "ecrpublic:BatchDeleteImage" && moment.taken && !*pushed {
            *pushed = true;
            world.meddle(|account| drop(shop_of(account).images.insert(older.clone(), image.clone())));
        }
    });
    let summary = process.pull(&seed).await;
    assert!(summary.ends.iter().all(|(_, outcome)| *outcome == Outcome::Done), "{:?}", summary.ends);
    assert_eq!(
        blobs(&folder),
        wanted(&folder),
        "the one that came later, and those that were deleted before"
    );
    assert_eq!(json(&saved(&folder).join("repository.json"))["images"].as_object().unwrap().len(), 4);
}

/// A registry on this machine; it ends with the test.
struct Registry {
    child: Child,
    port: u16,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn registry(password: &str) -> Registry {
    let mut python = Command::new("python3");
    python.arg(root().join("tests/registry.py")).arg(password).stdout(Stdio::piped());
    let mut child = python.spawn().expect("python3");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Registry { child, port: line.trim().parse().unwrap() }
}

fn push(folder: &Path, port: u16, password: &str) -> (bool, String) {
    let mut python = Command::new("python3");
    python.arg(root().join("docs/ecr-public-push.py")).arg(saved(folder));
    python.arg(format!("127.0.0.1:{port}/team/shop")).args([
        "--user",
        "AWS",
        "--password-stdin",
        "--plain-http",
    ]);
    python.env_remove("http_proxy").env_remove("HTTP_PROXY").env("NO_PROXY", "127.0.0.1");
    python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = python.spawn().expect("python3");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("{password}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (output.status.success(), said.concat())
}

#[tokio::test]
async fn the_saved_folder_is_pushed_to_a_registry_and_the_digests_agree() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let seed = deletes(s630::account());
    process(&Simulation::new(seed.account.clone()), &folder).pull(&seed).await;
    let registry = registry("opens");
    let (done, said) = push(&folder, registry.port, "wrong");
    assert!(!done && said.contains("not pushed"), "{said}");
    let (done, said) = push(&folder, registry.port, "opens");
    assert!(done, "{said}");
    assert_eq!(said.trim(), "4 manifests, 3 tags, 7 layers and configurations: all digests agree");
    // Once more: everything is there, and nothing is sent twice.
    assert!(push(&folder, registry.port, "opens").0);
    // A file that somebody has changed is noticed before anything is sent.
    let some =
        std::fs::read_dir(saved(&folder).join("blobs/sha256")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&some, "changed").unwrap();
    let (done, said) = push(&folder, registry.port, "opens");
    assert!(!done && said.contains("it was changed"), "{said}");
}
