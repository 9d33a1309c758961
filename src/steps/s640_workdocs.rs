//! 640: WorkDocs, which AWS has ended. Nothing is looked at and nothing is changed.

use crate::account::Account;
use crate::step::{Case, Does, Found, Iam, Reversal, Spec, Step, StepId};

pub struct WorkDocs;

static SPEC: Spec = Spec {
    id: StepId(640),
    slug: "workdocs",
    title: "WorkDocs: the service ended in April 2025",
    needs: &[],
    reversal: Reversal::Full,
    iam: Iam { apply: &[], undo: &[] },
    params: &[],
    does: Does::Looks,
    cuts: "nothing: AWS ended the service on 2025-04-25",
    leaves: "a WorkDocs site that still answers, which is not looked at; the directory behind it, whose users may \
             sign in elsewhere (WorkSpaces, WorkMail); copies that were migrated to buckets (610) or elsewhere",
    breaks: "Nothing stops.",
    doc: include_str!("s640_workdocs/doc.md"),
};

impl Step for WorkDocs {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn find(&self, _: &Account, _: &Case) -> Found {
        let mut found = Found::default();
        found.note(
            None,
            "WorkDocs is retired: AWS ended the service on 2025-04-25. Not looked at: whether a site still answers. \
             By hand: open https://SITE.awsapps.com/workdocs; where it answers, delete the site in the WorkDocs \
             console",
        );
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{Names, Scope};

    #[test]
    fn it_says_that_the_service_is_retired_and_what_was_not_looked_at() {
        let account = crate::sim::sample::account();
        let case = Case {
            run: "run-1".into(),
            scope: Scope::default(),
            params: Default::default(),
            config: Default::default(),
            names: Names::default(),
        };
        let found = WorkDocs.find(&account, &case);
        assert!(found.items.is_empty() && WorkDocs.lenses().is_empty());
        let [finding] = &found.findings[..] else { panic!("{found:?}") };
        assert!(!finding.good, "what was not looked at is not said to be fine");
        for part in ["retired", "2025-04-25", "Not looked at", "By hand"] {
            assert!(finding.text.contains(part), "{part}: {}", finding.text);
        }
    }
}
