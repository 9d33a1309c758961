//! AWS's partitions: which Regions are of one, where its global services are, which hosts are AWS's.

/// A partition. The data is botocore's `partitions.json` and `endpoints.json`.
///
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// How its Regions begin.
    regions: &'static str,
    /// The Region in which IAM and the other global services are signed for.
    pub global: &'static str,
    /// The domains of its endpoints, the dual-stack one included.
    domains: &'static [&'static str],
}

impl Partition {
    /// The domain of its usual endpoints.
    pub fn domain(&self) -> &'static str {
        self.domains.first().copied().unwrap_or_default()
    }

    /// The domain of its endpoints that answer by IPv4 and IPv6.
    pub fn dual_stack_domain(&self) -> &'static str {
        self.domains.last().copied().unwrap_or_default()
    }

    /// Where services without Regions are and are signed for, as botocore's rules have it: in China it is
    /// another Region than IAM's.
    pub fn implicit_global(&self) -> &'static str {
        if self.regions == "cn-" { "cn-northwest-1" } else { self.global }
    }
}

/// The commercial partition comes last: its Regions share no beginning.
const PARTITIONS: [Partition; 8] = [
    Partition {
        regions: "cn-",
        global: "cn-north-1",
        domains: &["amazonaws.com.cn", "api.amazonwebservices.com.cn"],
    },
    Partition { regions: "us-gov-", global: "us-gov-west-1", domains: &["amazonaws.com", "api.aws"] },
    Partition {
        regions: "eusc-",
        global: "eusc-de-east-1",
        domains: &["amazonaws.eu", "api.amazonwebservices.eu"],
    },
    Partition { regions: "us-iso-", global: "us-iso-east-1", domains: &["c2s.ic.gov", "api.aws.ic.gov"] },
    Partition {
        regions: "us-isob-",
        global: "us-isob-east-1",
        domains: &["sc2s.sgov.gov", "api.aws.scloud"],
    },
    Partition {
        regions: "eu-isoe-",
        global: "eu-isoe-west-1",
        domains: &["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"],
    },
    Partition {
        regions: "us-isof-",
        global: "us-isof-south-1",
        domains: &["csp.hci.ic.gov", "api.aws.hci.ic.gov"],
    },
    Partition { regions: "", global: "us-east-1", domains: &["amazonaws.com", "api.aws"] },
];

/// The partition of a Region.
pub(crate) fn of(region: &str) -> &'static Partition {
    let [.., commercial] = &PARTITIONS;
    PARTITIONS.iter().find(|partition| region.starts_with(partition.regions)).unwrap_or(commercial)
}

/// Is the host of this URL one of AWS's?
pub(crate) fn is_aws(url: &str) -> bool {
    let host = host(url);
    let domains = PARTITIONS.iter().flat_map(|partition| partition.domains);
    domains.into_iter().any(|domain| host.strip_suffix(domain).is_some_and(|before| before.ends_with('.')))
}

/// The host of a URL, without user, port and path.
pub(crate) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.to_ascii_lowercase()
}

/// Does the URL lead to this machine, and no further?
pub(crate) fn is_loopback(url: &str) -> bool {
    let host = host(url);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What is wrong with a word that ought to be a Region, if it has not the form of one.
pub(crate) fn not_a_region(word: &str) -> Option<String> {
    if word.trim().is_empty() {
        return Some("it is empty".into());
    }
    let parts: Vec<&str> = word.split('-').collect();
    let number = parts.last().copied().unwrap_or_default();
    let names_fit = parts.len() >= 3
        && parts.iter().rev().skip(1).all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()));
    let digits = number.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match () {
        () if names_fit && is_number(number) => None,
        () if names_fit && is_number(digits) && digits.len() + 1 == number.len() => {
            let region = &word[..word.len() - 1];
            Some(format!("{word} is an Availability Zone; its Region is {region}"))
        }
        () => Some("a Region looks like eu-west-1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_signs_its_global_services_in_a_region_of_its_own() {
        for (region, global) in [
            ("eu-west-1", "us-east-1"),
            ("us-west-2", "us-east-1"),
            ("cn-northwest-1", "cn-north-1"),
            ("us-gov-east-1", "us-gov-west-1"),
            ("eusc-de-east-1", "eusc-de-east-1"),
            ("us-iso-west-1", "us-iso-east-1"),
            ("us-isob-west-1", "us-isob-east-1"),
            ("eu-isoe-west-1", "eu-isoe-west-1"),
            ("us-isof-east-1", "us-isof-south-1"),
        ] {
            assert_eq!(of(region).global, global, "{region}");
        }
    }

    #[test]
    fn only_hosts_of_aws_are_awss() {
        for url in [
            "https://s3-control.eu-west-1.amazonaws.com",
            "https://control.vpce-1a2b3c.s3.us-east-1.vpce.amazonaws.com/",
            "https://sts.cn-north-1.amazonaws.com.cn",
            "https://ec2.us-east-1.api.aws:443",
            "https://sts.eusc-de-east-1.amazonaws.eu",
            "https://sts.us-iso-east-1.c2s.ic.gov",
            "https://STS.US-ISOB-EAST-1.SC2S.SGOV.GOV/",
        ] {
            assert!(is_aws(url), "{url}");
        }
        for url in [
            "http://127.0.0.1:5000",
            "http://localstack:4566",
            "http://amazonaws.com.example.org",
            "https://evilamazonaws.com",
            "https://sts.amazonaws.com@example.org/",
        ] {
            assert!(!is_aws(url), "{url}");
        }
    }

    #[test]
    fn loopback_is_this_machine_alone() {
        for url in
            ["http://127.0.0.1:5000", "http://localhost", "http://[::1]:4566/x", "http://x.localhost:1"]
        {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://10.0.0.1", "http://localhost.example.org", "http://127.0.0.1.example.org"] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn a_zone_is_told_from_a_region() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-12", "us-isob-east-1", "eusc-de-east-1"] {
            assert_eq!(not_a_region(region), None, "{region}");
        }
        let zone = not_a_region("eu-west-1a").unwrap();
        assert!(zone.ends_with("its Region is eu-west-1"), "{zone}");
        for word in
            ["", " \n", "eu-west-1\n", "eu-west", "eu_west_1", "EU-WEST-1", "eu-west-1 # home", "eu-west-a1"]
        {
            assert!(not_a_region(word).is_some(), "{word:?}");
        }
    }
}
