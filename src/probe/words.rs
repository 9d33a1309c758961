//! What a look means, in a line: what was found, and whether that is what the configuration says.

use super::{Answer, BadCertificate, End, Look, Silence};
use crate::front::{By, Seen};

/// Is it as the configuration says?
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    AsConfigured,
    Otherwise,
    /// Nobody was asked, or the configuration does not say what visitors see.
    Unknown,
}

/// Compares what was found with what the configuration says.
pub fn verdict(look: &Look, configured: &Seen) -> Verdict {
    let silent = matches!(look, Look::Silent(_) | Look::NoAddress(_));
    let as_configured = match (configured, look) {
        (_, Look::NotAsked(_)) | (Seen::Perhaps(_), _) => return Verdict::Unknown,
        (Seen::Page(_), Look::Answers(answer)) => answer.page,
        (Seen::Answers, Look::Answers(answer)) => !answer.page && answer.status < 500,
        (Seen::Answers, Look::Redirects { .. }) => true,
        (Seen::Error(status), Look::Answers(answer)) => answer.status == *status && !answer.page,
        (Seen::TimesOut, _) => silent,
        (Seen::Page(_) | Seen::Answers | Seen::Error(_), _) => false,
    };
    if as_configured { Verdict::AsConfigured } else { Verdict::Otherwise }
}

/// A look in a line, to be read after the name and a colon.
pub fn words(look: &Look, configured: &Seen) -> String {
    let found = found(look);
    match (verdict(look, configured), configured, look) {
        (Verdict::Otherwise, Seen::Page(by), Look::Answers(_)) => {
            format!("still answers {found}: {}", not_yet(*by))
        }
        (Verdict::Otherwise, Seen::Page(by), Look::Redirects { .. }) => {
            format!("still {found}: {}", not_yet(*by))
        }
        (Verdict::Otherwise, Seen::TimesOut, Look::Answers(_)) => {
            format!("still answers {found}: something else than what was cut leads there, or a cache answers")
        }
        (Verdict::Otherwise, ..) => format!("{found}; by its configuration {}", configured.words()),
        _ => found,
    }
}

fn not_yet(by: By) -> &'static str {
    match by {
        By::CloudFront => "CloudFront has not switched yet",
        By::LoadBalancer => "the load balancer has not switched yet, or the name's old address is cached",
    }
}

fn found(look: &Look) -> String {
    let until = |until: &Option<jiff::Timestamp>| {
        until.map(|until| format!(", certificate until {}", until.strftime("%Y-%m-%d"))).unwrap_or_default()
    };
    match look {
        Look::Answers(Answer { status, page, end, certificate_until }) => {
            let page = if *page { ", our page" } else { "" };
            let end = match end {
                End::Whole => "",
                End::Longer => ", more than 64 KiB",
                End::Broken => ", and the answer broke off",
                End::Late => ", and the answer had not ended after 10 s",
            };
            format!("{status}{page}{end}{}", until(certificate_until))
        }
        Look::Redirects { status, to, certificate_until } => {
            format!("redirects to {to} ({status}), which was not asked{}", until(certificate_until))
        }
        Look::Silent(Silence::Late) => "no answer in 10 s".into(),
        Look::Silent(Silence::Refused) => "connection refused".into(),
        Look::Silent(Silence::Closed) => "the connection was closed without an answer".into(),
        Look::Silent(Silence::Other(why)) => format!("no answer ({why})"),
        Look::BadCertificate(why) => match why {
            BadCertificate::Expired(Some(when)) => {
                format!("its certificate expired on {}", when.strftime("%Y-%m-%d"))
            }
            BadCertificate::Expired(None) => "its certificate has expired".into(),
            BadCertificate::OtherName => "its certificate is for another name".into(),
            BadCertificate::UnknownIssuer => {
                "its certificate is of an issuer that this machine does not trust".into()
            }
            BadCertificate::Other(why) => format!("its certificate is not accepted ({why})"),
        },
        Look::NoAddress(why) => format!("the name has no address ({why})"),
        Look::NotAsked(why) => format!("not asked: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, page: bool) -> Look {
        let certificate_until = "2027-03-01T12:00:00Z".parse().ok();
        Look::Answers(Answer { status, page, end: End::Whole, certificate_until })
    }

    #[test]
    fn a_line_says_what_was_found_and_whether_it_is_as_configured() {
        let page = Seen::Page(By::CloudFront);
        let perhaps = Seen::Perhaps(vec!["load balancers were not read".into()]);
        let moved = || Look::Redirects { status: 301, to: "https://b/".into(), certificate_until: None };
        let (late, other) =
            (|| Look::Silent(Silence::Late), || Look::BadCertificate(BadCertificate::OtherName));
        let not_asked = || Look::NotAsked("it stands for many names".into());
        for (look, configured, verdict_wanted, line) in [
            (answer(503, true), &page, Verdict::AsConfigured, "503, our page, certificate until 2027-03-01"),
            (
                answer(200, false),
                &page,
                Verdict::Otherwise,
                "still answers 200, certificate until 2027-03-01: CloudFront has not switched yet",
            ),
            (
                moved(),
                &page,
                Verdict::Otherwise,
                "still redirects to https://b/ (301), which was not asked: CloudFront has not switched yet",
            ),
            (
                late(),
                &page,
                Verdict::Otherwise,
                "no answer in 10 s; by its configuration the maintenance page",
            ),
            (late(), &Seen::TimesOut, Verdict::AsConfigured, "no answer in 10 s"),
            (
                answer(200, false),
                &Seen::TimesOut,
                Verdict::Otherwise,
                "still answers 200, certificate until 2027-03-01: something else than what was cut leads \
                 there, or a cache answers",
            ),
            (
                answer(503, false),
                &Seen::Answers,
                Verdict::Otherwise,
                "503, certificate until 2027-03-01; by its configuration the site answers",
            ),
            (
                answer(403, false),
                &Seen::Error(403),
                Verdict::AsConfigured,
                "403, certificate until 2027-03-01",
            ),
            (
                moved(),
                &Seen::Answers,
                Verdict::AsConfigured,
                "redirects to https://b/ (301), which was not asked",
            ),
            (
                other(),
                &Seen::Answers,
                Verdict::Otherwise,
                "its certificate is for another name; by its configuration the site answers",
            ),
            (late(), &perhaps, Verdict::Unknown, "no answer in 10 s"),
            (not_asked(), &page, Verdict::Unknown, "not asked: it stands for many names"),
        ] {
            assert_eq!(verdict(&look, configured), verdict_wanted, "{look:?} {configured:?}");
            assert_eq!(words(&look, configured), line);
        }
    }
}
