//! The credentials behind a session, as the profiles name them.

use aws_credential_types::Credentials;

use super::super::settings::Settings;
use super::source::Source;
use crate::account::{Chain, Link};

/// The links of a source, the first credentials first.
pub(super) fn of(source: &Source, settings: &Settings) -> Chain {
    match source {
        Source::Keys(keys) => of_keys(keys),
        Source::Role(role, from) => {
            let mut chain = of(from, settings);
            chain.links.push(Link::Role(role.arn.clone()));
            chain
        }
        Source::WebIdentity { role_arn, .. } => {
            Chain { links: vec![Link::Role(role_arn.clone())], whole: true }
        }
        Source::SignIn { profile } => signed_in(profile, settings),
        // The role of an instance is given by AWS, and no credentials stand before it. A machine's role
        // that assumes another one has no name here, and what a program prints may come from anywhere.
        Source::Program { .. } | Source::Container | Source::Instance | Source::Machine => Chain::default(),
    }
}

/// A key that stands somewhere. One with a token is of a session, and does not say whose.
fn of_keys(keys: &Credentials) -> Chain {
    match keys.session_token() {
        Some(_) => Chain::default(),
        None => {
            Chain { links: vec![Link::Key { id: keys.access_key_id().to_owned(), user: None }], whole: true }
        }
    }
}

fn signed_in(profile: &str, settings: &Settings) -> Chain {
    let profile = settings.profiles.get(profile);
    let text = |key: &str| profile.and_then(|profile| profile.text(key));
    match (text("sso_account_id"), text("sso_role_name")) {
        (Some(account), Some(name)) => {
            Chain { links: vec![Link::PermissionSet { account, name }], whole: true }
        }
        _ => Chain::default(),
    }
}

/// The account to which an access key belongs, as the key's id says it. Ids that AWS gave out before 2019
/// say another number.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>
pub(crate) fn account_of_key(id: &str) -> Option<String> {
    let mut bits = 0_u64;
    // Ten letters in base 32 hold the account's number in 40 bits, after one bit and before nine.
    for letter in id.get(4..14)?.bytes() {
        let digit = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u64::from(digit);
    }
    let account = (bits >> 9) & 0xff_ffff_ffff;
    Some(format!("{account:012}")).filter(|text| text.len() == 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_a_key_is_read_from_its_id() {
        // The example that was published with the method.
        assert_eq!(account_of_key("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
        assert_eq!(account_of_key("AKIA"), None);
        assert_eq!(account_of_key("AKIAsimulated0000000"), None);
    }
}
