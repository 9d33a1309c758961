//! The profiles of `~/.aws/config` and `~/.aws/credentials`, put together as the AWS CLI does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::ini::{self, Value};
use crate::document::{self, Fault};

/// A longer file is not one that a person wrote.
const MOST: u64 = 4 << 20;

/// What the two files say.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    profiles: BTreeMap<String, Profile>,
    sessions: BTreeMap<String, Profile>,
    services: BTreeMap<String, Profile>,
    /// Sections of the configuration file that are of none of these kinds, with their places.
    others: BTreeMap<String, String>,
    /// The files that were looked for, with "(not there)" where it is so.
    pub files: Vec<String>,
}

/// The keys of one section.
#[derive(Clone, Debug, Default)]
pub(crate) struct Profile(BTreeMap<String, Setting>);

#[derive(Clone, Debug)]
struct Setting {
    value: Value,
    file: Arc<str>,
    /// It stands in the credentials file.
    secret: bool,
}

impl Setting {
    fn position(&self) -> String {
        format!("{}:{}", self.file, self.value.line)
    }
}

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Config,
    Credentials,
}

impl Profiles {
    /// Adds a file. One that is not there says nothing, as for the AWS CLI.
    ///
    /// # Errors
    /// When it is there and cannot be read, or is not what the AWS CLI reads.
    pub fn add(&mut self, kind: Kind, path: &Path, home: Option<&str>) -> Result<(), String> {
        let below = home.and_then(|home| path.strip_prefix(home).ok());
        let file = below.map_or_else(|| path.display().to_string(), |rest| format!("~/{}", rest.display()));
        match document::read_file(path, MOST) {
            Ok(text) => {
                self.merge(kind, &file, &text).map_err(|fault| fault.to_string())?;
                self.files.push(file);
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                self.files.push(format!("{file} (not there)"));
            }
            // The AWS CLI, too, takes what is no file for an empty one: AWS_CONFIG_FILE=/dev/null.
            Err(_) if path == Path::new("/dev/null") => {}
            Err(error) => return Err(format!("cannot read the AWS configuration {file}: {error}")),
        }
        Ok(())
    }

    pub(super) fn merge(&mut self, kind: Kind, file: &str, text: &str) -> Result<(), Fault> {
        let file_name: Arc<str> = file.into();
        for section in ini::parse(file, text)? {
            let secret = kind == Kind::Credentials;
            let place = |value: Value| Setting { value, file: file_name.clone(), secret };
            let keys = section.keys.into_iter().map(|(key, value)| (key, place(value))).collect();
            let header = section.header;
            match kind {
                Kind::Credentials => {
                    self.profiles.entry(header).or_default().0.extend(keys);
                }
                Kind::Config if header == "default" => {
                    self.profiles.insert(header, Profile(keys));
                }
                Kind::Config => {
                    let words = shlex::split(&header).unwrap_or_default();
                    let of_kind = [
                        ("profile", &mut self.profiles),
                        ("sso-session", &mut self.sessions),
                        ("services", &mut self.services),
                    ];
                    match (of_kind.into_iter().find(|(kind, _)| header.starts_with(kind)), &words[..]) {
                        (Some((_, map)), [_, name]) => {
                            map.insert(name.clone(), Profile(keys));
                        }
                        _ => {
                            self.others.insert(header, file.to_owned());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The file that has `[name]` where it would have to say `[profile name]`.
    pub fn without_prefix(&self, name: &str) -> Option<&str> {
        self.others.get(name).map(String::as_str)
    }

    /// The endpoint that a `[services]` section gives to a service, and its place.
    pub fn service_endpoint(&self, section: &str, service: &str) -> Option<(String, String)> {
        let setting = self.services.get(section)?.0.get(service)?;
        let (line, _, url) = setting.value.nested().find(|(_, key, _)| *key == "endpoint_url")?;
        Some((url.to_owned(), format!("{}:{line}", setting.file)))
    }

    /// The files in the dialect of the SDK for Rust, without what decides about credentials.
    pub fn for_sdk(&self) -> String {
        let mut text = String::new();
        for (kind, map) in
            [("profile", &self.profiles), ("sso-session", &self.sessions), ("services", &self.services)]
        {
            for (name, section) in map {
                let _ = writeln!(text, "[{kind} {}]", sdk_name(name));
                for (key, setting) in section.0.iter().filter(|(key, _)| !DECIDED_HERE.contains(&&***key)) {
                    if setting.value.is_nested() {
                        let _ = writeln!(text, "{key} =");
                        for (_, key, value) in setting.value.nested() {
                            let _ = writeln!(text, "  {key} = {value}");
                        }
                    } else {
                        let value = setting.value.text().replace('\n', " ");
                        let names = matches!(key.as_str(), "sso_session" | "services");
                        let _ = writeln!(text, "{key} = {}", if names { sdk_name(&value) } else { value });
                    }
                }
            }
        }
        text
    }
}

/// Keys that are read here: the SDK reads them otherwise than the AWS CLI, or not at all.
const DECIDED_HERE: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "ca_bundle",
    "credential_process",
    "credential_source",
    "duration_seconds",
    "external_id",
    "mfa_serial",
    "region",
    "role_arn",
    "role_session_name",
    "source_profile",
    "web_identity_token_file",
];

/// A section's name as the SDK accepts it: it drops sections with a blank in their names.
pub(crate) fn sdk_name(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || "_-/.@:+".contains(c) {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes).bytes().for_each(|byte| {
                let _ = write!(out, "%{byte:02x}");
            });
        }
    }
    out
}

impl Profile {
    /// The value of a key. An empty one counts as none.
    pub fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).map(|setting| setting.value.text()).filter(|text| !text.is_empty())
    }

    /// File and line of a key.
    pub fn position(&self, key: &str) -> Option<String> {
        self.0.get(key).map(Setting::position)
    }

    pub fn has(&self, key: &str) -> bool {
        self.text(key).is_some()
    }

    /// Does the key stand in the credentials file?
    pub fn is_secret(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|setting| setting.secret)
    }

    /// A line with a blank before it belongs to the key above it. Mostly nobody meant that.
    ///
    /// # Errors
    /// When a value goes on in such a line. Only a command may.
    pub fn check(&self) -> Result<(), Fault> {
        for (key, setting) in self.0.iter().filter(|(key, _)| *key != "credential_process") {
            let Some(line) = setting.value.continued().filter(|_| !setting.value.is_nested()) else {
                continue;
            };
            let message = format!(
                "this line begins with a blank, so it belongs to the value of {key} in line {}; delete the blank",
                setting.value.line
            );
            return Err(Fault { file: setting.file.to_string(), line, column: 1, message });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(config: &str, credentials: &str) -> Profiles {
        let mut profiles = Profiles::default();
        profiles.merge(Kind::Config, "config", config).unwrap();
        profiles.merge(Kind::Credentials, "credentials", credentials).unwrap();
        profiles
    }

    #[test]
    fn a_key_of_the_credentials_file_beats_the_same_key_of_the_configuration_file() {
        let both = profiles("[profile p]\nregion = a\noutput = x\n", "[p]\nregion = b\n");
        let p = both.get("p").unwrap();
        assert_eq!(
            (p.text("region"), p.position("region")),
            (Some("b".into()), Some("credentials:2".into()))
        );
        assert_eq!((p.text("output"), p.position("output")), (Some("x".into()), Some("config:3".into())));
        assert!(p.is_secret("region") && !p.is_secret("output"));
    }

    #[test]
    fn sections_are_profiles_as_for_the_aws_cli() {
        let text = "[default]\na=1\n[profile \"b c\"]\na=2\n[d]\na=3\n[services s]\nec2 =\n  endpoint_url = http://x\n";
        let all = profiles(text, "[profile e]\n[f]\n");
        assert_eq!(all.names().collect::<Vec<_>>(), ["b c", "default", "f", "profile e"]);
        assert_eq!(all.without_prefix("d"), Some("config"));
        assert_eq!(all.service_endpoint("s", "ec2"), Some(("http://x".into(), "config:9".into())));
        assert_eq!(all.service_endpoint("s", "sts"), None);
    }

    #[test]
    fn the_sdk_gets_its_own_dialect_and_no_secret() {
        let config =
            "[profile b c]\n[profile \"b c\"]\n  max_attempts: 7\n  s3 =\n    addressing_style=path\n";
        let text = profiles(config, "[b c]\naws_secret_access_key = s\n").for_sdk();
        assert_eq!(text, "[profile b%20c]\nmax_attempts = 7\ns3 =\n  addressing_style = path\n");
    }

    #[test]
    fn a_line_that_a_blank_made_part_of_another_key_is_named() {
        let config =
            "[profile p]\noutput = json\n region = eu-west-1\n[profile q]\ncredential_process = a\n  b\n";
        let all = profiles(config, "");
        let said = all.get("p").unwrap().check().unwrap_err().to_string();
        assert!(said.starts_with("config:3:1: this line begins with a blank"), "{said}");
        assert!(said.contains("the value of output in line 2"), "{said}");
        all.get("q").unwrap().check().unwrap();
    }
}
