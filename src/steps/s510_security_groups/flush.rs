//! The group that allows everything, for a moment: AWS stops tracking the connections of what is in it,
//! so that they end with the next group. Only with `way = "two-step"`.

use std::collections::BTreeSet;

use super::group::Purpose;
use crate::account::{Peer, Rule};
use crate::step::Case;

pub(super) struct Flush;

impl Purpose for Flush {
    const KIND: &'static str = "flush-group";
    const ROLE: &'static str = "flush";

    fn lets_through(&self, _: &Case) -> BTreeSet<Rule> {
        [Rule::all(Peer::Ipv4("0.0.0.0/0".into())), Rule::all(Peer::Ipv6("::/0".into()))].into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::GroupBody;
    use super::super::group::Group;
    use super::*;
    use crate::step::Lens as _;
    use crate::steps::shared::made::Made;
    use crate::steps::shared::testing::case;

    #[test]
    fn a_new_group_may_stop_in_the_rules_that_aws_gives_it() {
        let flush = Made(Group(Flush));
        let closed = flush.passes(&None, &Some(GroupBody::default()));
        assert_eq!(closed.len(), 3, "IPv4, IPv4 and IPv6, IPv6");
        let open = flush.passes(&None, &Some(GroupBody::of(&Flush, &case(&[]))));
        assert!(open.iter().all(|state| flush.show(state).contains("rules in")), "{open:?}");
    }
}
