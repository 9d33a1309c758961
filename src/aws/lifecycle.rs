//! Reads a bucket's whole lifecycle configuration, so that it can be sent back without losing a rule or a part of
//! one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLifecycleConfiguration, LifecycleRule, TransitionDefaultMinimumObjectSize};
use aws_types::region::Region;

use super::unknown::{AnswerBody, RequestBody, lost};
use super::{Aws, AwsError};

const OPERATION: &str = "s3:GetBucketLifecycleConfiguration";

/// Dates that the SDK knows, and writes without the milliseconds of AWS's answer.
const DATES: [&str; 2] = ["Rule/Expiration/Date", "Rule/Transition/Date"];

/// A lifecycle configuration as AWS gave it.
#[derive(Clone, Debug)]
pub struct WholeLifecycle {
    pub rules: Vec<LifecycleRule>,
    /// A header of the answer and of the request: without it AWS takes its default.
    pub least_size: Option<TransitionDefaultMinimumObjectSize>,
    /// Elements that this version of the SDK does not know, by path: a write would delete them.
    pub unknown: BTreeSet<String>,
}

impl Aws {
    /// Reads a bucket's lifecycle configuration, and which of its elements a write would delete. `None`: the
    /// bucket has none, or is gone.
    ///
    /// # Errors
    /// AWS's, and that the answer cannot be compared with what would be sent.
    pub async fn bucket_lifecycle(
        &self,
        region: &str,
        bucket: &str,
    ) -> Result<Option<WholeLifecycle>, AwsError> {
        let body = AnswerBody::default();
        let call = self.s3(region).get_bucket_lifecycle_configuration().bucket(bucket);
        let answer = match call.customize().interceptor(body.clone()).send().await.map_err(AwsError::from) {
            Ok(answer) => answer,
            Err(error) if error.is("NoSuchLifecycleConfiguration") || error.is("NoSuchBucket") => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let unusable = |why: &str| AwsError::unusable(OPERATION, why);
        let rules = answer.rules.unwrap_or_default();
        let text = body.take().ok_or_else(|| unusable("its body was not kept"))?;
        let request = request_body(&rules).await.ok_or_else(|| unusable("it cannot be serialised"))?;
        let mut unknown = lost(&text, &request).map_err(|why| unusable(&why))?;
        unknown.retain(|path| !DATES.contains(&path.as_str()));
        Ok(Some(WholeLifecycle { rules, least_size: answer.transition_default_minimum_object_size, unknown }))
    }
}

fn configuration(rules: &[LifecycleRule]) -> Option<BucketLifecycleConfiguration> {
    BucketLifecycleConfiguration::builder().set_rules(Some(rules.to_vec())).build().ok()
}

/// A client that sends nothing: its calls end once they are serialised. It is not one of a handle's clients,
/// whose interceptor refuses writes outside a cut and a restore.
#[expect(clippy::disallowed_methods, reason = "clients are made in this room, and this one sends nothing")]
static SERIALISER: LazyLock<Client> = LazyLock::new(|| {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .build();
    Client::from_conf(config)
});

/// The body with which a write would send these rules.
async fn request_body(rules: &[LifecycleRule]) -> Option<Vec<u8>> {
    let body = RequestBody::default();
    let put = SERIALISER.put_bucket_lifecycle_configuration().bucket("none");
    let put = put.lifecycle_configuration(configuration(rules)?);
    // It ends with an error on purpose.
    let _ = put.customize().interceptor(body.clone()).send().await;
    body.take()
}
