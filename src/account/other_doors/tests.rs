use std::collections::BTreeSet;

use super::*;

fn properties(of: &[(&str, &str)]) -> Properties {
    of.iter().map(|(at, text)| ((*at).to_owned(), (*text).to_owned())).collect()
}

fn door(name: &str) -> &'static Door {
    DOORS.iter().find(|door| door.of.name == name).unwrap()
}

#[test]
fn the_table_is_sorted_and_keeps_what_its_rows_look_at() {
    let names: Vec<&str> = DOORS.iter().map(|door| door.of.name).collect();
    assert!(names.is_sorted() && names.iter().collect::<BTreeSet<_>>().len() == names.len(), "{names:?}");
    for door in DOORS {
        let of = &door.of;
        let kept: BTreeSet<&str> = of.pointers().collect();
        let mut looked_at: BTreeSet<&str> = door.more.iter().map(|(at, _)| *at).collect();
        looked_at.extend([door.name].into_iter().filter(|name| !name.is_empty()));
        match &door.open {
            Open::Always => {}
            Open::Unless(at, _) => drop(looked_at.insert(at)),
            Open::Where(signs) => {
                looked_at.extend(signs.iter().map(|(at, _)| *at));
                // Without it a door of which nothing is known would be called private.
                assert!(!of.asked.is_empty(), "{} asks for nothing", of.name);
            }
        }
        assert!(looked_at.is_subset(&kept), "{}: {looked_at:?} of {kept:?}", of.name);
        assert!(of.asked.is_empty() == of.get.is_empty(), "{}: who reads what is asked?", of.name);
        assert!(kept.iter().all(|at| at.starts_with('/')), "{}: {kept:?}", of.name);
        assert!(!of.list.is_empty() && !door.noun.is_empty() && door.by_hand.len() > 10, "{}", of.name);
    }
}

#[test]
fn a_door_is_public_by_its_sign_and_private_only_where_its_properties_say_so() {
    let eks = door("AWS::EKS::Cluster");
    let access = "/ResourcesVpcConfig/EndpointPublicAccess";
    assert_eq!(eks.reached(&properties(&[(access, "true")])), Reached::Public);
    assert_eq!(eks.reached(&properties(&[(access, "false")])), Reached::Private);
    assert_eq!(eks.reached(&properties(&[])), Reached::Unsaid);
}

#[test]
fn a_transfer_server_in_a_vpc_is_public_by_its_elastic_addresses() {
    let server = door("AWS::Transfer::Server");
    let vpc = ("/EndpointType", "VPC");
    assert_eq!(server.reached(&properties(&[vpc])), Reached::Private);
    let addresses = ("/EndpointDetails/AddressAllocationIds", "eipalloc-1");
    assert_eq!(server.reached(&properties(&[vpc, addresses])), Reached::Public);
    assert_eq!(server.reached(&properties(&[("/EndpointType", "PUBLIC")])), Reached::Public);
}

#[test]
fn an_api_of_appsync_is_public_unless_it_is_private() {
    let api = door("AWS::AppSync::GraphQLApi");
    assert_eq!(api.reached(&properties(&[("/Visibility", "PRIVATE")])), Reached::Private);
    assert_eq!(api.reached(&properties(&[("/Visibility", "GLOBAL")])), Reached::Public);
    assert_eq!(api.reached(&properties(&[])), Reached::Public);
}

#[test]
fn a_network_policy_is_public_where_one_of_its_rules_lets_the_public_in() {
    let policy = door("AWS::OpenSearchServerless::SecurityPolicy");
    let of = |text: &str| policy.reached(&properties(&[("/Policy", text)]));
    assert_eq!(of(r#"[{"Rules":[],"AllowFromPublic" : true}]"#), Reached::Public);
    assert_eq!(of(r#"[{"Rules":[],"AllowFromPublic":false,"SourceVPCEs":["vpce-1"]}]"#), Reached::Private);
    assert_eq!(of("no JSON"), Reached::Public);
}

#[test]
fn a_door_is_called_by_its_name_or_by_the_end_of_its_identifier() {
    let service = door("AWS::AppRunner::Service");
    let arn = "arn:aws:apprunner:us-east-1:111111111111:service/shop/8f";
    assert_eq!(service.called(arn, &properties(&[("/ServiceName", "shop")])), "shop");
    assert_eq!(service.called(arn, &properties(&[])), "8f");
    assert_eq!(door("AWS::EKS::Cluster").called("shop", &properties(&[])), "shop");
}
