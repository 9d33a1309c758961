//! One client per service and Region, all with the same interceptor and retry rule.

use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};

use super::Aws;
use super::unsigned::Unsigned;
use super::wire::NoResend;
use crate::account::Actor;

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident: $service:ident;)*) => {
        #[expect(clippy::disallowed_methods, reason = "clients are made here")]
        impl Aws {
            $($(#[$doc])*
            pub fn $name(&self, region: &str) -> $service::Client {
                self.client(region, Actor::of_call(stringify!($service)), |sdk, tag| {
                    let mut config = $service::config::Builder::from(sdk)
                        .interceptor(tag)
                        .retry_classifier(NoResend);
                    if self.shared.backend.is_some() {
                        config = config.push_auth_scheme(Unsigned);
                    }
                    $service::Client::from_conf(config.build())
                })
            })*
        }
    };
}

use {
    aws_sdk_apigateway as apigateway, aws_sdk_apigatewayv2 as apigatewayv2,
    aws_sdk_autoscaling as autoscaling, aws_sdk_cloudcontrol as cloudcontrol,
    aws_sdk_cloudfront as cloudfront, aws_sdk_cloudtrail as cloudtrail, aws_sdk_ec2 as ec2,
    aws_sdk_ecrpublic as ecrpublic, aws_sdk_elasticloadbalancingv2 as elasticloadbalancingv2,
    aws_sdk_iam as iam, aws_sdk_identitystore as identitystore, aws_sdk_kms as kms, aws_sdk_lambda as lambda,
    aws_sdk_organizations as organizations, aws_sdk_ram as ram, aws_sdk_rds as rds,
    aws_sdk_rolesanywhere as rolesanywhere, aws_sdk_route53 as route53,
    aws_sdk_route53resolver as route53resolver, aws_sdk_s3 as s3, aws_sdk_s3control as s3control,
    aws_sdk_secretsmanager as secretsmanager, aws_sdk_ses as ses, aws_sdk_sesv2 as sesv2, aws_sdk_sns as sns,
    aws_sdk_sqs as sqs, aws_sdk_ssoadmin as ssoadmin, aws_sdk_sts as sts, aws_sdk_support as support,
    aws_sdk_synthetics as synthetics, aws_sdk_wafv2 as wafv2,
};

clients! {
    apigateway: apigateway;
    apigatewayv2: apigatewayv2;
    autoscaling: autoscaling;
    cloudcontrol: cloudcontrol;
    cloudfront_in: cloudfront;
    cloudtrail: cloudtrail;
    ec2: ec2;
    ecrpublic: ecrpublic;
    elbv2: elasticloadbalancingv2;
    iam_in: iam;
    identitystore: identitystore;
    kms: kms;
    lambda: lambda;
    organizations_in: organizations;
    ram: ram;
    rds: rds;
    resolver: route53resolver;
    rolesanywhere: rolesanywhere;
    route53_in: route53;
    secrets: secretsmanager;
    ses: ses;
    sesv2: sesv2;
    sns: sns;
    sqs: sqs;
    ssoadmin: ssoadmin;
    sts: sts;
    support_in: support;
    synthetics: synthetics;
    wafv2: wafv2;
}

#[expect(clippy::disallowed_methods, reason = "clients are made here")]
impl Aws {
    /// IAM has one control plane per partition.
    pub fn iam(&self) -> iam::Client {
        self.iam_in(self.global_region())
    }

    /// CloudFront has one control plane per partition.
    pub fn cloudfront(&self) -> cloudfront::Client {
        self.cloudfront_in(self.global_region())
    }

    /// Route 53's public zones have one control plane per partition.
    pub fn route53(&self) -> route53::Client {
        self.route53_in(self.global_region())
    }

    /// AWS Organizations has one control plane per partition.
    pub fn organizations(&self) -> organizations::Client {
        self.organizations_in(self.global_region())
    }

    /// Trusted Advisor's calls work in us-east-1 only.
    ///
    /// <https://docs.aws.amazon.com/awssupport/latest/APIReference/API_DescribeTrustedAdvisorCheckResult.html>
    pub fn support(&self) -> support::Client {
        self.support_in(self.global_region())
    }

    /// S3 in a bucket's own Region: elsewhere it answers 301.
    pub fn s3(&self, region: &str) -> s3::Client {
        self.client(region, None, |sdk, tag| {
            s3::Client::from_conf(
                s3::config::Builder::from(sdk)
                    .force_path_style(self.shared.path_style)
                    .interceptor(tag)
                    .retry_classifier(NoResend)
                    .build(),
            )
        })
    }

    /// S3 Control. Its SDK puts the account id before the host name, which does not resolve for an
    /// address or a name outside AWS: such an endpoint is used as it is given.
    pub fn s3control(&self, region: &str) -> s3control::Client {
        self.client(region, None, |sdk, tag| {
            let mut config =
                s3control::config::Builder::from(sdk).interceptor(tag).retry_classifier(NoResend);
            if let Some(url) = &self.shared.s3_control_endpoint {
                config = config.endpoint_resolver(AsGiven(url.clone()));
            }
            s3control::Client::from_conf(config.build())
        })
    }
}

#[derive(Debug)]
struct AsGiven(String);

impl ResolveEndpoint for AsGiven {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}
