//! What `unplug prepare` makes for the page from S3, and whether it is there: a bucket that CloudFront alone
//! reads, the page in it, and the access control with which CloudFront signs what it asks the bucket.

use sha2::{Digest as _, Sha256};

use super::page;
use crate::account::{
    AccessControl, Account, Distribution, Origin, PageBucket, PageObject, PublicAccessBlock,
};

/// The name of the access control.
pub const ACCESS_CONTROL: &str = "unplug-page";

/// The status with which a distribution shows the page.
pub const STATUS: &str = "503";

/// What makes the page ready for a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The bucket's host in its Region.
    pub domain: String,
    /// The id of the access control.
    pub access_control: String,
    /// The page's path, as a distribution names it.
    pub path: String,
}

/// Is the page ready in S3?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready(Ready),
    /// What is missing, or not as it is made.
    Missing(String),
    /// What could not be read.
    Unread(String),
}

/// Returns the key of a page: with a hash of it, so that another page has another key, and nobody asks for it
/// by chance.
pub fn key(html: &str) -> String {
    let hash: String = Sha256::digest(html).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{hash}.html", PageBucket::PAGES)
}

/// Returns the operator's page, or the shipped one where none is given, as it is kept in the bucket. Nothing
/// chooses a language there, so it is the page in both.
pub fn object(page: Option<&str>) -> PageObject {
    PageObject {
        html: page.unwrap_or(page::BOTH).to_owned(),
        content_type: "text/html; charset=utf-8".into(),
        // A browser must ask again. How long the edges keep it, the distribution says.
        cache_control: "no-store".into(),
    }
}

/// Returns the policy that lets CloudFront read, for distributions of this account alone. The service has the
/// same name in every partition that has CloudFront. `aws:SourceArn` holds the account's id; whether CloudFront
/// sends `aws:SourceAccount` too is not documented, so it is not asked for.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html>
pub fn policy(account: &Account) -> String {
    let (partition, id) = (account.partition(), &account.id);
    let statement = serde_json::json!({
        "Sid": "CloudFrontReadsThePage",
        "Effect": "Allow",
        "Principal": { "Service": "cloudfront.amazonaws.com" },
        "Action": "s3:GetObject",
        "Resource": format!("arn:{partition}:s3:::{}/*", PageBucket::name_of(id)),
        "Condition": {
            "ArnLike": { "aws:SourceArn": format!("arn:{partition}:cloudfront::{id}:distribution/*") },
        },
    });
    serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// Is the bucket guarded as it is made? Otherwise what is not.
///
/// # Errors
/// What is not as it is made, in a few words.
pub fn guarded(bucket: &PageBucket, account: &Account) -> Result<(), &'static str> {
    match () {
        () if bucket.foreign => Err("is another account's"),
        () if bucket.block != Some(PublicAccessBlock::ALL_ON) => Err("does not block all public access"),
        () if !bucket.enforced => Err("has access control lists"),
        () if bucket.encryption.as_deref() != Some("AES256") => Err("is not encrypted with S3's own keys"),
        () if bucket.policy.as_ref() != Some(&policy(account)) => {
            Err("has another policy than the one that lets CloudFront read")
        }
        () => Ok(()),
    }
}

/// Is this the access control that is made?
pub fn is_made(control: &AccessControl) -> bool {
    control.signing == "always" && control.protocol == "sigv4" && control.kind == "s3"
}

/// Says whether everything is there for a page. Computed from what was read.
pub fn readiness(account: &Account, page: Option<&str>) -> Readiness {
    let unread = |what: &str| Readiness::Unread(format!("{what} could not be read"));
    let Some(bucket) = account.page_bucket.read() else { return unread("the page's bucket") };
    let Some(controls) = account.access_controls.read() else { return unread("origin access controls") };
    let name = PageBucket::name_of(&account.id);
    let Some(bucket) = bucket else {
        return Readiness::Missing(format!("there is no bucket {name}"));
    };
    if let Err(why) = guarded(bucket, account) {
        return Readiness::Missing(format!("the bucket {name} {why}"));
    }
    let wanted = object(page);
    let key = key(&wanted.html);
    if bucket.pages.get(&key) != Some(&wanted) {
        return Readiness::Missing(format!("the bucket {name} does not hold this page"));
    }
    let control = controls.iter().find(|(_, one)| one.name == ACCESS_CONTROL && is_made(one));
    let Some((id, _)) = control else {
        return Readiness::Missing(format!("there is no access control {ACCESS_CONTROL} that signs for S3"));
    };
    let (domain, access_control) = (bucket.domain.clone(), id.clone());
    Readiness::Ready(Ready { domain, access_control, path: format!("/{key}") })
}

/// Is it an origin in this account's bucket of the page?
pub fn is_origin(origin: &Origin, account: &Account) -> bool {
    let rest = origin.domain.strip_prefix(&PageBucket::name_of(&account.id));
    rest.is_some_and(|rest| rest.starts_with(".s3."))
}

/// Does a distribution turn the refusals of that bucket into a page that it holds? `None`: the bucket was not
/// read.
pub fn shows(one: &Distribution, origin: &Origin, account: &Account) -> Option<bool> {
    let bucket = account.page_bucket.read()?.as_ref();
    let page = one.error_pages.get("403").filter(|page| page.status.as_deref() == Some(STATUS));
    let key = page.and_then(|page| page.path.as_deref()?.strip_prefix('/'));
    let held = bucket
        .zip(key)
        .is_some_and(|(bucket, key)| guarded(bucket, account).is_ok() && bucket.pages.contains_key(key));
    Some(held && origin.access_control.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Caller, Seen};

    fn account() -> Account {
        let caller = Caller { arn: "arn:aws-cn:iam::123456789012:user/oncall".into(), ..Caller::default() };
        let mut account = Account::unread("123456789012", caller);
        let page = object(None);
        let bucket = PageBucket {
            name: "unplug-page-123456789012".into(),
            region: "cn-north-1".into(),
            domain: "unplug-page-123456789012.s3.cn-north-1.amazonaws.com.cn".into(),
            policy: Some(policy(&account)),
            block: Some(PublicAccessBlock::ALL_ON),
            enforced: true,
            encryption: Some("AES256".into()),
            pages: [(key(&page.html), page)].into(),
            ..PageBucket::default()
        };
        account.page_bucket = Seen::Read(Some(bucket));
        let control = AccessControl {
            name: ACCESS_CONTROL.into(),
            signing: "always".into(),
            protocol: "sigv4".into(),
            kind: "s3".into(),
            ..AccessControl::default()
        };
        account.access_controls = Seen::Read([("E1".to_owned(), control)].into());
        account
    }

    fn missing(change: impl FnOnce(&mut PageBucket)) -> String {
        let mut account = account();
        change(account.page_bucket.read_mut().unwrap().as_mut().unwrap());
        match readiness(&account, None) {
            Readiness::Missing(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_policy_names_one_service_and_this_accounts_distributions() {
        let policy: serde_json::Value = serde_json::from_str(&policy(&account())).unwrap();
        let statement = &policy["Statement"][0];
        assert_eq!(statement["Principal"]["Service"], "cloudfront.amazonaws.com");
        let arn = &statement["Condition"]["ArnLike"]["aws:SourceArn"];
        assert_eq!(arn, "arn:aws-cn:cloudfront::123456789012:distribution/*");
        assert_eq!(statement["Resource"], "arn:aws-cn:s3:::unplug-page-123456789012/*");
    }

    #[test]
    fn a_page_is_ready_when_each_part_is_as_it_is_made() {
        let Readiness::Ready(ready) = readiness(&account(), None) else { panic!("it is not ready") };
        assert_eq!(ready.access_control, "E1");
        let name = ready.path.strip_prefix("/unplug-page-").and_then(|rest| rest.strip_suffix(".html"));
        assert!(name.is_some(), "{}", ready.path);
        for (words, why) in [
            ("another account's", missing(|bucket| bucket.foreign = true)),
            ("does not block all public access", missing(|bucket| bucket.block = None)),
            ("has access control lists", missing(|bucket| bucket.enforced = false)),
            ("is not encrypted", missing(|bucket| bucket.encryption = Some("aws:kms".into()))),
            ("has another policy", missing(|bucket| bucket.policy = None)),
            ("does not hold this page", missing(|bucket| bucket.pages.clear())),
        ] {
            assert!(why.contains(words), "{why}");
        }
        let mut other = account();
        other.access_controls.read_mut().unwrap().get_mut("E1").unwrap().signing = "never".into();
        assert!(matches!(readiness(&other, None), Readiness::Missing(_)));
        assert!(matches!(readiness(&account(), Some("<p>other")), Readiness::Missing(_)));
    }

    #[test]
    fn what_was_not_read_is_not_missing() {
        let mut account = account();
        account.page_bucket = Seen::default();
        assert!(matches!(readiness(&account, None), Readiness::Unread(_)));
        let origin = Origin { domain: "x".into(), ..Origin::default() };
        assert_eq!(shows(&Distribution::default(), &origin, &account), None);
    }
}
