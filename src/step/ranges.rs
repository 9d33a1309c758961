//! Ranges of addresses.

use ipnet::IpNet;

/// Where the internet does not deliver.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// Can its addresses be reached over the internet, at least some of them?
pub fn is_public(net: IpNet) -> bool {
    let mut private = PRIVATE.into_iter().filter_map(|range| range.parse::<IpNet>().ok());
    !private.any(|private| private.contains(&net))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_private_range_is_not_public() {
        let public = |net: &str| is_public(net.parse().unwrap());
        assert!(public("8.8.8.0/24") && public("2000::/3") && public("0.0.0.0/0"));
        assert!(!public("10.1.0.0/16") && !public("100.64.1.1/32") && !public("fd00::/8"));
    }
}
