//! `--block-cidr` and `--block-country`: whom to shut out, and who must not be.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::aws::countries;
use crate::config::Config;
use crate::failure::{Failure, usage};
use crate::step::StepId;

/// The step that blocks them.
pub(super) const BLOCK: StepId = StepId(350);

/// The widest networks that are blocked, in bits of the prefix: AWS's largest customers have no wider ones, and
/// a slip of the finger has.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 16;

/// A network, or one address, of the command line.
///
/// # Errors
/// What is wrong with it.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let Some(net) = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) else {
        return Err("no address and no network; write 203.0.113.7 or 203.0.113.0/24".into());
    };
    if net != net.trunc() {
        return Err(format!("it has bits beyond its prefix; do you mean {} or {}?", net.trunc(), net.addr()));
    }
    if let IpNet::V6(v6) = net
        && v6.addr().to_ipv4_mapped().is_some()
    {
        return Err("packets carry this as an IPv4 address: write it as one".into());
    }
    let (widest, family) = if net.addr().is_ipv4() { (WIDEST_V4, "IPv4") } else { (WIDEST_V6, "IPv6") };
    if net.prefix_len() < widest {
        return Err(format!("wider than /{widest}: unplug blocks no larger {family} network at once"));
    }
    Ok(net)
}

/// A country of the command line.
///
/// # Errors
/// That AWS knows no country of this code.
pub(super) fn country(text: &str) -> Result<String, String> {
    let code = text.to_ascii_uppercase();
    if countries().contains(&code.as_str()) {
        return Ok(code);
    }
    Err(match &*code {
        "UK" => "no country of ISO 3166-1; the United Kingdom is GB".into(),
        "EL" => "no country of ISO 3166-1; Greece is GR".into(),
        _ => "no country of ISO 3166-1; write its two letters, as KP".into(),
    })
}

/// Refuses countries where no step here blocks any.
///
/// # Errors
/// When the steps that are taken leave out the one that blocks countries.
pub(super) fn check_countries(named: &[String], playbook: &str, takes: bool) -> Result<(), Failure> {
    if named.is_empty() || takes {
        return Ok(());
    }
    Err(usage(format!(
        "--block-country names countries for step {BLOCK}, which {playbook} does not take here"
    ))
    .hint("unplug pull block-address --block-country … blocks them; nothing was cut"))
}

/// Refuses to block whom the responder needs.
///
/// # Errors
/// When a network has addresses of responders or of a kept CIDR, or no step here blocks any.
pub(super) fn check(
    blocked: &[IpNet],
    kept: &[IpNet],
    config: &Config,
    playbook: &str,
    takes: bool,
) -> Result<(), Failure> {
    if blocked.is_empty() {
        return Ok(());
    }
    if !takes {
        return Err(usage(format!(
            "--block-cidr names addresses for step {BLOCK}, which {playbook} does not take here"
        ))
        .hint("unplug pull block-address --block-cidr … blocks them; nothing was cut"));
    }
    for net in blocked {
        let overlaps = |other: &&IpNet| net.contains(*other) || other.contains(net);
        if let Some(own) = config.responder_cidrs.iter().find(overlaps) {
            let place = config.position("responder_cidrs", &own.to_string());
            let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
            return Err(usage(format!(
                "{net} has addresses of responders: responder_cidrs names {own}{place}"
            ))
            .hint("name smaller networks, without your own; nothing was cut"));
        }
        if let Some(own) = kept.iter().find(overlaps) {
            return Err(usage(format!("{net} has addresses that --keep-cidr {own} keeps"))
                .hint("leave out one of the two; nothing was cut"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_network_and_a_slip_is_none() {
        assert_eq!(network("203.0.113.7").unwrap().to_string(), "203.0.113.7/32");
        assert_eq!(network("2001:db8::7").unwrap().to_string(), "2001:db8::7/128");
        assert_eq!(network("198.51.100.0/24").unwrap().to_string(), "198.51.100.0/24");
        for (wrong, said) in [
            ("example.com", "no address"),
            ("203.0.113.7/24", "do you mean 203.0.113.0/24 or 203.0.113.7?"),
            ("0.0.0.0/0", "wider than /8"),
            ("::/0", "wider than /16"),
            ("192.0.0.0/7", "wider than /8"),
            ("::ffff:203.0.113.7", "IPv4"),
        ] {
            let error = network(wrong).unwrap_err();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_country_is_two_letters_that_aws_knows() {
        assert_eq!(country("kp").unwrap(), "KP");
        assert!(country("UK").unwrap_err().contains("GB"));
        for wrong in ["", "ZZ", "PRK", "Korea", "K"] {
            assert!(country(wrong).is_err(), "{wrong}");
        }
        assert!(check_countries(&["KP".into()], "fastest", false).is_err());
        assert!(check_countries(&["KP".into()], "block-address", true).is_ok());
        assert!(check_countries(&[], "fastest", false).is_ok());
    }

    #[test]
    fn responders_and_kept_networks_are_not_blocked() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        let config = Config { responder_cidrs: vec![net("198.51.100.0/24")], ..Config::default() };
        let blocked = |blocked: &str, kept: &[IpNet]| check(&[net(blocked)], kept, &config, "p", true);
        assert!(blocked("203.0.113.7/32", &[]).is_ok());
        assert!(blocked("198.51.100.9/32", &[]).unwrap_err().error.contains("responder_cidrs"));
        assert!(blocked("198.51.0.0/16", &[]).is_err(), "a wider network has them too");
        let kept = [net("203.0.113.0/24")];
        assert!(blocked("203.0.113.7/32", &kept).unwrap_err().error.contains("--keep-cidr"));
        assert!(check(&[net("203.0.113.7/32")], &[], &config, "fastest", false).is_err());
        assert!(check(&[], &[], &config, "fastest", false).is_ok());
    }
}
