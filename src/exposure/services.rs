//! Protocols and ports as numbers: the protocol in the upper half, the port in the lower.
//!
//! ICMP has type × 256 + code in the lower half. A protocol without ports or types fills all of the
//! lower half. So "tcp 443" is one number, "tcp 1024-65535" one interval, "all" one interval.

use super::rules;
use super::sets::{Family, Set};

pub type Services = Set<u32>;

pub const ICMP: u32 = 1;
pub const TCP: u32 = 6;
pub const UDP: u32 = 17;
pub const ICMP_V6: u32 = 58;

/// Every protocol and port.
pub fn all() -> Services {
    Set::one(0, (256 << 16) - 1)
}

/// All of one protocol.
pub fn whole(protocol: u32) -> Services {
    ports(protocol, 0, 65535)
}

pub fn ports(protocol: u32, first: u32, last: u32) -> Services {
    Set::one(protocol << 16 | first, protocol << 16 | last)
}

/// One number for a protocol and a port.
pub const fn one(protocol: u32, port: u32) -> u32 {
    (protocol << 16) + port
}

/// A protocol as AWS writes it: one of four names, a number, or -1 for all.
enum Protocol {
    All,
    One(u32),
    /// None that there is.
    None,
}

fn protocol(text: &str) -> Protocol {
    match text {
        "-1" | "all" => Protocol::All,
        "tcp" => Protocol::One(TCP),
        "udp" => Protocol::One(UDP),
        "icmp" => Protocol::One(ICMP),
        "icmpv6" => Protocol::One(ICMP_V6),
        number => number.parse().ok().filter(|n| *n < 256).map_or(Protocol::None, Protocol::One),
    }
}

/// What a rule of a security group lets through; its ports are type and code for ICMP.
pub fn of_rule(text: &str, range: Option<(i32, i32)>) -> Services {
    match protocol(text) {
        Protocol::None => Services::default(),
        Protocol::All => all(),
        Protocol::One(icmp @ (ICMP | ICMP_V6)) => of_icmp(icmp, range),
        Protocol::One(ported @ (TCP | UDP)) => of_ports(ported, range),
        Protocol::One(other) => whole(other),
    }
}

/// What an entry of a network ACL is about.
pub fn of_entry(text: &str, range: Option<(i32, i32)>, icmp: Option<(i32, i32)>) -> Services {
    match protocol(text) {
        Protocol::One(number @ (ICMP | ICMP_V6)) => of_icmp(number, icmp),
        _ => of_rule(text, range),
    }
}

fn of_ports(protocol: u32, range: Option<(i32, i32)>) -> Services {
    match range {
        // AWS writes all ports of a group's rule as none or as -1.
        None | Some((-1, _)) => whole(protocol),
        Some((first, last)) => {
            let port = |port: i32| u32::try_from(port.clamp(0, 65535)).unwrap_or(0);
            ports(protocol, port(first), port(rules::last_port(last)))
        }
    }
}

fn of_icmp(protocol: u32, kind: Option<(i32, i32)>) -> Services {
    let byte = |n: i32| u32::try_from(n).ok().filter(|n| *n < 256);
    match kind {
        None | Some((-1, _)) => whole(protocol),
        Some((kind, code)) => match (byte(kind), byte(code)) {
            (None, _) => Services::default(),
            (Some(kind), None) => ports(protocol, kind << 8, kind << 8 | 255),
            (Some(kind), Some(code)) => ports(protocol, kind << 8 | code, kind << 8 | code),
        },
    }
}

/// What NAT translates: TCP, UDP and echo. Of IPv6 that goes to IPv4 too.
pub fn translated() -> Services {
    whole(TCP).union(&whole(UDP)).union(&ports(ICMP, 8 << 8, 8 << 8))
}

/// Returns the services of `asked` that get an answer if `reply` is let through on the way back.
///
/// TCP and UDP are answered to any of the client's ports; an echo by its reply; what has no ports by
/// itself. Other ICMP messages ask for nothing, and are no flow.
pub fn answered(family: Family, asked: &Services, reply: &Services) -> Services {
    if asked.is_empty() || reply.is_empty() {
        return Services::default();
    }
    // Of each protocol of which anything comes back, all; but for those below.
    let whole_ones = reply.parts().iter().map(|(low, high)| (low & !0xffff, high | 0xffff)).collect();
    let special = [ICMP, TCP, UDP, ICMP_V6].map(|protocol| (one(protocol, 0), one(protocol, 0xffff)));
    let mut open = Set::of(whole_ones).minus(&Set::of(special.to_vec())).parts().to_vec();
    let (first, last) = rules::client_ports();
    for protocol in [TCP, UDP] {
        if reply.meets(&ports(protocol, first, last)) || !rules::needs_reply() {
            open.push((one(protocol, 0), one(protocol, 0xffff)));
        }
    }
    let (protocol, request, echo_reply) = match family {
        Family::Ipv4 => (ICMP, 8, 0),
        Family::Ipv6 => (ICMP_V6, 128, 129),
    };
    if reply.meets(&echo(protocol, echo_reply)) {
        open.extend_from_slice(echo(protocol, request).parts());
    }
    asked.intersect(&Set::of(open))
}

fn echo(protocol: u32, kind: u32) -> Services {
    ports(protocol, kind << 8, kind << 8)
}

/// `tcp 22, 443; udp all`, at most so many ranges.
pub fn in_words(services: &Services, most: usize) -> String {
    // What is answered is less than all by the kinds of ICMP that ask for nothing.
    let whole = |family| *services == answered(family, &all(), &all());
    if *services == all() || Family::BOTH.into_iter().any(whole) {
        return "all traffic".into();
    }
    let mut words: Vec<String> = vec![];
    let mut last = None;
    let mut left_out = 0;
    for &(low, high) in services.parts() {
        if words.len() >= most {
            left_out += 1;
            continue;
        }
        // A run of whole protocols is one word.
        if (low & 0xffff, high & 0xffff) == (0, 0xffff) && high >> 16 > low >> 16 {
            words.push(format!("protocols {} to {}", low >> 16, high >> 16));
            last = None;
            continue;
        }
        for protocol in low >> 16..=high >> 16 {
            let (first, end) = (low.max(protocol << 16) & 0xffff, high.min(protocol << 16 | 0xffff) & 0xffff);
            let what = match (protocol, first, end) {
                (_, 0, 0xffff) => "all".to_owned(),
                (ICMP, 0x800, 0x800) | (ICMP_V6, 0x8000, 0x8000) => "echo".to_owned(),
                (ICMP | ICMP_V6, a, b) if a == b => format!("type {} code {}", a >> 8, a & 255),
                (ICMP | ICMP_V6, a, b) => format!("types {} to {}", a >> 8, b >> 8),
                (_, a, b) if a == b => a.to_string(),
                (_, a, b) => format!("{a}-{b}"),
            };
            let name = match protocol {
                TCP => "tcp".to_owned(),
                UDP => "udp".to_owned(),
                ICMP => "icmp".to_owned(),
                ICMP_V6 => "icmpv6".to_owned(),
                other => format!("protocol {other}"),
            };
            words.push(if last == Some(protocol) { what } else { format!("{name} {what}") });
            last = Some(protocol);
        }
    }
    if left_out > 0 {
        words.push(format!("{left_out} more"));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_needs_the_clients_ports() {
        let https = ports(TCP, 443, 443);
        assert_eq!(answered(Family::Ipv4, &https, &ports(TCP, 65535, 65535)), https);
        assert!(answered(Family::Ipv4, &https, &ports(TCP, 0, 1023)).is_empty());
        assert!(answered(Family::Ipv4, &https, &whole(UDP)).is_empty());
        let ping = whole(ICMP);
        assert_eq!(answered(Family::Ipv4, &ping, &whole(ICMP)), ports(ICMP, 2048, 2048));
        assert!(answered(Family::Ipv6, &ping, &whole(ICMP)).is_empty());
    }

    #[test]
    fn services_in_words() {
        let services = ports(TCP, 22, 22).union(&ports(TCP, 8000, 8080)).union(&whole(UDP));
        assert_eq!(in_words(&services, 9), "tcp 22, 8000-8080, udp all");
        assert_eq!(in_words(&services, 1), "tcp 22, 2 more");
        assert_eq!(in_words(&all(), 1), "all traffic");
        assert_eq!(in_words(&answered(Family::Ipv6, &all(), &all()), 1), "all traffic");
        assert_eq!(in_words(&translated(), 3), "icmp echo, tcp all, udp all");
        assert_eq!(of_rule("icmp", Some((8, -1))), ports(ICMP, 2048, 2303));
        assert_eq!(of_rule("50", None), whole(50));
    }
}
