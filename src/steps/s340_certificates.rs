//! 340: which certificates of ACM are in use, by what, and until when. Nothing is changed.

mod validation;
mod words;

use crate::account::{Account, Section};
use crate::collect::Ask;
use crate::step::{Case, Does, Found, Iam, Reversal, Spec, Step, StepId};

pub struct Certificates;

/// Where the certificates of CloudFront are, in the partition that has CloudFront's control plane there.
const CLOUDFRONTS: &str = "us-east-1";

static SPEC: Spec = Spec {
    id: StepId(340),
    slug: "certificates",
    title: "ACM: certificates in use, by what, and until when",
    needs: &[Section::Certificates, Section::Zones],
    reversal: Reversal::Full,
    iam: Iam { apply: &[], undo: &[] },
    params: &[],
    does: Does::Looks,
    cuts: "nothing: it looks",
    leaves: "everything as it is; validation records in zones of other accounts and other providers, certificates in IAM (server certificates), on hosts and with other providers are \
             not looked at, and imported ones renew by hand",
    breaks: "Nothing stops.",
    doc: include_str!("s340_certificates/doc.md"),
};

impl Step for Certificates {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    // The records of every zone: a certificate may be for any name.
    fn ask(&self, ask: &mut Ask, _: &str, _: &Case) {
        ask.every_zone = true;
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        for (region, here) in account.regions.iter().filter(|(name, _)| case.scope.has_region(name)) {
            for (arn, certificate) in here.certificates.items() {
                words::of(region, arn, certificate, &mut found);
                validation::of(region, certificate, account, &mut found);
            }
            if here.certificates.read().is_some_and(|all| all.is_empty()) {
                found.fine(Some(region), "no certificate of ACM is in use");
            }
        }
        if account.partition() == "aws" && !case.scope.has_region(CLOUDFRONTS) {
            found.note(
                None,
                format!("certificates of CloudFront were not looked at: they are in {CLOUDFRONTS}, which is out of scope"),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests;
