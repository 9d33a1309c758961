//! Where calls go, if not to AWS's own endpoints, and which setting says so.

use std::collections::BTreeMap;

use super::super::connect::{ConnectError, Connection};
use super::super::partition::{is_aws, is_loopback};
use super::profiles::{Profile, Profiles};
use super::{Sourced, Variable, redacted};

/// The services that unplug calls, by AWS's own ids: variables and `[services]` sections are named after
/// them.
const SERVICES: &[&str] = &[
    "AccessAnalyzer",
    "Account",
    "Auto Scaling",
    "Backup",
    "CloudTrail",
    "CloudWatch Logs",
    "Config Service",
    "Direct Connect",
    "EC2",
    "ECS",
    "Elastic Load Balancing v2",
    "Health",
    "IAM",
    "RDS",
    "Route53Resolver",
    "S3",
    "S3 Control",
    "SES",
    "SESv2",
    "SSM",
    "STS",
    "SecurityHub",
    "Service Quotas",
    "Support",
];

/// The endpoint of each service that has one of its own.
#[derive(Debug, Default)]
pub(super) struct Endpoints(BTreeMap<&'static str, Sourced>);

impl Endpoints {
    /// The flag beats the service's variable, that the variable for all, that the profile's `services`,
    /// those its `endpoint_url`.
    ///
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
    ///
    /// # Errors
    /// When an endpoint has no scheme.
    pub fn read(
        to: &Connection,
        variable: Variable<'_>,
        profile: &Profile,
        profiles: &Profiles,
    ) -> Result<Endpoints, ConnectError> {
        let all = |value: Option<String>, from: &str| value.map(|value| Sourced { value, from: from.into() });
        let ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .or_else(|| profile.text("ignore_configured_endpoint_urls"))
            .is_some_and(|word| word.eq_ignore_ascii_case("true"));
        let mut endpoints = Endpoints::default();
        for service in SERVICES {
            let configured = || {
                let name = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase().replace([' ', '-'], "_"));
                let section = profile.text("services");
                let key = service.to_lowercase().replace([' ', '-'], "_");
                all(variable(&name), &name)
                    .or_else(|| all(variable("AWS_ENDPOINT_URL"), "AWS_ENDPOINT_URL"))
                    .or_else(|| {
                        let (value, from) = profiles.service_endpoint(&section?, &key)?;
                        Some(Sourced { value, from })
                    })
                    .or_else(|| {
                        let from = profile.position("endpoint_url")?;
                        Some(Sourced { value: profile.text("endpoint_url")?, from })
                    })
            };
            let told = all(to.endpoint_url.clone(), "--endpoint-url")
                .or_else(|| if ignored { None } else { configured() })
                .filter(|told| !told.value.is_empty());
            if let Some(told) = told {
                if !told.value.contains("://") {
                    return Err(ConnectError::new(format!(
                        "the endpoint {} has no scheme; is it http://{}",
                        told.value, told.value
                    ))
                    .hint(format!("it is set by {}", told.from)));
                }
                endpoints.0.insert(service, told);
            }
        }
        Ok(endpoints)
    }

    pub fn of(&self, service: &str) -> Option<&Sourced> {
        self.0.get(service)
    }

    /// One sentence for each endpoint that is not AWS's.
    pub fn notes(&self) -> Vec<String> {
        let mut same: Vec<(&Sourced, Vec<&str>)> = vec![];
        for (service, told) in self.0.iter().filter(|(_, told)| !is_aws(&told.value)) {
            match same.iter_mut().find(|(known, _)| *known == told) {
                Some((_, services)) => services.push(service),
                None => same.push((told, vec![service])),
            }
        }
        let sentence = |(told, services): (&Sourced, Vec<&str>)| {
            let of = if services.len() == SERVICES.len() {
                "every call goes".to_owned()
            } else {
                format!("calls to {} go", services.join(", "))
            };
            let plain = told.value.to_lowercase().starts_with("http:") && !is_loopback(&told.value);
            let open = if plain { "; unencrypted: whoever is on the way can read and change it" } else { "" };
            format!("{of} to {}, not to AWS ({}){open}", redacted(&told.value), told.from)
        };
        same.into_iter().map(sentence).collect()
    }

    /// One URL of each way that calls take.
    pub fn urls(&self) -> Vec<&str> {
        let mut urls: Vec<&str> = self.0.values().map(|told| told.value.as_str()).collect();
        urls.sort_unstable();
        urls.dedup();
        urls
    }

    /// Has each service an endpoint of its own?
    pub fn are_all(&self) -> bool {
        self.0.len() == SERVICES.len()
    }

    /// The setting of the endpoint with this host.
    pub fn with_host(&self, host: &str) -> Option<&Sourced> {
        self.0.values().find(|told| super::partition::host(&told.value) == host)
    }
}
