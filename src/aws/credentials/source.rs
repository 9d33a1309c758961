//! Where credentials come from, decided as the AWS CLI decides it.

use aws_credential_types::Credentials;

use super::super::connect::ConnectError;
use super::super::settings::{Profile, Settings, Variable};

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// Keys that stand somewhere.
    Keys(Credentials),
    /// A role that is assumed with the credentials of another source.
    Role(Box<Role>, Box<Source>),
    /// A role that is assumed with the token of a web identity.
    WebIdentity { role_arn: String, token_file: String, session: Option<String> },
    /// IAM Identity Center.
    SignIn { profile: String },
    /// A program that prints keys.
    Program { profile: String, words: Vec<String>, account: Option<String> },
    /// The metadata of the container that this runs in.
    Container,
    /// The metadata of the instance that this runs on.
    Instance,
    /// The container's metadata, or else the instance's.
    Machine,
}

/// A role of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub profile: String,
    pub arn: String,
    pub session: Option<String>,
    pub external_id: Option<String>,
    pub mfa_serial: Option<String>,
    pub seconds: Option<i32>,
}

/// The source that applies.
///
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-quickstart.html#cli-configure-quickstart-precedence>
///
/// # Errors
/// When the profile names a source that is not there or says half of what it must.
pub(super) fn decide(settings: &Settings, variable: Variable<'_>) -> Result<Source, ConnectError> {
    let name = &settings.profile.value;
    let profile = settings.profile();
    if !settings.profile_beats_keys
        && let Some(keys) = environment(variable)?
    {
        return Ok(keys);
    }
    if is_role(&profile) {
        return role(settings, name, &profile, variable, &mut vec![name.clone()]);
    }
    let token = variable("AWS_WEB_IDENTITY_TOKEN_FILE").filter(|_| !settings.profile_beats_keys);
    if let Some(token_file) = token.filter(|file| !file.is_empty()) {
        let role_arn = variable("AWS_ROLE_ARN").filter(|arn| !arn.is_empty()).ok_or_else(|| {
            ConnectError::new("AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not")
        })?;
        let session = variable("AWS_ROLE_SESSION_NAME").filter(|name| !name.is_empty());
        return Ok(Source::WebIdentity { role_arn, token_file, session });
    }
    Ok(plain(name, &profile)?.unwrap_or(Source::Machine))
}

/// The keys in the environment.
fn environment(variable: Variable<'_>) -> Result<Option<Source>, ConnectError> {
    let set =
        |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let Some(id) = set("AWS_ACCESS_KEY_ID") else { return Ok(None) };
    let secret = set("AWS_SECRET_ACCESS_KEY").ok_or_else(|| {
        ConnectError::new("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
            .hint("set both, or unset AWS_ACCESS_KEY_ID")
    })?;
    let token = set("AWS_SESSION_TOKEN").or_else(|| set("AWS_SECURITY_TOKEN"));
    Ok(Some(keys(id, secret, token, set("AWS_ACCOUNT_ID"), "Environment")))
}

fn keys(
    id: String,
    secret: String,
    token: Option<String>,
    account: Option<String>,
    name: &'static str,
) -> Source {
    let mut keys = Credentials::builder().access_key_id(id).secret_access_key(secret).provider_name(name);
    keys.set_session_token(token);
    keys.set_account_id(account.map(Into::into));
    Source::Keys(keys.build())
}

fn is_role(profile: &Profile) -> bool {
    profile.has("role_arn") && !profile.has("web_identity_token_file")
}

/// A role and its source, and the source of that.
fn role(
    settings: &Settings,
    name: &str,
    profile: &Profile,
    variable: Variable<'_>,
    visited: &mut Vec<String>,
) -> Result<Source, ConnectError> {
    let place = profile.position("role_arn").unwrap_or_default();
    let wrong = |why: String| ConnectError::new(format!("{place}: the role of the profile {name} {why}"));
    let role = Role {
        profile: name.to_owned(),
        arn: profile.text("role_arn").unwrap_or_default(),
        session: profile.text("role_session_name"),
        external_id: profile.text("external_id"),
        mfa_serial: profile.text("mfa_serial"),
        seconds: profile.text("duration_seconds").and_then(|text| text.parse().ok()),
    };
    let from = match (profile.text("source_profile"), profile.text("credential_source")) {
        (Some(_), Some(_)) => {
            return Err(wrong("has a source_profile and a credential_source; delete one of them".into()));
        }
        (None, None) => return Err(wrong("has no source_profile and no credential_source".into())),
        (None, Some(word)) => match word.to_ascii_lowercase().as_str() {
            "environment" => environment(variable)?.ok_or_else(|| {
                wrong("is assumed with the keys in the environment, and there are none".into())
            })?,
            "ecscontainer" => Source::Container,
            "ec2instancemetadata" => Source::Instance,
            _ => {
                let known = "Environment, Ec2InstanceMetadata and EcsContainer";
                return Err(wrong(format!("has the credential_source {word:?}; known are {known}")));
            }
        },
        (Some(next), None) => {
            let source = settings
                .profiles
                .get(&next)
                .ok_or_else(|| wrong(format!("has the source_profile {next:?}, which is not there")))?;
            source.check().map_err(ConnectError::new)?;
            let has_keys = source.has("aws_access_key_id") || source.has("aws_secret_access_key");
            if is_role(source) && !has_keys {
                if visited.contains(&next) {
                    let way = visited.join(", then ");
                    return Err(wrong(format!("comes back to itself: {way}, then {next}")));
                }
                visited.push(next.clone());
                self::role(settings, &next, source, variable, visited)?
            } else {
                plain(&next, source)?.ok_or_else(|| {
                    wrong(format!("has the source_profile {next}, which has no credentials"))
                })?
            }
        }
    };
    Ok(Source::Role(Box::new(role), Box::new(from)))
}

/// What a profile has of its own, roles aside.
fn plain(name: &str, profile: &Profile) -> Result<Option<Source>, ConnectError> {
    if let (Some(role_arn), Some(token_file)) =
        (profile.text("role_arn"), profile.text("web_identity_token_file"))
    {
        let session = profile.text("role_session_name");
        return Ok(Some(Source::WebIdentity { role_arn, token_file, session }));
    }
    if profile.has("sso_session") || profile.has("sso_start_url") {
        return Ok(Some(Source::SignIn { profile: name.to_owned() }));
    }
    let stored = written(name, profile)?;
    let in_credentials_file = profile.is_secret("aws_access_key_id");
    if in_credentials_file && stored.is_some() {
        return Ok(stored);
    }
    if let Some(place) = profile.position("login_session") {
        let why = format!("{place}: unplug cannot use the session of `aws login`");
        let hint = format!("eval \"$(aws configure export-credentials --profile {name} --format env)\"");
        return Err(ConnectError::new(why).hint(hint));
    }
    if let Some(command) = profile.text("credential_process") {
        let place = profile.position("credential_process").unwrap_or_default();
        let words = shlex::split(&command).filter(|words| !words.is_empty()).ok_or_else(|| {
            ConnectError::new(format!("{place}: a quotation mark of this command has no other one"))
        })?;
        let account = profile.text("aws_account_id");
        return Ok(Some(Source::Program { profile: name.to_owned(), words, account }));
    }
    Ok(stored)
}

/// The keys that stand in a profile.
fn written(name: &str, profile: &Profile) -> Result<Option<Source>, ConnectError> {
    let half = |has: &str, lacks: &str| {
        let place = profile.position(has).unwrap_or_default();
        ConnectError::new(format!("{place}: the profile {name} has {has} and no {lacks}"))
    };
    let (id, secret) = ("aws_access_key_id", "aws_secret_access_key");
    match (profile.text(id), profile.text(secret)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(half(id, secret)),
        (None, Some(_)) => Err(half(secret, id)),
        (Some(key), Some(word)) => {
            let token = profile.text("aws_session_token").or_else(|| profile.text("aws_security_token"));
            Ok(Some(keys(key, word, token, profile.text("aws_account_id"), "Profile")))
        }
    }
}
