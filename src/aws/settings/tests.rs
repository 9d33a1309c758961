use super::*;

/// A home with these files, and these variables beside HOME.
struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    fn new(config: &str, variables: &[(&str, &str)]) -> Home {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".aws")).unwrap();
        std::fs::write(folder.path().join(".aws/config"), config).unwrap();
        let mut all = vec![("HOME".to_owned(), folder.path().display().to_string())];
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Home { folder, variables: all }
    }

    fn read(&self, to: &Connection) -> Result<Settings, ConnectError> {
        Settings::read(to, &|name| {
            self.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        })
    }

    /// What is said, without the folder's own name.
    fn told(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "~")
    }
}

fn to(profile: Option<&str>, region: Option<&str>, endpoint_url: Option<&str>) -> Connection {
    let own = |word: Option<&str>| word.map(str::to_owned);
    Connection { profile: own(profile), region: own(region), endpoint_url: own(endpoint_url), person: None }
}

const CONFIG: &str =
    "[profile p]\n region = eu-west-1\n ca_bundle = ~/ca.pem\n[profile q]\nregion = eu-north-1\n";

fn region(home: &Home, to: &Connection) -> (String, String) {
    let Sourced { value, from } = home.read(to).unwrap().region.unwrap();
    (value, home.told(&from))
}

#[test]
fn the_region_is_the_flags_then_the_environments_then_the_profiles() {
    let both = [("AWS_REGION", "us-west-1"), ("AWS_DEFAULT_REGION", "us-west-2"), ("AWS_PROFILE", "p")];
    let told =
        |variables: &[(&str, &str)], flag| region(&Home::new(CONFIG, variables), &to(None, flag, None));
    assert_eq!(told(&both, Some("sa-east-1")), ("sa-east-1".into(), "--region".into()));
    assert_eq!(told(&both, None), ("us-west-1".into(), "AWS_REGION".into()));
    assert_eq!(told(&both[1..], None), ("us-west-2".into(), "AWS_DEFAULT_REGION".into()));
    assert_eq!(told(&both[2..], None), ("eu-west-1".into(), "~/.aws/config:2".into()));
}

#[test]
fn certificates_are_named_by_the_environment_or_the_profile() {
    let named = |variables: &[(&str, &str)]| {
        let home = Home::new(CONFIG, variables);
        let Sourced { value, from } = home.read(&to(Some("p"), None, None)).unwrap().ca_bundle.unwrap();
        (home.told(&value), home.told(&from))
    };
    assert_eq!(named(&[]), ("~/ca.pem".into(), "~/.aws/config:3".into()));
    assert_eq!(named(&[("AWS_CA_BUNDLE", "/a")]), ("/a".into(), "AWS_CA_BUNDLE".into()));
    assert_eq!(named(&[("REQUESTS_CA_BUNDLE", "/b")]).0, "~/ca.pem");
}

#[test]
fn an_impossible_value_is_refused_with_its_position() {
    for (config, variables, profile, said) in [
        (CONFIG, &[][..], Some("nosuch"), "there is no profile \"nosuch\" (--profile) in ~/.aws/config or"),
        (CONFIG, &[("AWS_PROFILE", "nosuch")], None, "there is no profile \"nosuch\" (AWS_PROFILE)"),
        (CONFIG, &[("AWS_PROFILE", "")], None, "there is no profile \"\" (AWS_PROFILE)"),
        (CONFIG, &[("AWS_PROFILE", "p"), ("AWS_DEFAULT_PROFILE", "q")], None, "which is meant?"),
        (CONFIG, &[("AWS_REGION", "")], None, "AWS_REGION says \"\", which is no Region: it is empty"),
        (
            CONFIG,
            &[("AWS_REGION", "eu-west-1\n")],
            None,
            "AWS_REGION says \"eu-west-1\\n\", which is no Region",
        ),
        (CONFIG, &[("AWS_REGION", "eu-west-1a")], None, "an Availability Zone; its Region is eu-west-1"),
        (CONFIG, &[("AWS_ENDPOINT_URL_IAM", "iam:1")], None, "the endpoint iam:1 has no scheme"),
        ("[profile p]\nregion eu-west-1\n", &[], None, "~/.aws/config:2:1: this is neither"),
        ("[profile p]\noutput = json\n region = x\n", &[], Some("p"), "~/.aws/config:3:1: this line begins"),
    ] {
        let home = Home::new(config, variables);
        let error = home.read(&to(profile, None, None)).unwrap_err();
        let text = home.told(&error.to_string());
        assert!(text.contains(said), "{variables:?}: {text}");
        assert!(!error.hints.is_empty() || text.contains("this line begins"), "{text}");
    }
    // The other profile's line is not this one's fault.
    Home::new("[profile p]\noutput = json\n region = x\n[profile q]\n", &[])
        .read(&to(Some("q"), None, None))
        .unwrap();
    // An emulator may call its Regions as it likes.
    let local = Home::new(CONFIG, &[("AWS_REGION", "local")]);
    local.read(&to(None, None, Some("http://localhost:1"))).unwrap();
}

#[test]
fn a_profile_that_is_nearly_there_is_named() {
    let hints = |name: &str| {
        Home::new("[profile prod]\n[stage]\n", &[]).read(&to(Some(name), None, None)).unwrap_err().hints
    };
    assert!(hints("prd")[0].contains("did you mean \"prod\"?"), "{:?}", hints("prd"));
    assert!(hints("stage")[0].contains("has [stage]; there a profile is written [profile stage]"));
}

#[test]
fn an_endpoint_that_is_not_awss_is_said_with_its_place() {
    let profile = "[profile p]\nservices = s\n[services s]\nec2 =\n  endpoint_url = http://emulator:1\n";
    for (config, variables, flag, said) in [
        (
            "",
            &[][..],
            Some("http://127.0.0.1:1"),
            &["every call goes to http://127.0.0.1:1, not to AWS (--endpoint-url)"][..],
        ),
        (
            "",
            &[("AWS_ENDPOINT_URL", "https://a:b@c")],
            None,
            &["every call goes to https://***@c, not to AWS (AWS_ENDPOINT_URL)"],
        ),
        (
            profile,
            &[("AWS_PROFILE", "p")],
            None,
            &[
                "calls to EC2 go to http://emulator:1, not to AWS (~/.aws/config:5); unencrypted: whoever is on the way \
               can read and change it",
            ],
        ),
        (
            "",
            &[("AWS_ENDPOINT_URL_STS", "https://x"), ("AWS_ENDPOINT_URL_S3_CONTROL", "https://x")],
            None,
            &[
                "calls to S3 Control go to https://x, not to AWS (AWS_ENDPOINT_URL_S3_CONTROL)",
                "calls to STS go to https://x, not to AWS (AWS_ENDPOINT_URL_STS)",
            ],
        ),
        ("", &[("AWS_ENDPOINT_URL", "https://vpce-1.ec2.eu-west-1.vpce.amazonaws.com")], None, &[]),
        (
            "",
            &[("AWS_ENDPOINT_URL", "https://x"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")],
            None,
            &[],
        ),
    ] {
        let home = Home::new(config, variables);
        let settings = home.read(&to(None, None, flag)).unwrap();
        let notes: Vec<String> = settings.endpoints.notes().iter().map(|note| home.told(note)).collect();
        assert_eq!(notes, said);
    }
}

#[test]
fn what_to_try_names_the_setting() {
    use crate::aws::https::{Blocked, Obstacle};
    let advice = |variables: &[(&str, &str)], flag, host: &str, obstacle| {
        let home = Home::new(CONFIG, variables);
        let settings = home.read(&to(Some("q"), None, flag)).unwrap();
        home.told(&settings.advice(&Blocked { host: host.into(), obstacle }))
    };
    let aws = "sts.eu-north-1.amazonaws.com";
    let said = advice(&[], None, aws, Obstacle::Name);
    assert!(said.contains("is eu-north-1 a Region? It is set by ~/.aws/config:5"), "{said}");
    let said = advice(&[("AWS_USE_FIPS_ENDPOINT", "true")], None, aws, Obstacle::Name);
    assert!(said.contains("FIPS") && said.contains("(AWS_USE_FIPS_ENDPOINT)"), "{said}");
    let said = advice(&[], Some("https://nowhere.example"), "nowhere.example", Obstacle::Name);
    assert!(said.contains("--endpoint-url"), "{said}");
    let said = advice(&[], None, aws, Obstacle::Certificate);
    assert!(said.contains("AWS_CA_BUNDLE") && said.contains("ca_bundle"), "{said}");
    let said = advice(&[("AWS_CA_BUNDLE", "/a.pem")], None, aws, Obstacle::Certificate);
    assert!(said.contains("/a.pem (AWS_CA_BUNDLE)"), "{said}");
    assert!(advice(&[], None, aws, Obstacle::Proxy).contains("NO_PROXY"));
}
