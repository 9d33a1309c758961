//! Reads a distribution's whole configuration so that it can be sent back without losing a setting.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aws_config::BehaviorVersion;
use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::operation::get_distribution_config::GetDistributionConfigOutput;
use aws_sdk_cloudfront::types::DistributionConfig;
use aws_types::region::Region;

use super::unknown::{AnswerBody, RequestBody, lost};
use super::{Aws, AwsError};

const OPERATION: &str = "cloudfront:GetDistributionConfig";

/// A configuration as AWS gave it.
#[derive(Clone, Debug)]
pub struct WholeConfig {
    pub config: DistributionConfig,
    /// For `IfMatch`: AWS refuses an update when somebody else has written since.
    pub etag: String,
    /// Elements that this version of the SDK does not know, by path: an update would delete them.
    pub unknown: BTreeSet<String>,
}

impl Aws {
    /// Reads a distribution's configuration, and which of its elements an update would delete.
    ///
    /// # Errors
    /// AWS's, and that the answer cannot be compared with what would be sent.
    pub async fn distribution_config(&self, id: &str) -> Result<WholeConfig, AwsError> {
        let body = AnswerBody::default();
        let call = self.cloudfront().get_distribution_config().id(id).customize().interceptor(body.clone());
        let GetDistributionConfigOutput { distribution_config, e_tag, .. } = call.send().await?;
        let unusable = |why: &str| AwsError::unusable(OPERATION, why);
        let config = distribution_config.ok_or_else(|| unusable("it lacks DistributionConfig"))?;
        let etag = e_tag.ok_or_else(|| unusable("it lacks ETag"))?;
        let answer = body.take().ok_or_else(|| unusable("its body was not kept"))?;
        let request = request_body(&config).await.ok_or_else(|| unusable("it cannot be serialised"))?;
        let unknown = lost(&answer, &request).map_err(|why| unusable(&why))?;
        Ok(WholeConfig { config, etag, unknown })
    }
}

/// A client that sends nothing: its calls end once they are serialised. It is not one of a handle's clients,
/// whose interceptor refuses writes outside a cut and a restore.
#[expect(clippy::disallowed_methods, reason = "clients are made in this room, and this one sends nothing")]
static SERIALISER: LazyLock<Client> = LazyLock::new(|| {
    let config = aws_sdk_cloudfront::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .build();
    Client::from_conf(config)
});

/// The body with which an update would send this configuration.
async fn request_body(config: &DistributionConfig) -> Option<Vec<u8>> {
    let body = RequestBody::default();
    let update = SERIALISER.update_distribution().id("none").distribution_config(config.clone());
    // It ends with an error on purpose.
    let _ = update.customize().interceptor(body.clone()).send().await;
    body.take()
}
