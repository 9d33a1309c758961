use super::*;
pub(super) struct Part {}
impl Part {
    pub(super) fn place(_: &mut Account, _: Part) {}
}
pub(super) async fn read(_: &Aws, _: &Account, _: &Ask) -> Part {
    todo!()
}
