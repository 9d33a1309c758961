//! Whose a resource is, where the endpoint does not say.

use std::collections::BTreeMap;

use crate::account::{
    Acl, ConnectEndpoint, Endpoint, Group, Interface, InternetGateway, RouteTable, Seen, Subnet, Vpc,
};

/// A resource of which AWS names the owner, always.
pub(super) trait Owned {
    fn owner(&mut self) -> &mut String;
}

macro_rules! owned {
    ($($resource:ty),*) => {
        $(impl Owned for $resource {
            fn owner(&mut self) -> &mut String {
                &mut self.owner
            }
        })*
    };
}

owned!(Vpc, Subnet, Interface, Group, Acl, RouteTable, InternetGateway, Endpoint, ConnectEndpoint);

/// Some emulators name no owner: what they show is of the account that asks. Taken for a stranger's,
/// nothing of it would be cut.
pub(super) fn ours<T: Owned>(
    mut seen: Seen<BTreeMap<String, T>>,
    account: &str,
) -> Seen<BTreeMap<String, T>> {
    let unnamed = seen.read_mut().into_iter().flatten().map(|(_, item)| item.owner());
    unnamed.filter(|owner| owner.is_empty()).for_each(|owner| account.clone_into(owner));
    seen
}

#[cfg(test)]
mod tests {
    use crate::account::Section;
    use crate::aws::Aws;
    use crate::collect::{self, Ask};
    use crate::sim::{Simulation, sample};

    #[tokio::test]
    async fn what_names_no_owner_is_of_the_account_that_asks() {
        let whole = sample::account();
        let mut silent = whole.clone();
        for here in silent.regions.values_mut() {
            let mut owners: Vec<&mut String> = vec![];
            owners.extend(here.vpcs.read_mut().into_iter().flatten().map(|(_, v)| &mut v.owner));
            owners.extend(here.subnets.read_mut().into_iter().flatten().map(|(_, v)| &mut v.owner));
            owners.extend(here.interfaces.read_mut().into_iter().flatten().map(|(_, v)| &mut v.owner));
            owners.extend(here.groups.read_mut().into_iter().flatten().map(|(_, v)| &mut v.owner));
            owners.extend(here.acls.read_mut().into_iter().flatten().map(|(_, v)| &mut v.owner));
            owners.extend(here.route_tables.read_mut().into_iter().flatten().map(|(_, v)| &mut v.owner));
            owners.extend(here.internet_gateways.read_mut().into_iter().flatten().map(|(_, v)| &mut v.owner));
            owners.into_iter().filter(|owner| **owner == whole.id).for_each(String::clear);
        }
        let sections = [
            Section::Vpcs,
            Section::Subnets,
            Section::Interfaces,
            Section::Groups,
            Section::Acls,
            Section::RouteTables,
            Section::InternetGateways,
        ];
        let ask = Ask { sections: sections.into(), ..Ask::default() };
        let read = async |account| {
            let aws = Aws::simulated(Simulation::new(account));
            let known = collect::identify(&aws).await.unwrap();
            collect::read(&aws, &known, &ask, &|_, _| {}).await
        };
        assert_ne!(silent, whole);
        assert_eq!(read(silent).await, read(whole).await);
    }
}
