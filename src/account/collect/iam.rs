//! IAM and Trusted Advisor: principals, keys, and what says that a key leaked.
use super::*;
pub(super) const SECTIONS: &[Section] = &[
    Section::Principals,
    Section::AccessKeys,
    Section::CredentialReport,
    Section::AccountSummary,
    Section::ExposedKeys,
];
pub(super) struct Part {}
impl Part {
    pub(super) fn place(_: &mut Account, _: Part) {}
}
pub(super) async fn read(_: &Aws, _: &Ask) -> Part {
    todo!()
}
