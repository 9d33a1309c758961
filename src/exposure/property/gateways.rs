//! Random gateways, links, endpoints and load balancers.

use super::random::{ME, Make, REGION, add, vpc_name};
use crate::account::*;
use crate::dice::Dice;

impl Make<'_> {
    pub fn links(&mut self) {
        for n in 0..2 {
            if self.dice.percent(92) {
                let gateway =
                    InternetGateway { owner: ME.into(), vpc: Some(vpc_name(n)), ..Default::default() };
                add(&mut self.region.internet_gateways, format!("igw-{n}"), gateway);
            }
            add(
                &mut self.region.egress_gateways,
                format!("eigw-{n}"),
                EgressGateway { vpc: vpc_name(n), ..Default::default() },
            );
        }
        let attachment = if self.dice.percent(90) { "attached" } else { "detached" };
        let vgw = VpnGateway {
            vpc: Some(vpc_name(0)),
            attachment: attachment.into(),
            state: "available".into(),
            ..Default::default()
        };
        add(&mut self.region.vpn_gateways, "vgw-0", vgw);
        let side = |n: usize| PeeringSide {
            vpc: vpc_name(n),
            owner: ME.into(),
            cidrs: [format!("10.{n}.0.0/16")].into(),
            ipv6_cidrs: [format!("2001:db8:{}::/56", ["a", "b", "c"][n])].into(),
            ..PeeringSide::default()
        };
        let foreign = PeeringSide {
            vpc: "vpc-far".into(),
            owner: "999900001111".into(),
            cidrs: ["172.20.0.0/16".to_owned()].into(),
            ..Default::default()
        };
        let state = |dice: &mut Dice| if dice.percent(93) { "active" } else { "pending-acceptance" };
        let ab = Peering {
            requester: side(0),
            accepter: side(1),
            state: state(self.dice).into(),
            ..Default::default()
        };
        let far = Peering {
            requester: foreign,
            accepter: side(0),
            state: state(self.dice).into(),
            ..Default::default()
        };
        add(&mut self.region.peerings, "pcx-ab", ab);
        add(&mut self.region.peerings, "pcx-far", far);
        let owner = if self.dice.percent(70) { ME } else { "999900001111" };
        for (kind, resource) in [("vpc", "vpc-a"), ("vpc", "vpc-b"), ("vpc", "vpc-c"), ("vpn", "vpn-1")] {
            if self.dice.percent(85) {
                let association = if owner == ME && self.dice.percent(85) { "associated" } else { "" };
                let attachment = TransitAttachment {
                    gateway: "tgw-1".into(),
                    gateway_owner: owner.into(),
                    kind: kind.into(),
                    resource: resource.into(),
                    resource_owner: ME.into(),
                    state: if self.dice.percent(95) { "available" } else { "deleted" }.into(),
                    association: association.into(),
                    ..Default::default()
                };
                add(&mut self.region.transit_attachments, format!("tgw-attach-{resource}"), attachment);
            }
        }
    }

    pub fn nat(&mut self) {
        for (id, host, connectivity) in [("nat-pub", 200, "public"), ("nat-priv", 201, "private")] {
            let subnet = self.dice.below(4);
            let address = NatAddress {
                primary: true,
                private_ip: Some(format!("10.0.{subnet}.{host}")),
                public_ip: (connectivity == "public").then(|| "54.9.9.9".into()),
                ..NatAddress::default()
            };
            let nat = NatGateway {
                vpc: vpc_name(0),
                subnet: Some(format!("subnet-a{subnet}")),
                state: if self.dice.percent(93) { "available" } else { "failed" }.into(),
                connectivity: connectivity.into(),
                addresses: [address].into(),
                ..NatGateway::default()
            };
            add(&mut self.region.nat_gateways, id, nat);
        }
    }

    pub fn endpoints(&mut self) {
        let deny = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
        let endpoint = |kind: &str| Endpoint {
            vpc: vpc_name(0),
            owner: ME.into(),
            kind: kind.into(),
            state: "available".into(),
            ..Endpoint::default()
        };
        let policy = |dice: &mut Dice| dice.percent(10).then(|| deny.to_owned());
        let s3 = Endpoint { policy: policy(self.dice), ..endpoint("Gateway") };
        add(&mut self.region.endpoints, "vpce-s3", s3);
        let firewall = Endpoint {
            subnets: [format!("subnet-a{}", self.dice.below(4))].into(),
            ..endpoint("GatewayLoadBalancer")
        };
        add(&mut self.region.endpoints, "vpce-fw", firewall);
        let mut ssm = Endpoint { policy: policy(self.dice), ..endpoint("Interface") };
        let subnet = self.dice.below(4);
        let mut interface = self.interface(0, subnet, 220);
        (interface.kind, interface.public_ip) = ("vpc_endpoint".into(), None);
        interface.secondary.clear();
        ssm.groups.clone_from(&interface.groups);
        ssm.subnets.insert(interface.subnet.clone());
        ssm.interfaces.insert("eni-ssm".into());
        add(&mut self.region.interfaces, "eni-ssm", interface);
        add(&mut self.region.endpoints, "vpce-ssm", ssm);
    }

    pub fn balancers(&mut self) {
        for (kind, short, host) in [("application", "app", 230), ("network", "net", 231)] {
            let arn = format!("arn:aws:elasticloadbalancing:{REGION}:{ME}:loadbalancer/{short}/web/1");
            let facing = self.dice.percent(75);
            let mut balancer = LoadBalancer {
                vpc: vpc_name(0),
                kind: kind.into(),
                scheme: if facing { "internet-facing" } else { "internal" }.into(),
                state: "active".into(),
                ..LoadBalancer::default()
            };
            if kind == "application" || self.dice.percent(50) {
                balancer.groups.insert(format!("sg-a{}", self.dice.below(4)));
            }
            let first = self.dice.below(4);
            for subnet in [first, (first + 1) % 4] {
                balancer.subnets.insert(format!("subnet-a{subnet}"));
                let mut node = self.interface(0, subnet, host);
                (node.groups, node.description) = (balancer.groups.clone(), format!("ELB {short}/web/1"));
                node.secondary.clear();
                node.public_ip = facing.then(|| format!("54.0.{subnet}.{host}"));
                if self.dice.percent(85) {
                    add(&mut self.region.interfaces, format!("eni-{short}{subnet}"), node);
                }
            }
            let protocols: &[&str] = if short == "app" { &["HTTP", "HTTPS"] } else { &["TCP", "UDP", "TLS"] };
            for _ in 0..=self.dice.below(2) {
                let port = *self.dice.pick(&[80, 443, 3005]);
                balancer.listeners.insert(Listener { protocol: (*self.dice.pick(protocols)).into(), port });
            }
            for (t, by) in [(0, "instance"), (1, "ip")] {
                let protocol =
                    if short == "app" { "HTTP" } else { *self.dice.pick(&["TCP", "UDP", "TCP_UDP"]) };
                let mut group = TargetGroup {
                    vpc: vpc_name(0),
                    protocol: protocol.into(),
                    port: Some(8080),
                    kind: by.into(),
                    load_balancers: [arn.clone()].into(),
                    ..TargetGroup::default()
                };
                for _ in 0..2 {
                    let host = self.dice.below(7);
                    let id = format!("eni-a{host}");
                    let ip = self.region.interfaces.item(&id).unwrap().private_ip.clone().unwrap();
                    let id = if by == "ip" { ip } else { format!("i-0{host}") };
                    let port = *self.dice.pick(&[None, Some(443), Some(3000)]);
                    group.targets.insert(BackendTarget { id, port, zone: None });
                }
                add(&mut self.region.target_groups, format!("{short}-{t}"), group);
            }
            if short == "net" && self.dice.percent(50) {
                let state = if self.dice.percent(70) { "available" } else { "rejected" };
                let consumer = EndpointConnection { owner: "999900001111".into(), state: state.into() };
                let service = EndpointService {
                    load_balancers: [arn.clone()].into(),
                    connections: [("vpce-other".to_owned(), consumer)].into(),
                    ..Default::default()
                };
                add(&mut self.region.endpoint_services, "vpce-svc-1", service);
            }
            add(&mut self.region.load_balancers, arn, balancer);
        }
    }

    /// Rules of the Application Load Balancer's listeners.
    pub fn listener_rules(&mut self) {
        let known = self.region.load_balancers.items().find(|(_, known)| known.kind == "application");
        let Some((arn, balancer)) = known.map(|(arn, known)| (arn.clone(), known.clone())) else { return };
        for listener in &balancer.listeners {
            let name = |number: &str| format!("{}-{}-{number}", listener.protocol, listener.port);
            for number in 1..=self.dice.below(3) as u32 {
                let rule = self.listener_rule(&arn, listener, Some(number));
                add(&mut self.region.listener_rules, name(&number.to_string()), rule);
            }
            let rule = self.listener_rule(&arn, listener, None);
            add(&mut self.region.listener_rules, name("default"), rule);
        }
    }

    /// A rule for some paths or for all, which answers or passes on.
    fn listener_rule(&mut self, balancer: &str, listener: &Listener, priority: Option<u32>) -> ListenerRule {
        let one = format!("/{}/*", priority.unwrap_or_default());
        let path = if self.dice.percent(50) { "*".to_owned() } else { one };
        let condition =
            RuleCondition { field: "path-pattern".into(), values: [path].into(), ..RuleCondition::default() };
        let fixed = self.dice.percent(60).then(FixedResponse::default);
        ListenerRule {
            listener: format!("{balancer}/{}", listener.port),
            balancer: balancer.into(),
            protocol: listener.protocol.clone(),
            port: listener.port,
            priority,
            conditions: priority.map(|_| condition).into_iter().collect(),
            actions: vec![RuleAction { fixed, ..RuleAction::default() }],
            ..ListenerRule::default()
        }
    }

    pub fn client_vpn(&mut self) {
        if self.dice.percent(40) {
            return;
        }
        let authorization = Authorization {
            cidr: (*self.dice.pick(&["10.0.0.0/16", "10.0.1.0/24", "0.0.0.0/0"])).into(),
            status: "active".into(),
            ..Default::default()
        };
        let vpn = ClientVpn {
            vpc: Some(vpc_name(0)),
            status: "available".into(),
            groups: [format!("sg-a{}", self.dice.below(4))].into(),
            targets: [format!("subnet-a{}", self.dice.below(4))].into(),
            authorizations: [authorization].into(),
            ..ClientVpn::default()
        };
        add(&mut self.region.client_vpns, "cvpn-1", vpn);
    }
}
