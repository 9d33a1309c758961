//! What the command line, the environment and the AWS configuration files say, each with its place.
//!
//! They mean here what they mean to the AWS CLI. What they cannot mean is refused, by file and line or by
//! the name of the variable.

mod advice;
mod endpoints;
mod ini;
mod profiles;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use super::connect::{ConnectError, Connection};
use super::partition;
use crate::document::hint;
pub(super) use advice::redacted;
use profiles::Kind;
pub(super) use profiles::{Profile, Profiles, sdk_name};

/// A setting, and where it stands: `--region`, `AWS_REGION`, `/home/akari/.aws/config:4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sourced {
    pub value: String,
    pub from: String,
}

/// The settings that decide who signs and where calls go.
#[derive(Debug)]
pub(crate) struct Settings {
    pub profiles: Profiles,
    /// The profile that applies. Without a name it is `default`, which need not exist.
    pub profile: Sourced,
    /// It was named on the command line: then it beats keys in the environment.
    pub profile_beats_keys: bool,
    pub region: Option<Sourced>,
    /// A file of certificates to trust besides the system's own.
    pub ca_bundle: Option<Sourced>,
    fips: Option<Sourced>,
    endpoints: endpoints::Endpoints,
    proxies: Vec<Sourced>,
}

/// The profile when none is named.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// A variable of the environment.
pub(crate) type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Reads the two files and puts everything together.
    ///
    /// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-quickstart.html>
    ///
    /// # Errors
    /// When a file is not what the AWS CLI reads, the profile is not there, or a setting cannot be meant.
    pub fn read(to: &Connection, variable: Variable<'_>) -> Result<Settings, ConnectError> {
        let mut profiles = Profiles::default();
        for (kind, name, usual) in [
            (Kind::Config, "AWS_CONFIG_FILE", ".aws/config"),
            (Kind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        ] {
            if let Some(path) = path(variable(name).as_deref(), usual, variable("HOME").as_deref()) {
                profiles.add(kind, &path, variable("HOME").as_deref()).map_err(|error| {
                    ConnectError::new(error).hint(format!(
                        "to do without the file: {name}=/dev/null, and keys in the environment"
                    ))
                })?;
            }
        }
        let profile = profile_name(to, variable)?;
        let is_default = profile.from.is_empty();
        let here = match profiles.get(&profile.value) {
            None if !is_default => return Err(no_profile(&profiles, &profile)),
            None => Profile::default(),
            Some(here) => here.clone(),
        };
        here.check().map_err(ConnectError::new)?;
        let of_variable = |name: &str| variable(name).map(|value| Sourced { value, from: name.into() });
        let of_profile = |key: &str| {
            Some(Sourced { value: here.text(key)?, from: here.position(key).unwrap_or_default() })
        };
        let of_flag = |flag: &str, value: &Option<String>| {
            value.as_ref().map(|value| Sourced { value: value.clone(), from: flag.into() })
        };
        let region = of_flag("--region", &to.region)
            .or_else(|| of_variable("AWS_REGION"))
            .or_else(|| of_variable("AWS_DEFAULT_REGION"))
            .or_else(|| of_profile("region"));
        let ca_bundle = of_variable("AWS_CA_BUNDLE")
            .filter(|told| !told.value.is_empty())
            .or_else(|| of_profile("ca_bundle"))
            .or_else(|| of_variable("REQUESTS_CA_BUNDLE").filter(|told| !told.value.is_empty()));
        let ca_bundle = ca_bundle.map(|told| Sourced { value: at_home(&told.value, variable), ..told });
        let fips = of_variable("AWS_USE_FIPS_ENDPOINT").or_else(|| of_profile("use_fips_endpoint"));
        let settings = Settings {
            profile_beats_keys: to.profile.is_some(),
            region,
            ca_bundle,
            fips: fips.filter(|told| told.value.eq_ignore_ascii_case("true")),
            endpoints: endpoints::Endpoints::read(to, variable, &here, &profiles)?,
            proxies: proxies(variable),
            profiles,
            profile,
        };
        settings.check_region()?;
        Ok(settings)
    }

    /// Where a service of AWS is reached, if not at AWS's own endpoint.
    pub fn endpoint(&self, service: &str) -> Option<&Sourced> {
        self.endpoints.of(service)
    }

    /// The profile that applies, or an empty one.
    pub fn profile(&self) -> Profile {
        self.profiles.get(&self.profile.value).cloned().unwrap_or_default()
    }

    /// A Region that has not the form of one would become part of a host name that nobody has.
    fn check_region(&self) -> Result<(), ConnectError> {
        let Some(told) = &self.region else { return Ok(()) };
        let Some(why) = partition::not_a_region(&told.value) else { return Ok(()) };
        let word =
            !told.value.is_empty() && !told.value.contains(|c: char| c.is_whitespace() || c.is_control());
        // An emulator may call its Regions as it likes.
        if word && self.endpoint("STS").is_some_and(|told| !partition::is_aws(&told.value)) {
            return Ok(());
        }
        let remedy = if told.from.starts_with("AWS_") {
            format!("unset {}, or set it to a Region", told.from)
        } else {
            "give a Region: --region eu-west-1".into()
        };
        Err(ConnectError::new(format!("{} says {:?}, which is no Region: {why}", told.from, told.value))
            .hint(remedy))
    }
}

/// The place of a file: the variable's, or the usual one below the home.
fn path(named: Option<&str>, usual: &str, home: Option<&str>) -> Option<PathBuf> {
    let home = home.filter(|home| !home.is_empty()).map(Path::new);
    match named {
        None => home.map(|home| home.join(usual)),
        Some(named) => match (named.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(named.into()),
        },
    }
}

/// A path that may begin with `~/`.
fn at_home(named: &str, variable: Variable<'_>) -> String {
    path(Some(named), "", variable("HOME").as_deref())
        .map_or_else(|| named.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// `--profile`, then the environment.
fn profile_name(to: &Connection, variable: Variable<'_>) -> Result<Sourced, ConnectError> {
    if let Some(value) = &to.profile {
        return Ok(Sourced { value: value.clone(), from: "--profile".into() });
    }
    match (variable("AWS_PROFILE"), variable("AWS_DEFAULT_PROFILE")) {
        // Version 1 of the AWS CLI takes the one, version 2 the other.
        (Some(one), Some(other)) if one != other => Err(ConnectError::new(format!(
            "AWS_PROFILE says {one:?} and AWS_DEFAULT_PROFILE says {other:?}: which is meant?"
        ))
        .hint("unset one of them, or give --profile")),
        (Some(value), _) => Ok(Sourced { value, from: "AWS_PROFILE".into() }),
        (None, Some(value)) => Ok(Sourced { value, from: "AWS_DEFAULT_PROFILE".into() }),
        (None, None) => Ok(Sourced { value: DEFAULT_PROFILE.into(), from: String::new() }),
    }
}

fn no_profile(profiles: &Profiles, profile: &Sourced) -> ConnectError {
    let Sourced { value: name, from } = profile;
    let files = profiles.files.join(" or ");
    let error = ConnectError::new(format!("there is no profile {name:?} ({from}) in {files}"));
    if let Some(file) = profiles.without_prefix(name) {
        return error.hint(format!("{file} has [{name}]; there a profile is written [profile {name}]"));
    }
    let names: Vec<&str> = profiles.names().collect();
    match hint(name, names.iter().copied()).strip_prefix("; ") {
        Some(words) => error.hint(words.to_owned()),
        None => error.hint("unset it and use keys in the environment, or: aws configure sso"),
    }
}

/// The variables that name a proxy and are set.
fn proxies(variable: Variable<'_>) -> Vec<Sourced> {
    let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    let told = |name: &&str| Some(Sourced { value: variable(name)?, from: (*name).into() });
    names.iter().filter_map(told).filter(|told| !told.value.is_empty()).collect()
}
