//! One rule against one packet.

use std::net::IpAddr;

use super::packets::Ask;

#[derive(Clone)]
pub struct Net {
    pub ip: IpAddr,
    pub bits: u8,
}

impl Net {
    pub fn parse(text: &str) -> Net {
        let (ip, bits) = text.split_once('/').unwrap();
        Net { ip: ip.parse().unwrap(), bits: bits.parse().unwrap() }
    }

    pub fn has(&self, ip: IpAddr) -> bool {
        match (self.ip, ip) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.bits);
                shift == 32 || u32::from(net) >> shift == u32::from(ip) >> shift
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.bits);
                shift == 128 || u128::from(net) >> shift == u128::from(ip) >> shift
            }
            _ => false,
        }
    }
}

pub struct Filter {
    pub allow: bool,
    pub net: Net,
    pub protocol: Option<u8>,
    pub ports: (u16, u16),
    pub of_icmp: bool,
}

impl Filter {
    pub fn new(
        allow: bool,
        net: Net,
        protocol: &str,
        ports: Option<(i32, i32)>,
        icmp: Option<(i32, i32)>,
    ) -> Filter {
        let protocol = match protocol {
            "-1" => None,
            "tcp" => Some(6),
            "udp" => Some(17),
            "icmp" => Some(1),
            "icmpv6" => Some(58),
            number => Some(number.parse().unwrap()),
        };
        let of_icmp = matches!(protocol, Some(1 | 58));
        let range = match (of_icmp, icmp, ports) {
            (true, Some((kind, code)), _) if kind >= 0 && code >= 0 => {
                let both = (kind as u16) * 256 + code as u16;
                (both, both)
            }
            (true, Some((kind, _)), _) if kind >= 0 => ((kind as u16) * 256, (kind as u16) * 256 + 255),
            (false, _, Some((first, last))) if matches!(protocol, Some(6 | 17)) => {
                (first as u16, last as u16)
            }
            _ => (0, 65535),
        };
        Filter { allow, net, protocol, ports: range, of_icmp }
    }

    pub fn matches(&self, ip: IpAddr, ask: Ask) -> bool {
        let _ = self.of_icmp;
        self.net.has(ip)
            && self.protocol.is_none_or(|protocol| protocol == ask.protocol)
            && (self.protocol.is_none() || (self.ports.0 <= ask.port && ask.port <= self.ports.1))
    }
}
