//! What guards the page's bucket: no public access, no access control lists, S3's own encryption, and a policy
//! that lets CloudFront read for this account's distributions.

use serde::{Deserialize, Serialize};

use crate::account::{Account, PageBucket, PublicAccessBlock};
use crate::front::prepared;
use crate::step::Reason;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// As plain JSON.
    pub policy: Option<String>,
    /// All four switches of the bucket's public access block.
    pub blocked: bool,
    /// No access control lists.
    pub enforced: bool,
    pub encryption: Option<String>,
}

impl Body {
    pub fn of(bucket: &PageBucket) -> Body {
        Body {
            policy: bucket.policy.clone(),
            blocked: bucket.block == Some(PublicAccessBlock::ALL_ON),
            enforced: bucket.enforced,
            encryption: bucket.encryption.clone(),
        }
    }

    /// What it is made with.
    pub fn wanted(account: &Account) -> Body {
        Body {
            policy: Some(prepared::policy(account)),
            blocked: true,
            enforced: true,
            encryption: Some("AES256".into()),
        }
    }

    /// A bucket as S3 makes it, and as S3 and emulators made it before April 2023.
    pub fn new(is_guarded: bool) -> Body {
        let encryption = is_guarded.then(|| "AES256".to_owned());
        Body { policy: None, blocked: is_guarded, enforced: is_guarded, encryption }
    }

    /// The states between two of them, in the order in which a write sends its calls.
    pub fn way(&self, to: &Body) -> [Body; 4] {
        let blocked = Body { blocked: to.blocked, ..self.clone() };
        let enforced = Body { enforced: to.enforced, ..blocked.clone() };
        let encrypted = Body { encryption: to.encryption.clone(), ..enforced.clone() };
        [self.clone(), blocked, enforced, encrypted]
    }
}

/// Why a bucket of that name is not used, although it is there.
pub(super) fn obstacle(bucket: &PageBucket, account: &Account) -> Option<Reason> {
    let name = &bucket.name;
    if bucket.foreign {
        return Some(format!(
            "the bucket {name} is another account's: names are taken once for all accounts. The page from S3 is not \
             possible here; the function (via = \"function\") is"
        ));
    }
    if bucket.policy.as_ref().is_some_and(|policy| *policy != prepared::policy(account)) {
        return Some(format!(
            "the bucket {name} has a policy of its own: unplug uses only one that it has made"
        ));
    }
    let other = bucket.others.first()?;
    Some(format!("the bucket {name} holds other objects ({other}): unplug uses only one that it has made"))
}
