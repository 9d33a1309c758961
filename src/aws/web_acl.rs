//! Reads a web ACL whole, so that it can be sent back without losing a setting.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aws_config::BehaviorVersion;
use aws_sdk_wafv2::Client;
use aws_sdk_wafv2::operation::get_web_acl::GetWebAclOutput;
use aws_sdk_wafv2::operation::update_web_acl::builders::UpdateWebACLFluentBuilder;
use aws_sdk_wafv2::types::{CountryCode, Scope, WebAcl};
use aws_types::region::Region;

use super::unknown::{AnswerBody, RequestBody, lost_members};
use super::{Aws, AwsError};
use crate::account::{waf_id, waf_name};

const OPERATION: &str = "wafv2:GetWebACL";

/// Members of a web ACL that AWS alone sets: no update sends them back, and none loses them.
const SET_BY_AWS: [&str; 8] = [
    "ARN",
    "Capacity",
    "LabelNamespace",
    "LockToken",
    "ManagedByFirewallManager",
    "PostProcessFirewallManagerRuleGroups",
    "PreProcessFirewallManagerRuleGroups",
    "RetrofittedByFirewallManager",
];

/// Where AWS WAF is called: a Region, or the one place for CloudFront.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WafPlace {
    pub region: String,
    /// Web ACLs for CloudFront live in the partition's global Region, beside its regional ones.
    pub edge: bool,
}

impl WafPlace {
    /// For the SDK.
    pub fn scope(&self) -> Scope {
        if self.edge { Scope::Cloudfront } else { Scope::Regional }
    }
}

/// A web ACL as AWS gave it.
#[derive(Clone, Debug)]
pub struct WholeWebAcl {
    pub acl: WebAcl,
    /// AWS refuses an update when somebody else has written since.
    pub lock_token: String,
    /// Members that this version of the SDK does not know, by path: an update would delete them.
    pub unknown: BTreeSet<String>,
}

/// The countries that AWS WAF and CloudFront know, by their ISO 3166-1 alpha-2 code.
pub fn countries() -> &'static [&'static str] {
    CountryCode::values()
}

impl Aws {
    /// The place of a Region's web ACLs; without a Region, that of CloudFront's.
    pub fn waf_place(&self, region: Option<&str>) -> WafPlace {
        let edge = region.is_none();
        WafPlace { region: region.unwrap_or_else(|| self.global_region()).to_owned(), edge }
    }

    /// Reads a web ACL, and which of its members an update would delete.
    ///
    /// # Errors
    /// AWS's, and that the answer cannot be compared with what would be sent.
    pub async fn whole_web_acl(&self, place: &WafPlace, arn: &str) -> Result<WholeWebAcl, AwsError> {
        let body = AnswerBody::default();
        let get = self.wafv2(&place.region).get_web_acl().scope(place.scope());
        let get = get.name(waf_name(arn)).id(waf_id(arn));
        let GetWebAclOutput { web_acl, lock_token, .. } =
            get.customize().interceptor(body.clone()).send().await?;
        let unusable = |why: &str| AwsError::unusable(OPERATION, why);
        let acl = web_acl.ok_or_else(|| unusable("it lacks WebACL"))?;
        let lock_token = lock_token.ok_or_else(|| unusable("it lacks LockToken"))?;
        let answer = body.take().ok_or_else(|| unusable("its body was not kept"))?;
        let request = request_body(&acl).await.ok_or_else(|| unusable("it cannot be serialised"))?;
        let unknown = lost_members(&answer, "WebACL", &SET_BY_AWS, &request).map_err(|why| unusable(&why))?;
        Ok(WholeWebAcl { acl, lock_token, unknown })
    }

    /// The call that sends a web ACL back.
    pub fn web_acl_update(&self, place: &WafPlace, acl: WebAcl, token: &str) -> UpdateWebACLFluentBuilder {
        update(&self.wafv2(&place.region), acl).scope(place.scope()).lock_token(token)
    }
}

/// Every member that an update takes. AWS gives a web ACL without a description an empty one, and takes
/// none back.
fn update(client: &Client, acl: WebAcl) -> UpdateWebACLFluentBuilder {
    client
        .update_web_acl()
        .name(acl.name)
        .id(acl.id)
        .set_default_action(acl.default_action)
        .set_description(acl.description.filter(|text| !text.is_empty()))
        .set_rules(acl.rules)
        .set_visibility_config(acl.visibility_config)
        .set_data_protection_config(acl.data_protection_config)
        .set_custom_response_bodies(acl.custom_response_bodies)
        .set_captcha_config(acl.captcha_config)
        .set_challenge_config(acl.challenge_config)
        .set_token_domains(acl.token_domains)
        .set_association_config(acl.association_config)
        .set_on_source_d_do_s_protection_config(acl.on_source_d_do_s_protection_config)
        .set_application_config(acl.application_config)
        .set_monetization_config(acl.monetization_config)
}

/// A client that sends nothing: its calls end once they are serialised. It is not one of a handle's clients,
/// whose interceptor refuses writes outside a cut and a restore.
#[expect(clippy::disallowed_methods, reason = "clients are made in this room, and this one sends nothing")]
static SERIALISER: LazyLock<Client> = LazyLock::new(|| {
    let config = aws_sdk_wafv2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .build();
    Client::from_conf(config)
});

/// The body with which an update would send this web ACL.
async fn request_body(acl: &WebAcl) -> Option<Vec<u8>> {
    let body = RequestBody::default();
    let update = update(&SERIALISER, acl.clone()).scope(Scope::Regional).lock_token("none");
    // It ends with an error on purpose.
    let _ = update.customize().interceptor(body.clone()).send().await;
    body.take()
}
