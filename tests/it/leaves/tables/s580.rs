use super::super::By::{AllBut, Open, Test};
use super::super::{Leaves, NOTHING, shown};
use super::{SESSIONS, SHARED, TUNNELS};

pub const LEAVES: &[Leaves] = &[Leaves {
    step: 580,
    with: &[],
    given: NOTHING,
    instance: None,
    says: &[
        &[
            (
                "packets that come in from a peering or a transit gateway and need no answer, as long as the other side \
             routes them here",
                &[
                    Open("unanswered in on-premises tgw-ours,tgw-group"),
                    Open("unanswered in vpc pcx-partner"),
                ],
            ),
            ("new Session Manager sessions", &[Open(SESSIONS)]),
            (
                "tunnels through EC2 Instance Connect endpoints, for whoever IAM lets open them",
                &[Open(TUNNELS)],
            ),
            (
                "new connections to your endpoint services where they need no acceptance",
                &[Test(shown::a_customer_connects_again)],
            ),
            (
                super::WIDER,
                &[
                    Open("out internet tgw-ours"),
                    Open("in on-premises tgw-ours"),
                    Test(shown::a_route_in_front_of_a_wider_one_stays),
                ],
            ),
            ("route tables that serve no subnet", &[Test(shown::a_spare_table_leads_to_a_peering)]),
            ("subnets shared from another account", &[Open(SHARED)]),
            (
                "every other way: the internet, NAT, VPN, endpoints, DNS",
                &[AllBut(&[
                    "pcx-partner",
                    "tgw-ours",
                    "tgw-group",
                    "core-network-1",
                    // What it sends on goes to the transit gateway.
                    "nat-private",
                    "vpce-svc-ours",
                    "serial-console",
                ])],
            ),
        ],
        super::UNJUDGED,
    ],
}];
