//! What to say of the way that calls take, before it is taken and when it fails.

use hyper_util::client::proxy::matcher::Matcher;

use super::super::https::{Blocked, Obstacle};
use super::super::partition;
use super::{Settings, Sourced};

impl Settings {
    /// What a responder must know before anything else: calls that do not go straight to AWS.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.endpoints.notes();
        let home = self.home_url();
        let aws = (!self.endpoints.are_all()).then_some(home.as_str());
        let mut through: Vec<String> = vec![];
        for url in aws.into_iter().chain(self.endpoints.urls()) {
            if let Some(proxy) = self.proxy(url).filter(|proxy| !through.contains(proxy)) {
                through.push(proxy);
            }
        }
        notes.extend(through.into_iter().map(|proxy| format!("calls go through the proxy {proxy}")));
        notes
    }

    /// The proxy of calls to a URL, with the variable that names it.
    pub fn proxy(&self, url: &str) -> Option<String> {
        let proxy = Matcher::from_env().intercept(&url.parse().ok()?)?.uri().to_string();
        let names = if url.starts_with("https:") {
            ["HTTPS_PROXY", "ALL_PROXY"]
        } else {
            ["HTTP_PROXY", "ALL_PROXY"]
        };
        let variable = names.iter().find_map(|name| {
            self.proxies.iter().find(|told| told.from.eq_ignore_ascii_case(name)).map(|told| &told.from)
        });
        let from = variable.map(|name| format!(" ({name})")).unwrap_or_default();
        Some(format!("{}{from}", redacted(proxy.trim_end_matches('/'))))
    }

    /// The one thing to try when a host was not reached.
    pub fn advice(&self, blocked: &Blocked) -> String {
        let own = self.endpoints.with_host(&blocked.host);
        match blocked.obstacle {
            Obstacle::Certificate => match &self.ca_bundle {
                Some(Sourced { value, from }) => {
                    format!(
                        "does {value} ({from}) hold the certificate that signed the one of {}?",
                        blocked.host
                    )
                }
                None => {
                    "behind a proxy that opens TLS: set AWS_CA_BUNDLE, or ca_bundle in ~/.aws/config, to the \
                         file with its certificate"
                        .into()
                }
            },
            Obstacle::Proxy => {
                let fips = self.fips.as_ref().filter(|_| own.is_none()).map_or_else(String::new, |fips| {
                    format!("; not every Region has FIPS endpoints: use_fips_endpoint is on by {}", fips.from)
                });
                format!(
                    "is the proxy right, and may it reach {}? NO_PROXY lists the hosts to reach without it{fips}",
                    blocked.host
                )
            }
            Obstacle::Name | Obstacle::Connection => match (own, &self.fips) {
                (Some(told), _) => format!("is the endpoint right? It is set by {}", told.from),
                (None, Some(fips)) => format!(
                    "not every Region has FIPS endpoints: unset use_fips_endpoint ({}), or take another Region",
                    fips.from
                ),
                (None, None) => match &self.region {
                    Some(region) => format!(
                        "is there a network, and is {} a Region? It is set by {}",
                        region.value, region.from
                    ),
                    None => "is there a network? No Region was given: --region sets one".into(),
                },
            },
        }
    }

    /// A host of AWS in the Region that applies.
    fn home_url(&self) -> String {
        let region = self.region.as_ref().map_or("us-east-1", |told| told.value.as_str());
        format!("https://sts.{region}.{}", partition::of(region).domain())
    }
}

/// A URL without user and password.
pub(crate) fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://***{}", &rest[at..]),
        None => url.to_owned(),
    }
}
