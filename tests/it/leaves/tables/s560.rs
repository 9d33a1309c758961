use super::super::By::{self, AllBut, Open, Test};
use super::super::{Leaves, NOTHING, Part, shown};

const OTHER: &str = "every other way in and out";

const PRIVATE: &str = "private addresses that it does take over";

const OWN: &[By] = &[
    Open("* internet igw-home v4 eni-nat"),
    Open("in on-premises cvpn-app v4 eni-nat"),
    Open("out service * * eni-nat"),
];

/// Whatever is done with the gateways themselves.
const BESIDE_NAT: &[Part] = &[
    (OTHER, &[AllBut(&["nat-public", "nat-private", "eni-nat"])]),
    (super::WIDER, &[Test(shown::nat_in_front_of_a_wider_route_stays)]),
    (PRIVATE, &[Test(shown::a_wider_route_takes_over)]),
    ("a NAT instance's own traffic", OWN),
];

/// NAT of other VPCs.
const ELSEWHERE: &[Part] = &[
    ("NAT of a VPC that a transit gateway leads to", &[Open("out internet tgw-ours")]),
    (
        "NAT of VPCs shared from another account",
        &[Open("out internet nat-theirs"), Test(shown::the_owner_of_shared_nat_is_named)],
    ),
];

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 560,
        with: &[],
        given: NOTHING,
        instance: None,
        says: &[
            BESIDE_NAT,
            &[
                ("the NAT gateways", &[Test(shown::the_nat_gateways_stay)]),
                ("route tables that serve no subnet", &[Test(shown::a_spare_table_leads_to_nat)]),
            ],
            ELSEWHERE,
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 560,
        with: &[("way", "delete")],
        given: NOTHING,
        instance: None,
        says: &[
            BESIDE_NAT,
            &[("regional NAT gateways themselves", &[Test(shown::a_regional_nat_gateway_stays)])],
            ELSEWHERE,
            super::UNJUDGED,
        ],
    },
];
