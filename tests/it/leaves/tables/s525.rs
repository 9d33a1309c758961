use super::super::By::{AllBut, Beyond, Open, Test};
use super::super::{Leaves, NOTHING, shown};

pub const LEAVES: &[Leaves] = &[Leaves {
    step: 525,
    with: &[],
    given: NOTHING,
    instance: None,
    says: &[&[
        (
            "other resolvers by their address, and DNS over HTTPS or TLS, where the network is open",
            &[Test(shown::other_resolvers_are_reached)],
        ),
        (
            "names that a rule group asked before it allows (Firewall Manager's, or one at priority 101)",
            &[Test(shown::a_group_asked_before_lets_names_through)],
        ),
        ("answers that hosts have cached", &[Beyond("what a host remembers is in no API")]),
        (
            "VPCs set to fail open, while the firewall does not answer",
            &[Test(shown::a_vpc_that_fails_open_keeps_its_resolver)],
        ),
        ("VPCs shared from another account", &[Open("door resolver vpc-theirs")]),
        ("everything but DNS, which goes by address", &[AllBut(&["resolver"])]),
    ]],
}];
