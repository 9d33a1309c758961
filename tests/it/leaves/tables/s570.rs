use super::super::By::{AllBut, Open, Test};
use super::super::{Leaves, NOTHING, shown};

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 570,
        with: &[],
        given: NOTHING,
        instance: None,
        says: &[
            &[
                (
                    "endpoints whose service takes no policy: PrivateLink services of other accounts, Gateway Load \
                 Balancer, resource, service network and tunnel endpoints",
                    &[Open("out service vpce-partner"), Test(shown::endpoints_without_a_policy_stay)],
                ),
                ("endpoints that a service made for itself", &[Test(shown::endpoints_of_a_service_stay)]),
                (
                    "for some minutes calls that the old policy allows",
                    &[Test(shown::no_state_shows_when_a_policy_holds)],
                ),
                (
                    "the interfaces of interface endpoints and their private names, still reachable",
                    &[
                        Open(
                            "in on-premises cvpn-app v4 eni-of-vpce-ssm,eni-of-vpce-kms,eni-of-vpce-partner",
                        ),
                        Test(shown::private_names_stay),
                    ],
                ),
                (
                    "every other way, calls to AWS over the internet included",
                    &[AllBut(&["vpce-s3", "vpce-ssm", "vpce-kms"])],
                ),
            ],
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 570,
        with: &[("way", "detach")],
        given: shown::without_a_default_route,
        instance: None,
        says: &[
            &[
                ("interface endpoints, all of them", &[Open("out service vpce-ssm,vpce-kms,vpce-partner")]),
                (
                    "every other way: S3 by the internet too, where a route outside these tables leads there",
                    &[AllBut(&["vpce-s3"])],
                ),
            ],
            super::UNJUDGED,
        ],
    },
    Leaves {
        step: 570,
        with: &[("way", "delete")],
        given: NOTHING,
        instance: None,
        says: &[
            &[
                (
                    "Gateway Load Balancer, resource, service network and tunnel endpoints, and those that a service \
                 made for itself",
                    &[Test(shown::other_kinds_of_endpoints_stay), Test(shown::endpoints_of_a_service_stay)],
                ),
                (
                    "every other way: calls to AWS go over the internet, where that is open, because the private names \
                 resolve to public addresses again",
                    &[AllBut(&[
                        "vpce-s3",
                        "vpce-ssm",
                        "vpce-kms",
                        "vpce-partner",
                        "eni-of-vpce-ssm",
                        "eni-of-vpce-kms",
                        "eni-of-vpce-partner",
                    ])],
                ),
            ],
            super::UNJUDGED,
        ],
    },
];
