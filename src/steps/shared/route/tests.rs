use super::*;
use crate::account::Account;
use crate::aws::ledger::Phase;
use crate::sim::sample::{OTHER, REGION};
use crate::sim::sample_network::{account, made_route, set};
use crate::step::{Case, Params};
use crate::steps::shared::testing::{case, simulated};

const STEP: StepId = StepId(560);
const TO_NAT: Route = Route::new(STEP, |target| target.starts_with("nat-"));
const ALL: Route = Route::new(STEP, |_| true);

fn at(id: &str) -> Target {
    Target::new(Route::KIND, id).region(REGION).vpc("vpc-1")
}

fn verdict(route: &Route, account: &Account, id: &str, scope: Scope) -> Verdict<Option<String>> {
    let (at, case) = (at(id), Case { scope, ..case(&[]) });
    let look = Look::new(&at, account, &case);
    let Now::Is(now) = route.state(&look) else { panic!("{id} is there") };
    route.contain(&now, &look)
}

fn why(verdict: Verdict<Option<String>>) -> String {
    let Verdict::Refuse(why) = verdict else { panic!("{verdict:?}") };
    why
}

fn table<'a>(account: &'a mut Account, id: &str) -> &'a mut RouteTable {
    let here = account.regions.get_mut(REGION).unwrap();
    here.route_tables.read_mut().unwrap().get_mut(id).unwrap()
}

const CUT: Verdict<Option<String>> = Verdict::Change(None);

#[test]
fn a_table_of_another_account_is_its_owners() {
    let mut account = account();
    table(&mut account, "rtb-own").owner = OTHER.into();
    let why = why(verdict(&ALL, &account, "rtb-own/0.0.0.0/0", Scope::default()));
    assert_eq!(why, format!("its table belongs to {OTHER}: only the owner can change it"));
}

#[test]
fn a_route_that_serves_a_subnet_out_of_scope_stays() {
    let scope = || Scope { subnets: set(&["subnet-1a"]), ..Scope::default() };
    let mut account = account();
    assert_eq!(verdict(&ALL, &account, "rtb-own/0.0.0.0/0", scope()), CUT);
    table(&mut account, "rtb-own").subnets.insert("subnet-1b".into());
    let why = why(verdict(&ALL, &account, "rtb-own/0.0.0.0/0", scope()));
    assert_eq!(why, "rtb-own also serves subnet-1b, which is not in scope");
    let found = |scope| {
        let here = &account.regions[REGION];
        ALL.items(REGION, here, &scope).any(|item| item.at.parts().0 == "rtb-main")
    };
    assert!(found(Scope::default()) && !found(scope()), "subnet-1b alone follows the main table");
}

#[test]
fn a_table_that_serves_nothing_loses_only_routes_to_a_gateway_that_goes() {
    let mut account = account();
    table(&mut account, "rtb-main").main = false;
    assert_eq!(verdict(&TO_NAT, &account, "rtb-main/0.0.0.0/0", Scope::default()), Verdict::Already);
    let deleting = TO_NAT.deleting(|_, gateway| gateway == "nat-1");
    assert_eq!(verdict(&deleting, &account, "rtb-main/0.0.0.0/0", Scope::default()), CUT);
    let here = account.regions.get_mut(REGION).unwrap();
    here.subnets = crate::account::Seen::default();
    let unread = verdict(&TO_NAT, &account, "rtb-main/0.0.0.0/0", Scope::default());
    assert_eq!(unread, CUT, "nobody knows what follows it");
}

#[test]
fn a_new_subnet_follows_the_main_table() {
    let mut account = account();
    account.regions.get_mut(REGION).unwrap().subnets.read_mut().unwrap().clear();
    assert_eq!(verdict(&TO_NAT, &account, "rtb-main/0.0.0.0/0", Scope::default()), CUT);
}

#[test]
fn a_blackhole_and_a_route_that_is_not_there_need_no_cut() {
    let verdict = |id| verdict(&ALL, &account(), id, Scope::default());
    assert_eq!(verdict("rtb-main/10.92.0.0/16"), Verdict::Already);
    assert_eq!(verdict("rtb-main/10.200.0.0/16"), Verdict::Already);
    assert_eq!(why(verdict("rtb-own/pl-s3")), "it belongs to the gateway endpoint vpce-s3: 570 cuts it");
    assert!(why(verdict("rtb-main/10.93.0.0/16")).contains("a Route Server advertises it"));
}

#[test]
fn the_path_of_a_kept_cidr_stays_unless_it_is_given_up() {
    let mut scope = Scope { keep_cidrs: set(&["203.0.112.7/32"]), ..Scope::default() };
    let refused = why(verdict(&ALL, &account(), "rtb-own/0.0.0.0/0", scope.clone()));
    assert_eq!(refused, keep::refusal(STEP, "203.0.112.7/32"));
    scope.lose_my_path = true;
    assert_eq!(verdict(&ALL, &account(), "rtb-own/0.0.0.0/0", scope), CUT);
}

#[test]
fn packets_must_not_find_a_wider_way_out() {
    let mut account = account();
    table(&mut account, "rtb-own").routes.insert(made_route("8.8.8.0/24", "nat-1"));
    let detour = "its packets would take 0.0.0.0/0 to igw-1 instead: cut that first (530)";
    assert_eq!(why(verdict(&TO_NAT, &account, "rtb-own/8.8.8.0/24", Scope::default())), detour);
    assert_eq!(verdict(&ALL, &account, "rtb-own/8.8.8.0/24", Scope::default()), CUT, "both go");
    let (at, case) = (Target::new("nat-gateway", "nat-1").region(REGION), case(&[]));
    let stays = TO_NAT.still_leads(&Look::new(&at, &account, &case), "nat-1").unwrap();
    assert_eq!(stays, format!("rtb-own leads to it for 8.8.8.0/24: {detour}"));
}

#[test]
fn a_route_to_a_gateway_made_again_is_the_route_of_before() {
    let (mut account, case, at) = (account(), case(&[]), at("rtb-main/0.0.0.0/0"));
    let routes = &mut table(&mut account, "rtb-main").routes;
    routes.remove(&made_route("0.0.0.0/0", "nat-1"));
    routes.insert(made_route("0.0.0.0/0", "nat-9"));
    case.names.set(&crate::step::alias("nat-1"), "nat-9");
    assert_eq!(TO_NAT.state(&Look::new(&at, &account, &case)), Now::Is(Some("nat-1".into())));
}

#[tokio::test]
async fn a_write_sends_nothing_that_is_already_so_and_overwrites_nothing() {
    let (simulation, aws) = simulated(account(), &case(&[]));
    let at = at("rtb-main/0.0.0.0/0");
    let led = |to: &str| Some(to.to_owned());
    let write = async |from: Option<String>, to: Option<String>| {
        let before = aws.ledger().len();
        TO_NAT.write(Write::new(&aws, &at, &from, &to, &Params::new())).await?;
        Ok::<usize, StepError>(aws.ledger().len() - before)
    };
    let _phase = aws.enter(Phase::Apply);
    assert_eq!(write(led("nat-1"), None).await.unwrap(), 2);
    assert_eq!(write(led("nat-1"), None).await.unwrap(), 1);
    assert_eq!(write(None, led("nat-1")).await.unwrap(), 2);
    assert_eq!(write(None, led("nat-1")).await.unwrap(), 1);
    simulation.meddle(|account| {
        let routes = &mut table(account, "rtb-main").routes;
        routes.remove(&made_route("0.0.0.0/0", "nat-1"));
        routes.insert(made_route("0.0.0.0/0", "igw-1"));
    });
    let taken = write(None, led("nat-1")).await.unwrap_err().to_string();
    assert_eq!(taken, "a route to igw-1 has taken its place");
}
