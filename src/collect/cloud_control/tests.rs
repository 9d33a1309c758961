use std::sync::{Arc, Mutex};

use super::*;
use crate::account::{Account, Caller, Cause, Region, Section};
use crate::aws::scripted::{Script, scripted};
use crate::collect::{Ask, identify, read};
use crate::sim::{Simulation, sample};

const EKS: &str = "AWS::EKS::Cluster";
const ACCESS: &str = "/ResourcesVpcConfig/EndpointPublicAccess";

fn properties(of: &[(&str, &str)]) -> Seen<Properties> {
    Seen::Read(of.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect())
}

fn ask(section: Section, region: &str) -> Ask {
    Ask { sections: [section].into(), regions: Some([region.to_owned()].into()), ..Ask::default() }
}

#[tokio::test]
async fn resources_are_read_as_they_are_shown_one_a_page_too() {
    let clusters = [
        ("shop", properties(&[(ACCESS, "true"), ("/ResourcesVpcConfig/PublicAccessCidrs", "0.0.0.0/0")])),
        ("batch", properties(&[(ACCESS, "false")])),
    ];
    let network = r#"[{"AllowFromPublic":true}]"#;
    let policy = ("network|front", properties(&[("/Policy", network), ("/Name", "front")]));
    let apps = [("arn:aws:amplify:us-east-1:111111111111:apps/d1", properties(&[("/Name", "site")]))];
    let of = |all: &[(&str, Seen<Properties>)]| {
        Seen::Read(all.iter().map(|(id, one)| ((*id).to_owned(), one.clone())).collect::<OfType>())
    };
    let doors = Seen::Read(Resources {
        types: [
            (EKS.to_owned(), of(&clusters)),
            ("AWS::Amplify::App".to_owned(), of(&apps)),
            ("AWS::OpenSearchServerless::SecurityPolicy".to_owned(), of(&[policy])),
        ]
        .into(),
        not_offered: ["AWS::AppRunner::Service".to_owned()].into(),
    });
    let detector = [("d1", properties(&[("/Enable", "true")]))];
    let watchers = Seen::Read(Resources {
        types: [("AWS::GuardDuty::Detector".to_owned(), of(&detector))].into(),
        ..Resources::default()
    });
    // Eleven stages: the tenth place of a list is not the second.
    let named: Vec<(String, &str)> = (0..11).map(|at| (format!("/Stages/{at}/Name"), "a name")).collect();
    let deploy = [
        ("/Stages/3/Actions/0/ActionTypeId/Provider", "S3"),
        ("/Stages/3/Actions/1/ActionTypeId/Provider", "CloudFormation"),
        ("/Stages/3/Actions/1/Configuration/StackName", "net"),
        ("/Stages/3/Actions/1/Region", "us-east-1"),
    ];
    let stages = named.iter().map(|(at, text)| (at.as_str(), *text)).chain(deploy);
    let stages = properties(&stages.collect::<Vec<_>>());
    let pipelines = Seen::Read(Resources {
        types: [("AWS::CodePipeline::Pipeline".to_owned(), of(&[("shop", stages)]))].into(),
        ..Resources::default()
    });
    let mut account = sample::account();
    let here = account.regions.entry(sample::REGION.into()).or_default();
    *here = Region {
        other_doors: doors.clone(),
        watchers: watchers.clone(),
        pipelines: pipelines.clone(),
        ..Region::empty()
    };
    for one_a_page in [false, true] {
        let simulation = Simulation::new(account.clone());
        if one_a_page {
            simulation.one_item_a_page();
        }
        let aws = Aws::simulated(simulation);
        let known = identify(&aws).await.unwrap();
        let mut ask = ask(Section::OtherDoors, sample::REGION);
        ask.sections.extend([Section::Watchers, Section::Pipelines]);
        let read = read(&aws, &known, &ask, &|_, _| {}).await;
        assert_eq!(read.regions[sample::REGION].other_doors, doors);
        assert_eq!(read.regions[sample::REGION].watchers, watchers);
        assert_eq!(read.regions[sample::REGION].pipelines, pipelines);
    }
}

#[tokio::test]
async fn of_a_pipeline_its_stages_and_stacks_are_kept_and_no_variables() {
    let aws = scripted(|asked| {
        if asked.text.contains("CloudApiService.ListResources") {
            return Script::says(
                200,
                r#"{"TypeName":"AWS::CodePipeline::Pipeline","ResourceDescriptions":[{"Identifier":"shop","Properties":"{\"Name\":\"shop\"}"}]}"#,
            );
        }
        let stages = r#"[{\"Name\":\"Source\",\"Actions\":[{\"ActionTypeId\":{\"Provider\":\"GitHub\"},\"Configuration\":{\"OAuthToken\":\"secret\"}}]},{\"Name\":\"Deploy\",\"Actions\":[{\"ActionTypeId\":{\"Provider\":\"CloudFormation\"},\"Configuration\":{\"StackName\":\"net\"}}]}]"#;
        Script::says(
            200,
            format!(
                r#"{{"TypeName":"AWS::CodePipeline::Pipeline","ResourceDescription":{{"Identifier":"shop","Properties":"{{\"Stages\":{stages}}}"}}}}"#
            ),
        )
    });
    let of = crate::account::pipelines::PIPELINES[0];
    let Listed::There(all) = of_type(&aws, "eu-west-1", of).await.unwrap() else { panic!("it is there") };
    let kept = all["shop"].read().unwrap();
    assert_eq!(kept["/Stages/1/Actions/0/Configuration/StackName"], "net");
    assert_eq!(kept["/Stages/0/Name"], "Source");
    assert!(!format!("{kept:?}").contains("secret"), "{kept:?}");
}

#[tokio::test]
async fn a_list_without_an_end_is_a_gap_of_its_type() {
    for never in [Simulation::tokens_never_end, Simulation::tokens_repeat] {
        let mut account = sample::account();
        let types =
            [(EKS.to_owned(), Seen::Read([("shop".to_owned(), properties(&[(ACCESS, "true")]))].into()))];
        let doors = Resources { types: types.into(), ..Resources::default() };
        account.regions.get_mut(sample::REGION).unwrap().other_doors = Seen::Read(doors);
        let simulation = Simulation::new(account);
        never(&simulation);
        let aws = Aws::simulated(simulation);
        let error = of_type(&aws, sample::REGION, eks()).await.err().unwrap();
        assert_eq!(error.kind, Kind::Unusable, "{error}");
    }
}

fn eks() -> &'static ResourceType {
    DOORS.iter().map(|door| &door.of).find(|of| of.name == EKS).unwrap()
}

fn list(of: &str) -> Script {
    Script::says(200, format!(r#"{{"TypeName":"AWS::EKS::Cluster","ResourceDescriptions":[{of}]}}"#))
}

fn refused(code: &str, message: &str) -> Script {
    Script::says(400, format!(r#"{{"__type":"com.amazonaws.cloudapiservice#{code}","Message":"{message}"}}"#))
}

/// What the section is where AWS answers so to each call of a type; `other` where it is another.
async fn doors(answer: impl Fn(&str) -> Script + Send + Sync + 'static) -> Seen<Resources> {
    let aws = scripted(move |asked| answer(&asked.text));
    let arn = "arn:aws:iam::123456789012:user/akari".to_owned();
    let known = Account::unread("123456789012", Caller { arn, ..Caller::default() });
    let mut read = read(&aws, &known, &ask(Section::OtherDoors, "eu-west-1"), &|_, _| {}).await;
    read.regions.remove("eu-west-1").unwrap().other_doors
}

/// The same, where every other type is there and has no resource.
async fn clusters(answer: impl Fn(&str) -> Script + Send + Sync + 'static) -> Resources {
    let all = doors(move |text| if text.contains(EKS) { answer(text) } else { list("") }).await;
    all.read().unwrap().clone()
}

fn gap_of(resources: &Resources) -> &crate::account::Gap {
    resources.types[EKS].gap().unwrap()
}

#[tokio::test]
async fn a_cluster_that_is_listed_by_its_name_is_asked_for_by_itself() {
    let found = clusters(|text| {
        if text.contains("CloudApiService.ListResources") {
            assert!(!text.contains("MaxResults"), "AWS does not heed it");
            return list(r#"{"Identifier":"shop","Properties":"{\"Name\":\"shop\"}"}"#);
        }
        let properties = r#"{\"Name\":\"shop\",\"ResourcesVpcConfig\":{\"EndpointPublicAccess\":true,\"PublicAccessCidrs\":[\"198.51.100.0/24\",\"203.0.113.7/32\"]}}"#;
        Script::says(
            200,
            format!(
                r#"{{"TypeName":"AWS::EKS::Cluster","ResourceDescription":{{"Identifier":"shop","Properties":"{properties}"}}}}"#
            ),
        )
    })
    .await;
    let shop = found.types[EKS].item("shop").unwrap().read().unwrap();
    assert_eq!(shop[ACCESS], "true");
    assert_eq!(shop["/ResourcesVpcConfig/PublicAccessCidrs"], "198.51.100.0/24, 203.0.113.7/32");
    assert_eq!(shop.len(), 2, "the name and the rest are not kept: {shop:?}");
}

#[tokio::test]
async fn a_cluster_that_is_listed_with_what_must_be_known_is_not_asked_for() {
    let found = clusters(|text| {
        assert!(text.contains("CloudApiService.ListResources"), "{text}");
        list(
            r#"{"Identifier":"shop","Properties":"{\"ResourcesVpcConfig\":{\"EndpointPublicAccess\":false,\"PublicAccessCidrs\":null}}"}"#,
        )
    })
    .await;
    assert_eq!(found.types[EKS].item("shop"), Some(&properties(&[(ACCESS, "false")])));
}

#[tokio::test]
async fn a_cluster_that_is_gone_meanwhile_is_left_out() {
    let found = clusters(|text| {
        if text.contains("CloudApiService.ListResources") {
            return list(r#"{"Identifier":"shop","Properties":"{}"}"#);
        }
        refused("ResourceNotFoundException", "Resource was not found")
    })
    .await;
    assert_eq!(found, Resources::default());
}

#[tokio::test]
async fn a_denial_has_many_codes_and_is_one_cause() {
    for (code, message) in [
        ("AccessDeniedException", "User: x is not authorized to perform: eks:ListClusters"),
        ("GeneralServiceException", "User: x is not authorized to perform: eks:ListClusters (Service: Eks)"),
        ("InvalidRequestException", "AccessDenied: no"),
    ] {
        let found = clusters(move |_| refused(code, message)).await;
        assert_eq!(gap_of(&found).cause, Cause::Denied, "{code}: {found:?}");
    }
    let gets = clusters(|text| {
        if text.contains("CloudApiService.ListResources") {
            return list(r#"{"Identifier":"shop","Properties":"{}"}"#);
        }
        refused("GeneralServiceException", "User: x is not authorized to perform: eks:DescribeCluster")
    })
    .await;
    let one = gets.types[EKS].item("shop").unwrap().gap().unwrap();
    assert_eq!((one.cause, one.call.as_str()), (Cause::Denied, "cloudcontrol:GetResource"));
}

#[tokio::test]
async fn other_failures_are_no_absence() {
    for (code, cause) in [
        ("UnsupportedActionException", Cause::NotSupported),
        ("GeneralServiceException", Cause::Failed),
        ("InvalidRequestException", Cause::Failed),
        ("ResourceNotFoundException", Cause::Failed),
        ("ServiceInternalErrorException", Cause::Unreachable),
        ("ThrottlingException", Cause::Throttled),
    ] {
        let found = clusters(move |_| refused(code, "it did not work")).await;
        assert_eq!(gap_of(&found).cause, cause, "{code}");
    }
}

#[tokio::test]
async fn a_region_without_the_type_is_named_and_is_no_gap() {
    let found =
        clusters(|_| refused("TypeNotFoundException", "The type 'AWS::EKS::Cluster' cannot be found.")).await;
    assert!(found.types.is_empty() && found.not_offered.contains(EKS), "{found:?}");
}

#[tokio::test]
async fn a_failure_of_every_type_is_one_gap_of_the_section() {
    let asked = Arc::new(Mutex::new(0));
    let counted = asked.clone();
    let all = doors(move |_| {
        *counted.lock().unwrap() += 1;
        refused("AccessDeniedException", "User: x is not authorized to perform: cloudformation:ListResources")
    })
    .await;
    assert_eq!(all.gap().unwrap().cause, Cause::Denied);
    let here = DOORS.iter().filter(|door| door.of.only_in.is_none()).count();
    assert_eq!(
        *asked.lock().unwrap(),
        here,
        "each type is asked for once, and those of another Region never"
    );
}

#[tokio::test]
async fn a_list_without_its_member_is_no_empty_list() {
    let found = clusters(|_| Script::says(200, r#"{"TypeName":"AWS::EKS::Cluster"}"#)).await;
    assert!(gap_of(&found).detail.contains("it lacks ResourceDescriptions"), "{found:?}");
}

#[tokio::test]
async fn a_service_that_is_off_has_no_resource() {
    let hub = |code: &'static str, message: &'static str| {
        scripted(
            move |asked| {
                if asked.text.contains("SecurityHub") { refused(code, message) } else { list("") }
            },
        )
    };
    let known = Account::unread("123456789012", Caller::default());
    for (code, message, types) in [
        ("GeneralServiceException", "Account 123456789012 is not subscribed to AWS Security Hub", 0),
        ("ResourceNotFoundException", "no", 1),
        ("GeneralServiceException", "it did not work", 2),
    ] {
        let aws = hub(code, message);
        let read = read(&aws, &known, &ask(Section::Watchers, "eu-west-1"), &|_, _| {}).await;
        let here = read.regions["eu-west-1"].watchers.read().unwrap();
        assert_eq!(here.types.len(), types, "{code}: {here:?}");
    }
}
