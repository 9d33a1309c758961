use super::super::By::{AllBut, Everything, Test};
use super::super::{Leaves, NOTHING, shown};

pub const LEAVES: &[Leaves] = &[
    Leaves {
        step: 500,
        with: &[],
        given: NOTHING,
        instance: None,
        says: &[&[("everything as it is", &[Everything])]],
    },
    Leaves {
        step: 505,
        with: &[],
        given: shown::a_group_and_services,
        instance: None,
        says: &[&[
            ("instances as they are, running", &[Everything, Test(shown::instances_run)]),
            (
                "what starts and stops instances without an Auto Scaling group: people, ECS services, EC2 \
                 fleets, Batch, Karpenter",
                &[Test(shown::only_groups_and_spot_fleets_are_held)],
            ),
        ]],
    },
    Leaves {
        step: 505,
        with: &[("way", "standby")],
        given: NOTHING,
        instance: Some("i-app"),
        says: &[&[
            ("instances as they are, running", &[Test(shown::instances_run)]),
            ("every way to them but by their load balancers", &[AllBut(&["shop", "bare", "vpce-svc-ours"])]),
        ]],
    },
];
