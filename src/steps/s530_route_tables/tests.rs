use super::isolation::TableBody;
use super::*;
use crate::sim::sample::{OTHER, REGION};
use crate::sim::sample_network::{account, made_route, route, set};
use crate::step::{Lens, Look, Now, Scope, Target, Verdict};
use crate::steps::shared::testing;

fn case(way: &str, scope: Scope) -> Case {
    Case { scope, ..testing::case(&[("way", way)]) }
}

fn keeping(cidr: &str) -> Scope {
    Scope { keep_cidrs: set(&[cidr]), ..Scope::default() }
}

/// What becomes of each target: its id, and `→` a state, `already`, or the refusal.
fn verdicts(account: &Account, case: &Case) -> Vec<String> {
    let mut items = RouteTables.find(account, case).items;
    items.sort_by(|a, b| (a.rank, &a.at).cmp(&(b.rank, &b.at)));
    let step: &dyn Step = &RouteTables;
    let told = |item: crate::step::Item| {
        let (at, lens) = (&item.at, step.lens(&item.at));
        let look = Look::new(at, account, case);
        let Now::Is(now) = lens.state(&look) else { panic!("{at} is not there") };
        let verdict = match lens.contain(&now, &look).unwrap() {
            Verdict::Change(to) => lens.show(&to).unwrap(),
            Verdict::Lasting(to, _) => format!("{}, lasting", lens.show(&to).unwrap()),
            Verdict::Already => "already".into(),
            Verdict::Refuse(why) => why,
        };
        format!("{} {}: {verdict}", at.kind, at.id)
    };
    items.into_iter().map(told).collect()
}

#[test]
fn a_whole_vpc_goes_by_its_main_association_and_its_own_tables() {
    assert_eq!(
        verdicts(&account(), &case("swap", Scope::default())),
        [
            "isolation-table vpc-1: a table with local routes only".to_owned(),
            "main-table vpc-1: isolation table".into(),
            "subnet subnet-1a: isolation table".into(),
            format!("subnet subnet-2a: shared from {OTHER}: only its owner can change the route table"),
        ]
    );
}

#[test]
fn a_narrow_scope_moves_only_its_own_subnets() {
    let scope = Scope { subnets: set(&["subnet-1b"]), ..Scope::default() };
    assert_eq!(
        verdicts(&account(), &case("swap", scope)),
        ["isolation-table vpc-1: a table with local routes only", "subnet subnet-1b: isolation table"]
    );
}

#[test]
fn routes_go_one_by_one_and_some_do_not() {
    let told = verdicts(&account(), &case("delete", Scope::default()));
    let of =
        |id: &str| told.iter().find(|line| line.contains(id)).unwrap_or_else(|| panic!("{id} in {told:?}"));
    assert!(of("rtb-own/0.0.0.0/0:").ends_with("no route"));
    assert!(of("rtb-own/::/0:").ends_with("no route"));
    assert!(of("rtb-own/pl-office:").ends_with("no route"));
    assert!(of("rtb-own/10.94.0.0/16:").ends_with("no route"), "a Gateway Load Balancer's endpoint");
    assert!(of("rtb-own/pl-s3:").ends_with("it belongs to the gateway endpoint vpce-s3: 570 cuts it"));
    assert!(of("rtb-main/10.93.0.0/16:").contains("a Route Server advertises it"));
    assert!(of("rtb-main/10.92.0.0/16:").ends_with("already"), "a blackhole");
    assert!(of("rtb-main/vgw-1:").ends_with("does not propagate"));
    assert!(of("subnet-2a").contains("shared from"));
    assert!(!told.iter().any(|line| line.contains("10.0.0.0/16") || line.contains("rtb-edge")), "{told:?}");
}

#[test]
fn a_table_that_serves_more_than_the_scope_keeps_its_routes() {
    let mut account = account();
    let tables = account.regions.get_mut(REGION).unwrap().route_tables.read_mut().unwrap();
    tables.get_mut("rtb-own").unwrap().subnets.insert("subnet-1b".into());
    let scope = Scope { subnets: set(&["subnet-1a"]), ..Scope::default() };
    let told = verdicts(&account, &case("delete", scope));
    assert!(
        told.contains(
            &"route rtb-own/0.0.0.0/0: rtb-own also serves subnet-1b, which is not in scope".into()
        )
    );
}

#[test]
fn the_path_of_a_kept_cidr_is_not_cut_by_accident() {
    let refused = |cidr: &str, id: &str| {
        let told = verdicts(&account(), &case("swap", keeping(cidr)));
        let line = told.iter().find(|line| line.contains(id)).cloned();
        line.is_some_and(|line| line.contains(&format!("530 cuts the path of {cidr} that --keep-cidr keeps")))
    };
    assert!(refused("203.0.112.7/32", "subnet-1a"), "by 0.0.0.0/0");
    assert!(refused("2001:db8:9999::/48", "subnet-1a"), "by ::/0");
    assert!(refused("10.50.1.0/24", "main-table vpc-1"), "by VPN");
    assert!(!refused("2001:db8:9999::/48", "main-table vpc-1"), "no way by IPv6 there");
    assert!(!refused("10.0.1.0/24", "subnet-1a"), "a local route is longer");
    assert!(!refused("203.0.113.7/32", "subnet-1a"), "a gateway endpoint takes these packets");
    let mut scope = keeping("203.0.112.7/32");
    scope.lose_my_path = true;
    assert!(verdicts(&account(), &case("swap", scope)).contains(&"subnet subnet-1a: isolation table".into()));
    let told = verdicts(&account(), &case("delete", keeping("198.51.100.9/32")));
    let of = |id: &str| told.iter().find(|line| line.contains(id)).cloned().unwrap_or_default();
    assert!(of("rtb-own/pl-office:").contains("--keep-cidr"), "by a prefix list");
    assert!(of("rtb-own/10.99.0.0/16:").ends_with("no route"));
}

#[test]
fn nothing_is_made_for_a_vpc_that_nothing_changes_in() {
    let told = verdicts(&account(), &case("swap", keeping("0.0.0.0/0")));
    assert!(!told.iter().any(|line| line.starts_with("isolation-table")), "{told:?}");
}

#[test]
fn a_reopened_isolation_table_is_closed_step_by_step_and_stays_closed() {
    let propagated = route("10.50.0.0/16", "vgw-1", "EnableVgwRoutePropagation");
    let open = Some(TableBody {
        routes: [propagated, made_route("0.0.0.0/0", "igw-1"), made_route("::/0", "igw-1")].into(),
        propagating: set(&["vgw-1"]),
    });
    let (lens, closed) = (Made(IsolationTable), Some(TableBody::default()));
    let left: Vec<String> = lens.passes(&open, &closed).iter().map(|s| lens.show(s)).collect();
    assert_eq!(left, ["a table with 2 routes out", "a table with 1 route out"]);
    let at = Target::new(Made::<IsolationTable>::KIND, "vpc-1").region(REGION).vpc("vpc-1");
    let verdict = lens.contain(&open, &Look::new(&at, &account(), &case("swap", Scope::default())));
    assert!(matches!(verdict, Verdict::Lasting(to, _) if to == closed));
}
