//! Random route tables, and Block Public Access.

use super::random::{ME, Make, REGION, add, vpc_name};
use crate::account::*;

impl Make<'_> {
    pub fn tables(&mut self, n: usize) {
        const TARGETS: [[&[&str]; 2]; 3] = [
            [
                &[
                    "igw-0", "igw-0", "igw-0", "nat-pub", "nat-pub", "nat-pub", "nat-priv", "eni-a0",
                    "eni-a0", "eni-a1", "vgw-0", "tgw-1", "vpce-fw", "pcx-far", "lgw-1", "cagw-1",
                ],
                &["igw-0", "igw-0", "igw-0", "eigw-0", "eigw-0", "eni-a0", "tgw-1", "vpce-fw"],
            ],
            [&["igw-1", "igw-1", "tgw-1", "pcx-ab", "nat-pub"], &["igw-1", "eigw-1", "pcx-ab", "tgw-1"]],
            [&["tgw-1", "tgw-1", "igw-0"], &["tgw-1"]],
        ];
        let letter = ["a", "b", "c"][n];
        for t in 0..4 {
            let mut table =
                RouteTable { vpc: vpc_name(n), owner: ME.into(), main: t == 0, ..RouteTable::default() };
            let route = |destination: &str, target: &str, origin: &str, blackhole| Route {
                destination: destination.into(),
                target: target.into(),
                origin: origin.into(),
                blackhole,
            };
            table.routes.insert(route(&format!("10.{n}.0.0/16"), "local", "CreateRouteTable", false));
            table.routes.insert(route(
                &format!("2001:db8:{letter}::/56"),
                "local",
                "CreateRouteTable",
                false,
            ));
            let mut wanted: Vec<(&str, String)> = vec![];
            let other = *self.dice.pick(&["pcx-ab", "pcx-ab", "tgw-1", "tgw-1"]);
            for (at, default) in ["0.0.0.0/0", "::/0"].into_iter().enumerate() {
                if self.dice.percent(88) {
                    wanted.push((default, (*self.dice.pick(TARGETS[n][at])).into()));
                }
            }
            for m in 0..3 {
                if m != n && self.dice.percent(75) {
                    wanted.push((
                        ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"][m],
                        if m == 2 || n == 2 { "tgw-1" } else { other }.into(),
                    ));
                    if m < 2 && self.dice.percent(70) {
                        wanted.push((["2001:db8:a::/56", "2001:db8:b::/56"][m], other.into()));
                    }
                }
            }
            let more = [
                "0.0.0.0/1",
                "203.0.113.0/24",
                "203.0.113.128/25",
                "192.168.0.0/16",
                "172.20.0.0/16",
                "10.1.1.0/24",
                "2600:1f00::/24",
                "pl-corp",
            ];
            for destination in more {
                if self.dice.percent(25) {
                    let six = usize::from(destination.contains(':'));
                    wanted.push((destination, (*self.dice.pick(TARGETS[n][six])).into()));
                }
            }
            if n == 0 {
                for (destination, target, chance) in [
                    ("192.168.0.0/16", "vgw-0", 50),
                    ("172.20.0.0/16", "pcx-far", 60),
                    ("pl-s3", "vpce-s3", 60),
                    ("64:ff9b::/96", "nat-pub", 50),
                    ("192.168.0.0/16", "tgw-1", 30),
                ] {
                    if self.dice.percent(chance) {
                        wanted.push((destination, target.into()));
                    }
                }
            }
            let mut seen = std::collections::BTreeSet::new();
            for (destination, target) in wanted {
                // AWS holds a destination once; but for prefix lists, for which it says that one of
                // two wins at random, two lists here do not meet.
                if seen.insert(destination) {
                    let blackhole = self.dice.percent(7);
                    table.routes.insert(route(destination, &target, "CreateRoute", blackhole));
                }
            }
            if n == 0 && self.dice.percent(50) {
                for destination in ["192.168.0.0/16", "192.168.64.0/18", "10.0.2.0/24", "203.0.113.0/24"] {
                    if self.dice.percent(50) {
                        table.routes.insert(route(destination, "vgw-0", "EnableVgwRoutePropagation", false));
                    }
                }
            }
            add(&mut self.region.route_tables, format!("rtb-{letter}{t}"), table);
        }
        for subnet in Self::subnets(n) {
            let at = self.dice.below(4);
            if at > 0 {
                let tables = self.region.route_tables.read_mut().unwrap();
                tables.get_mut(&format!("rtb-{letter}{at}")).unwrap().subnets.insert(subnet);
            }
        }
        if n == 0 && self.dice.percent(25) {
            let mut edge = RouteTable {
                vpc: vpc_name(0),
                owner: ME.into(),
                gateways: ["igw-0".to_owned()].into(),
                ..RouteTable::default()
            };
            for (destination, target, blackhole) in [
                ("10.0.0.0/16", "local", false),
                ("10.0.1.0/24", "vpce-fw", self.dice.percent(50)),
                ("10.0.2.0/25", "eni-a0", self.dice.percent(50)),
            ] {
                edge.routes.insert(Route {
                    destination: destination.into(),
                    target: target.into(),
                    origin: "CreateRoute".into(),
                    blackhole,
                });
            }
            add(&mut self.region.route_tables, "rtb-edge", edge);
        }
    }

    pub fn block(&mut self) {
        let mode = *self.dice.pick(&["off", "off", "off", "off", "block-ingress", "block-bidirectional"]);
        let mut block =
            VpcBlock { mode: mode.into(), state: "update-complete".into(), ..VpcBlock::default() };
        for (n, resource) in
            ["vpc/vpc-a", "subnet/subnet-a0", "subnet/subnet-a1", "vpc/vpc-b"].into_iter().enumerate()
        {
            if self.dice.percent(35) {
                let mode = *self.dice.pick(&["allow-bidirectional", "allow-egress", "allow-egress"]);
                let state = *self.dice.pick(&["create-complete", "create-complete", "delete-complete"]);
                let exclusion = Exclusion {
                    resource: format!("arn:aws:ec2:{REGION}:{ME}:{resource}"),
                    mode: mode.into(),
                    state: state.into(),
                    ..Default::default()
                };
                block.exclusions.insert(format!("vpcbpa-{n}"), exclusion);
            }
        }
        self.region.vpc_block = Seen::Read(block);
    }
}
