//! The registry over a wire whose other end says what a test wants.

use std::sync::{Arc, Mutex};

use super::super::scripted::{Asked, Script, scripted};
use super::super::{Aws, Kind};

const URI: &str = "public.ecr.aws/a1b2c3d4/shop";
const SIGN_IN: &str = r#"{"authorizationData":{"authorizationToken":"tok-of-the-registry"}}"#;
/// Where the layers are.
const PLACE: &str = "https://layers.example.com/blob?Expires=1&Signature=x%2By";
const LAYER: &str = "0123456789";

/// A registry that sends to `PLACE`, which gives out the range that is asked for; `other` may say something
/// else. What was asked is noted.
fn registry(
    other: impl Fn(&Asked) -> Option<Script> + Send + Sync + 'static,
) -> (Aws, Arc<Mutex<Vec<String>>>) {
    let noted: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = noted.clone();
    let aws = scripted(move |asked| {
        notes.lock().unwrap().push(asked.text.clone());
        if let Some(script) = other(&asked) {
            return script;
        }
        let first = asked.text.lines().next().unwrap_or_default().to_owned();
        match &*first {
            "GET https://public.ecr.aws/v2/a1b2c3d4/shop/blobs/sha256:1" => {
                Script::Says(307, vec![("location", PLACE.into())], String::new())
            }
            "GET https://public.ecr.aws/v2/a1b2c3d4/shop/manifests/sha256:2" => Script::says(200, "{}"),
            _ if first == format!("GET {PLACE}") => {
                let range = asked.text.split("range: bytes=").nth(1).unwrap().lines().next().unwrap();
                let (from, to) = range.split_once('-').unwrap();
                let part = &LAYER[from.parse().unwrap()..LAYER.len().min(to.parse::<usize>().unwrap() + 1)];
                Script::Says(206, vec![("content-range", format!("bytes {range}/10"))], part.into())
            }
            _ if first.starts_with("POST https://api.ecr-public.us-east-1.") => Script::says(200, SIGN_IN),
            _ => Script::says(404, r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#),
        }
    });
    (aws, noted)
}

#[tokio::test]
async fn the_token_goes_to_the_registry_and_not_to_where_the_layers_are() {
    let (aws, noted) = registry(|_| None);
    let repository = aws.public_repository(URI).await.unwrap();
    assert_eq!(repository.manifest("sha256:2").await.unwrap(), b"{}");
    let mut blob = repository.blob("sha256:1");
    assert_eq!(blob.part(0, 4).await.unwrap(), b"0123");
    assert_eq!(blob.part(4, 4).await.unwrap(), b"4567");
    assert_eq!(blob.part(8, 2).await.unwrap(), b"89");
    let asked = noted.lock().unwrap();
    let with_token = |text: &&String| text.contains("tok-of-the-registry");
    let hosts: Vec<&str> =
        asked.iter().filter(with_token).map(|text| text.split('/').nth(2).unwrap()).collect();
    assert_eq!(hosts, ["public.ecr.aws"; 2], "the manifest, and once for the layer");
    assert!(asked.iter().filter(with_token).all(|text| text.contains("authorization: Bearer tok-of-")));
    assert_eq!(asked.iter().filter(|text| text.contains("x%2By")).count(), 3, "the address as it was given");
    assert!(!format!("{:?}", super::Token::new("secret")).contains("secret"));
}

#[tokio::test]
async fn an_address_that_is_no_longer_valid_is_asked_for_again() {
    let (aws, noted) = registry(|asked| {
        let late = asked.text.starts_with("GET https://layers") && asked.text.contains("bytes=4-7");
        (late && asked.number == 4).then(|| Script::says(403, "<Error><Code>AccessDenied</Code></Error>"))
    });
    let repository = aws.public_repository(URI).await.unwrap();
    let mut blob = repository.blob("sha256:1");
    assert_eq!(blob.part(0, 4).await.unwrap(), b"0123");
    assert_eq!(blob.part(4, 4).await.unwrap(), b"4567");
    let sent_on = noted.lock().unwrap().iter().filter(|text| text.contains("/blobs/")).count();
    assert_eq!(sent_on, 2);
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_gives_the_same_bytes() {
    let (aws, _) =
        registry(|asked| asked.text.starts_with("GET https://layers").then(|| Script::says(200, LAYER)));
    let repository = aws.public_repository(URI).await.unwrap();
    let mut blob = repository.blob("sha256:1");
    assert_eq!(blob.part(0, 4).await.unwrap(), b"0123");
    assert_eq!(blob.part(8, 4).await.unwrap(), b"89");
    let error = blob.part(10, 4).await.unwrap_err();
    assert!(error.message.contains("does not hold byte 10"), "{error}");
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_and_a_refusal_is_told() {
    let (aws, noted) = registry(|asked| {
        let limited = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}"#;
        (asked.text.contains("/manifests/") && asked.number < 4).then(|| Script::says(429, limited))
    });
    let repository = aws.public_repository(URI).await.unwrap();
    assert_eq!(repository.manifest("sha256:2").await.unwrap(), b"{}");
    assert_eq!(noted.lock().unwrap().iter().filter(|text| text.contains("/manifests/")).count(), 3);
    let error = repository.manifest("sha256:3").await.unwrap_err();
    assert_eq!(
        (error.operation.as_str(), error.code.as_deref()),
        ("registry:GetManifest", Some("NAME_UNKNOWN"))
    );
    assert!(!error.maybe_applied);
}

#[tokio::test]
async fn no_token_is_asked_for_or_sent_to_another_host() {
    let (aws, noted) = registry(|_| None);
    for uri in ["registry.example.com/a/b", "public.ecr.aws.example.com/a/b", "public.ecr.aws/a?b", ""] {
        let error = aws.public_repository(uri).await.map(drop).unwrap_err();
        assert_eq!(error.kind, Kind::Unusable, "{uri}");
    }
    assert!(noted.lock().unwrap().is_empty());
    let (aws, _) = registry(|asked| {
        let place = vec![("location", "http://layers.example.com/blob".to_owned())];
        asked.text.contains("/blobs/").then(|| Script::Says(307, place, String::new()))
    });
    let repository = aws.public_repository(URI).await.unwrap();
    let error = repository.blob("sha256:1").part(0, 4).await.unwrap_err();
    assert!(error.message.contains("without TLS"), "{error}");
}
