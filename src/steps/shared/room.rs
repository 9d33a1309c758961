//! How much room the quotas of an account leave for what a cut creates. Pure.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>

use crate::account::Region;

/// A quota of VPCs that can be raised: its code in Service Quotas, and AWS's default.
pub struct Quota {
    pub code: &'static str,
    pub default: usize,
    /// What it counts.
    pub what: &'static str,
}

pub const GROUPS_A_REGION: Quota = Quota { code: "L-E79EC296", default: 2_500, what: "security groups" };
pub const ACLS_A_VPC: Quota = Quota { code: "L-B4A6D682", default: 200, what: "network ACLs" };
pub const TABLES_A_VPC: Quota = Quota { code: "L-589F43AA", default: 200, what: "route tables" };
/// In each direction, IPv4 and IPv6 together, with the deny that stands at the end.
pub const RULES_AN_ACL: Quota = Quota { code: "L-2AEEBF1A", default: 20, what: "rules in a direction" };

/// What one quota leaves in a Region, a VPC or an ACL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub used: usize,
    /// The quota; `None`: it was raised above AWS's default, to what is not known.
    pub most: Option<usize>,
    /// Service Quotas says so; otherwise it is AWS's default.
    pub told: bool,
}

impl Room {
    /// Without a value from Service Quotas AWS's default is taken. Above it the quota has been raised.
    pub fn of(here: &Region, quota: &Quota, used: usize) -> Room {
        let own = here.quotas.read().and_then(|quotas| quotas.get(quota.code));
        let own = own.and_then(|own| usize::try_from(*own).ok());
        Room { used, most: own.or((used <= quota.default).then_some(quota.default)), told: own.is_some() }
    }

    /// Is there no room for so many more?
    pub fn lacks(&self, wanted: usize) -> bool {
        self.most.is_some_and(|most| self.used + wanted > most)
    }

    /// With so many more, is less than a tenth of the quota left, or is that not known? Whoever uses the
    /// account may have taken the rest by the time of an incident.
    pub fn is_short(&self, wanted: usize) -> bool {
        self.most.is_none_or(|most| (self.used + wanted) * 10 > most * 9)
    }
}

/// The room for groups in a Region. Those of other accounts that share a VPC count for them.
pub fn groups(here: &Region, owner: &str) -> Room {
    let used = here.groups.items().filter(|(_, group)| group.owner == owner).count();
    Room::of(here, &GROUPS_A_REGION, used)
}

/// The room for ACLs in a VPC.
pub fn acls(here: &Region, vpc: &str) -> Room {
    let used = here.acls.items().filter(|(_, acl)| acl.vpc == vpc).count();
    Room::of(here, &ACLS_A_VPC, used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Seen;

    #[test]
    fn a_quota_is_short_when_the_last_tenth_would_be_used() {
        let mut here = Region::empty();
        here.quotas = Seen::Read([(ACLS_A_VPC.code.to_owned(), 20)].into());
        let room = |used| Room::of(&here, &ACLS_A_VPC, used);
        assert_eq!([17, 18].map(|used| room(used).is_short(1)), [false, true]);
        assert_eq!([19, 20].map(|used| room(used).lacks(1)), [false, true]);
        here.quotas = Seen::default();
        let raised = Room::of(&here, &ACLS_A_VPC, 201);
        assert!(raised.most.is_none() && raised.is_short(1) && !raised.lacks(1), "to what, is not known");
        assert_eq!(Room::of(&here, &ACLS_A_VPC, 3).most, Some(200));
    }
}
