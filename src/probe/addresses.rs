//! Which addresses may be asked. A zone may point at anything, also at this machine's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Says what an address is, unless it is one of the internet.
pub fn private(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => private_v4(address),
        IpAddr::V6(address) => private_v6(address),
    }
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
fn private_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        _ if address.is_loopback() => Some("this machine"),
        _ if address.is_private() => Some("a private network"),
        _ if address.is_link_local() => Some("a link-local address"),
        _ if address.is_multicast() => Some("a multicast address"),
        [100, 64..=127, ..] => Some("a carrier's network"),
        [0 | 240..=255, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => Some("a reserved address"),
        _ => None,
    }
}

/// <https://www.iana.org/assignments/iana-ipv6-special-registry>
fn private_v6(address: Ipv6Addr) -> Option<&'static str> {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        private_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        _ if address.is_loopback() => Some("this machine"),
        _ if address.is_unspecified() => Some("a reserved address"),
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfc00..=0xfdff, ..] => Some("a private network"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_asked() {
        let private_ones = [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b:1::1",
            "::127.0.0.1",
            "100::1",
        ];
        for text in private_ones {
            assert!(private(text.parse().unwrap()).is_some(), "{text}");
        }
        for text in ["198.51.100.7", "172.32.0.1", "100.128.0.1", "2600:9000::1", "64:ff9b::198.51.100.7"] {
            assert_eq!(private(text.parse().unwrap()), None, "{text}");
        }
    }
}
