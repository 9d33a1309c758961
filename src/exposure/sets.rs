//! Sets of numbers as intervals: addresses, and protocols with their ports.

use std::sync::LazyLock;

use ipnet::IpNet;

/// Numbers that have neighbours.
pub trait Number: Copy + Ord {
    fn next(self) -> Option<Self>;
    fn before(self) -> Option<Self>;
}

macro_rules! number {
    ($($type:ty)*) => { $(impl Number for $type {
        fn next(self) -> Option<Self> { self.checked_add(1) }
        fn before(self) -> Option<Self> { self.checked_sub(1) }
    })* };
}
number!(u32 u128);

/// Closed intervals: sorted, apart from each other by at least one number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Set<T>(Vec<(T, T)>);

impl<T> Default for Set<T> {
    fn default() -> Set<T> {
        Set(vec![])
    }
}

impl<T: Number> Set<T> {
    pub fn one(low: T, high: T) -> Set<T> {
        if low <= high { Set(vec![(low, high)]) } else { Set(vec![]) }
    }

    /// Of intervals in any order, also overlapping ones.
    pub fn of(mut parts: Vec<(T, T)>) -> Set<T> {
        parts.retain(|(low, high)| low <= high);
        parts.sort_unstable();
        let mut set: Vec<(T, T)> = Vec::with_capacity(parts.len());
        for (low, high) in parts {
            match set.last_mut() {
                Some((_, end)) if end.next().is_none_or(|next| low <= next) => *end = (*end).max(high),
                _ => set.push((low, high)),
            }
        }
        Set(set)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn parts(&self) -> &[(T, T)] {
        &self.0
    }

    pub fn contains(&self, number: T) -> bool {
        let at = self.0.partition_point(|(_, high)| *high < number);
        self.0.get(at).is_some_and(|(low, _)| *low <= number)
    }

    pub fn union(&self, other: &Set<T>) -> Set<T> {
        if self.is_empty() || self == other {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        Set::of(self.0.iter().chain(&other.0).copied().collect())
    }

    pub fn intersect(&self, other: &Set<T>) -> Set<T> {
        let (mut a, mut b) = (0, 0);
        let mut both = vec![];
        while let (Some((l1, h1)), Some((l2, h2))) = (self.0.get(a), other.0.get(b)) {
            let (low, high) = (*l1.max(l2), *h1.min(h2));
            if low <= high {
                both.push((low, high));
            }
            if h1 <= h2 { a += 1 } else { b += 1 }
        }
        Set(both)
    }

    pub fn minus(&self, other: &Set<T>) -> Set<T> {
        let mut left = vec![];
        let mut from = 0;
        for &(low, high) in &self.0 {
            let mut start = Some(low);
            while other.0.get(from).is_some_and(|(_, end)| *end < low) {
                from += 1;
            }
            for &(l, h) in other.0[from..].iter().take_while(|(l, _)| *l <= high) {
                let Some(begin) = start else { break };
                if let Some(end) = l.before().filter(|end| *end >= begin) {
                    left.push((begin, end));
                }
                start = h.next().map(|next| next.max(begin));
            }
            if let Some(begin) = start.filter(|begin| *begin <= high) {
                left.push((begin, high));
            }
        }
        Set(left)
    }

    pub fn meets(&self, other: &Set<T>) -> bool {
        !self.intersect(other).is_empty()
    }
}

/// Addresses of one family. IPv4 ones are the numbers below 2³².
pub type Addresses = Set<u128>;

impl Addresses {
    /// No address.
    pub fn none() -> &'static Addresses {
        static NONE: Addresses = Set(vec![]);
        &NONE
    }
}

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    pub const BOTH: [Family; 2] = [Family::Ipv4, Family::Ipv6];

    /// Every address there is.
    pub fn all(self) -> Addresses {
        match self {
            Family::Ipv4 => Set::one(0, u128::from(u32::MAX)),
            Family::Ipv6 => Set::one(0, u128::MAX),
        }
    }

    /// Returns the addresses that are routed on the internet.
    pub fn internet(self) -> &'static Addresses {
        static INTERNET: LazyLock<[Addresses; 2]> = LazyLock::new(|| Family::BOTH.map(Family::routed));
        &INTERNET[self as usize]
    }

    /// Computes the addresses that are routed on the internet. IPv4: all but private, shared, loopback,
    /// link-local and multicast addresses. IPv6: global unicast addresses.
    fn routed(self) -> Addresses {
        const NOT: [&str; 8] = [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "224.0.0.0/3",
        ];
        match self {
            Family::Ipv4 => self.all().minus(&self.cidrs(NOT)),
            Family::Ipv6 => self.cidrs(["2000::/3"]),
        }
    }

    /// The CIDRs that are of this family.
    pub fn cidrs<'a>(self, cidrs: impl IntoIterator<Item = &'a str>) -> Addresses {
        Set::of(
            cidrs
                .into_iter()
                .filter_map(range)
                .filter(|(family, ..)| *family == self)
                .map(|r| (r.1, r.2))
                .collect(),
        )
    }
}

/// Family, first and last address of a CIDR; an address alone is one of itself.
pub fn range(cidr: &str) -> Option<(Family, u128, u128)> {
    let net: IpNet = cidr.parse().or_else(|_| cidr.parse::<std::net::IpAddr>().map(IpNet::from)).ok()?;
    Some(match net {
        IpNet::V4(net) => {
            let number = |ip: std::net::Ipv4Addr| u128::from(u32::from(ip));
            (Family::Ipv4, number(net.network()), number(net.broadcast()))
        }
        IpNet::V6(net) => (Family::Ipv6, net.network().into(), net.broadcast().into()),
    })
}

/// An address as a number, if it is one of that family.
pub fn number(family: Family, address: &str) -> Option<u128> {
    range(address).filter(|(of, low, high)| *of == family && low == high).map(|(_, low, _)| low)
}

/// The CIDRs that make up a set of addresses, at most so many, and how many were left out.
pub fn in_words(family: Family, addresses: &Addresses, most: usize) -> Vec<String> {
    // Routes and private networks cut the internet into dozens of ranges, which say nothing.
    let missing = family.internet().minus(addresses);
    let but_for = nets_in_words(family, &missing, EXCEPTIONS);
    if but_for.len() > EXCEPTIONS || size(&missing) > size(family.internet()) / 256 {
        return nets_in_words(family, addresses, most);
    }
    let beside = nets_in_words(family, &addresses.minus(family.internet()), most);
    let internet = match &but_for[..] {
        _ if *addresses == family.all() => return vec!["anywhere".into()],
        [] => "the internet".to_owned(),
        nets => format!("the internet but for {}", nets.join(", ")),
    };
    [internet].into_iter().chain(beside).collect()
}

/// Ranges left out of the internet that are named.
const EXCEPTIONS: usize = 2;

fn size(addresses: &Addresses) -> u128 {
    addresses.parts().iter().map(|(low, high)| high - low).sum()
}

fn nets_in_words(family: Family, addresses: &Addresses, most: usize) -> Vec<String> {
    let mut words = vec![];
    for &(low, high) in addresses.parts() {
        let nets: Vec<IpNet> = match family {
            Family::Ipv4 => {
                let ip = |n: u128| std::net::Ipv4Addr::from(u32::try_from(n).unwrap_or(u32::MAX));
                ipnet::Ipv4Subnets::new(ip(low), ip(high), 0).map(IpNet::V4).take(most + 1).collect()
            }
            Family::Ipv6 => {
                ipnet::Ipv6Subnets::new(low.into(), high.into(), 0).map(IpNet::V6).take(most + 1).collect()
            }
        };
        words.extend(nets.iter().map(IpNet::to_string));
        if words.len() > most {
            words.truncate(most);
            words.push("…".into());
            break;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_follow_the_arithmetic_of_their_members() {
        // Every pair of subsets of 0..6 made of intervals, against the members one by one.
        let sets: Vec<Set<u32>> = (0u32..64)
            .map(|bits| Set::of((0..6).filter(|n| bits >> n & 1 == 1).map(|n| (n, n)).collect()))
            .collect();
        for a in &sets {
            for b in &sets {
                let (or, and, not) = (a.union(b), a.intersect(b), a.minus(b));
                for n in 0..6 {
                    assert_eq!(or.contains(n), a.contains(n) || b.contains(n));
                    assert_eq!(and.contains(n), a.contains(n) && b.contains(n));
                    assert_eq!(not.contains(n), a.contains(n) && !b.contains(n), "{a:?} - {b:?} at {n}");
                }
                assert_eq!(a.meets(b), !and.is_empty());
                assert_eq!(Set::of(or.parts().to_vec()), or);
            }
        }
    }

    #[test]
    fn the_last_number_of_all_does_not_overflow() {
        let all = Family::Ipv6.all();
        assert!(all.minus(&all).is_empty());
        assert_eq!(Set::of(vec![(u128::MAX, u128::MAX), (0, 5)]).parts().len(), 2);
        assert_eq!(all.minus(&Set::one(0, 5)).parts(), [(6, u128::MAX)]);
    }

    #[test]
    fn addresses_in_words() {
        let set = Family::Ipv4.cidrs(["10.0.0.0/8", "0.0.0.0/0", "::/0"]);
        assert_eq!(in_words(Family::Ipv4, &set, 3), ["anywhere"]);
        let own = Family::Ipv4.cidrs(["10.1.0.0/16", "192.0.2.0/24"]);
        assert_eq!(in_words(Family::Ipv4, &own, 3), ["10.1.0.0/16", "192.0.2.0/24"]);
        let routed = Family::Ipv4.internet().minus(&own);
        assert_eq!(in_words(Family::Ipv4, &routed, 3), ["the internet but for 192.0.2.0/24"]);
        let more = Family::Ipv4.internet().union(&own);
        assert_eq!(in_words(Family::Ipv4, &more, 3), ["the internet", "10.1.0.0/16"]);
        // Half of the internet is not nearly all of it.
        let half = Family::Ipv4.cidrs(["0.0.0.0/1"]);
        assert_eq!(in_words(Family::Ipv4, &half, 3), ["0.0.0.0/1"]);
        assert!(Family::Ipv4.internet().contains(number(Family::Ipv4, "8.8.8.8").unwrap()));
        assert!(!Family::Ipv4.internet().contains(number(Family::Ipv4, "172.31.0.1").unwrap()));
    }
}
