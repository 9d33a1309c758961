//! Lists of CloudFront, which come as one structure: its name, and the items in it.

use aws_sdk_cloudfront::types as cloudfront;

use super::given::{Given, Items};
use super::{List, name_of_type};
use crate::aws::AwsError;

macro_rules! nested_lists {
    ($($operation:ident $builder:ident $output:ident: $list:ident $item:ty [$($member:ident),*];)*) => { $(
        impl List for aws_sdk_cloudfront::operation::$operation::builders::$builder {
            type Page = aws_sdk_cloudfront::operation::$operation::$output;
            type Item = $item;

            fn operation() -> String {
                name_of_type::<Self>("FluentBuilder")
            }

            async fn page(self, token: Option<String>) -> Result<Self::Page, AwsError> {
                Ok(self.set_marker(token).send().await?)
            }

            fn token(page: &Self::Page) -> Option<&str> {
                page.$list.as_ref()?.next_marker.as_deref()
            }

            fn items(page: Self::Page) -> Result<Vec<$item>, &'static str> {
                let list = page.$list.ok_or(stringify!($list))?;
                let items = Items::items(list.items);
                $(if items.iter().any(|item| !item.$member.given()) {
                    return Err(stringify!($member));
                })*
                Ok(items)
            }
        }
    )* };
}

nested_lists! {
    list_cloud_front_origin_access_identities
        ListCloudFrontOriginAccessIdentitiesFluentBuilder ListCloudFrontOriginAccessIdentitiesOutput:
        cloud_front_origin_access_identity_list cloudfront::CloudFrontOriginAccessIdentitySummary [id];
    list_distributions ListDistributionsFluentBuilder ListDistributionsOutput:
        distribution_list cloudfront::DistributionSummary [id, arn, domain_name];
    list_functions ListFunctionsFluentBuilder ListFunctionsOutput:
        function_list cloudfront::FunctionSummary [name];
    list_invalidations ListInvalidationsFluentBuilder ListInvalidationsOutput:
        invalidation_list cloudfront::InvalidationSummary [id];
    list_origin_access_controls ListOriginAccessControlsFluentBuilder ListOriginAccessControlsOutput:
        origin_access_control_list cloudfront::OriginAccessControlSummary [id, name];
}
