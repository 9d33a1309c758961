use super::route::Routes;

pub(super) fn routes(_: &mut Routes) {}
