use super::*;
use crate::account::Section;
use crate::aws::scripted::{Script, scripted};
use crate::collect;
use crate::scenario;
use crate::sim::Simulation;

/// A configuration as AWS sends it, with every element that this test knows of and one more where it is
/// wanted.
fn config(new: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <CallerReference>2019-04-01</CallerReference><Aliases><Quantity>1</Quantity><Items>\
         <CNAME>www.example.com</CNAME></Items></Aliases><DefaultRootObject/>\
         <Origins><Quantity>1</Quantity><Items><Origin><Id>shop</Id><DomainName>shop.example.com</DomainName>\
         <OriginPath/><CustomHeaders><Quantity>1</Quantity><Items><OriginCustomHeader>\
         <HeaderName>X-Key</HeaderName><HeaderValue>a&amp;&quot;b</HeaderValue></OriginCustomHeader></Items>\
         </CustomHeaders><CustomOriginConfig><HTTPPort>80</HTTPPort><HTTPSPort>443</HTTPSPort>\
         <OriginProtocolPolicy>https-only</OriginProtocolPolicy><OriginSslProtocols><Quantity>1</Quantity>\
         <Items><SslProtocol>TLSv1.2</SslProtocol></Items></OriginSslProtocols>\
         <OriginReadTimeout>30</OriginReadTimeout><OriginKeepaliveTimeout>5</OriginKeepaliveTimeout>\
         </CustomOriginConfig><ConnectionAttempts>3</ConnectionAttempts>\
         <ConnectionTimeout>10</ConnectionTimeout><OriginShield><Enabled>false</Enabled></OriginShield>\
         <OriginAccessControlId/></Origin></Items></Origins><OriginGroups><Quantity>0</Quantity></OriginGroups>\
         <DefaultCacheBehavior><TargetOriginId>shop</TargetOriginId><TrustedSigners><Enabled>false</Enabled>\
         <Quantity>0</Quantity></TrustedSigners><TrustedKeyGroups><Enabled>false</Enabled><Quantity>0</Quantity>\
         </TrustedKeyGroups><ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy><AllowedMethods>\
         <Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items><CachedMethods>\
         <Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items></CachedMethods>\
         </AllowedMethods><SmoothStreaming>false</SmoothStreaming><Compress>true</Compress>\
         <LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>\
         <FunctionAssociations><Quantity>0</Quantity></FunctionAssociations><FieldLevelEncryptionId/>\
         <CachePolicyId>658327ea-f89d-4fab-a63d-7e88639e58f6</CachePolicyId>\
         <GrpcConfig><Enabled>false</Enabled></GrpcConfig>{new}</DefaultCacheBehavior>\
         <CacheBehaviors><Quantity>0</Quantity></CacheBehaviors><CustomErrorResponses><Quantity>0</Quantity>\
         </CustomErrorResponses><Comment>the shop &#38; its pictures</Comment><Logging><Enabled>false</Enabled>\
         <IncludeCookies>false</IncludeCookies><Bucket/><Prefix/></Logging><PriceClass>PriceClass_Future</PriceClass>\
         <Enabled>true</Enabled><ViewerCertificate>\
         <CloudFrontDefaultCertificate>false</CloudFrontDefaultCertificate>\
         <ACMCertificateArn>arn:aws:acm:us-east-1:123456789012:certificate/a</ACMCertificateArn>\
         <SSLSupportMethod>sni-only</SSLSupportMethod><MinimumProtocolVersion>TLSv1.2_2021\
         </MinimumProtocolVersion><Certificate>arn:aws:acm:us-east-1:123456789012:certificate/a</Certificate>\
         <CertificateSource>acm</CertificateSource></ViewerCertificate><Restrictions><GeoRestriction>\
         <RestrictionType>none</RestrictionType><Quantity>0</Quantity></GeoRestriction></Restrictions>\
         <WebACLId/><HttpVersion>http2and3</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled>\
         <ContinuousDeploymentPolicyId/><Staging>false</Staging></DistributionConfig>"
    )
}

async fn unknown(new: &'static str) -> Vec<String> {
    let aws = scripted(move |asked| {
        assert!(asked.text.contains("/distribution/E1/config"), "{}", asked.text);
        Script::Says(200, vec![("etag", "E2ETAG".into())], config(new))
    });
    let whole = aws.distribution_config("E1").await.unwrap();
    assert_eq!(whole.etag, "E2ETAG");
    whole.unknown.into_iter().collect()
}

/// An enumeration's word that the SDK does not know is kept: it is sent back as it came.
#[tokio::test]
async fn a_configuration_comes_back_as_it_was_but_for_elements_that_the_sdk_does_not_know() {
    assert_eq!(unknown("").await, [""; 0]);
    assert_eq!(unknown("<NewThing>on</NewThing>").await, ["DefaultCacheBehavior/NewThing"]);
    let nested = "<NewThings><Quantity>1</Quantity><Items><NewThing>a</NewThing></Items></NewThings>";
    assert_eq!(
        unknown(nested).await,
        ["DefaultCacheBehavior/NewThings/Items/NewThing", "DefaultCacheBehavior/NewThings/Quantity"]
    );
}

#[tokio::test]
async fn distributions_and_functions_are_read_as_they_are() {
    let mut account = scenario::load(scenario::DEFAULT).unwrap().account;
    let all = account.distributions.read_mut().unwrap();
    let shop = all.values_mut().next().unwrap();
    shop.unknown = ["DefaultCacheBehavior/NewThing".to_owned(), "NewThings/Items/NewThing".to_owned()].into();
    shop.continuous_policy = Some("policy-1".into());
    shop.geo = GeoRestriction { kind: GeoKind::Blocked, countries: ["KP".to_owned()].into() };
    let page = ErrorPage { path: Some("/sorry.html".into()), status: Some("503".into()), min_ttl: Some(0) };
    shop.error_pages = [("503".to_owned(), page)].into();
    shop.web_acl = Some("arn:aws:wafv2:us-east-1:444455556666:global/webacl/shop/1".into());
    shop.behaviors.get_mut(DEFAULT_BEHAVIOR).unwrap().signed = true;
    let copy = Distribution { staging: true, multi_tenant: true, ..shop.clone() };
    all.insert("E9COPY".into(), copy);
    let ours = EdgeFunction {
        arn: "arn:aws:cloudfront::444455556666:function/unplug-page-1".into(),
        runtime: "cloudfront-js-2.0".into(),
        published: true,
        draft: Some("new".into()),
        live: Some("old".into()),
    };
    account.edge_functions.read_mut().unwrap().insert("unplug-page-1".into(), ours);
    account.origin_access_identities = Seen::Read(["E1OLD".to_owned(), "E2OLD".to_owned()].into());
    let aws = Aws::simulated(Simulation::new(account.clone()));
    let sections = [Section::Distributions, Section::EdgeFunctions, Section::OriginAccessIdentities].into();
    let ask = Ask { sections, ..Ask::default() };
    let read = collect::read(&aws, &account, &ask, &|_, _| {}).await;
    assert_eq!(read.distributions, account.distributions);
    assert_eq!(read.edge_functions, account.edge_functions);
    assert_eq!(read.origin_access_identities, account.origin_access_identities);
}

#[tokio::test]
async fn a_partition_without_cloudfront_is_a_gap_of_its_own_kind() {
    let error = AwsError {
        kind: Kind::NoAnswer,
        operation: "cloudfront:ListDistributions".into(),
        code: None,
        message: "dns error: no such host".into(),
        maybe_applied: false,
        blocked: None,
    };
    assert_eq!(without_endpoint(error).kind, Kind::NotSupported);
}
