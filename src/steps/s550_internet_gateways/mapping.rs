//! The interface and private address that an Elastic IP address leads to. It stays allocated when it is
//! taken off.
//!
//! AWS gives an instance with one interface that was launched with a public address a new one, minutes
//! after this one is off.

use serde::{Deserialize, Serialize};

use super::keeps;
use crate::account::{Address, Region, Section};
use crate::aws::{AwsError, unless_gone};
use crate::step::{Lens, Look, Now, Reach, Reason, StepError, Verdict, Write};

pub(super) struct Mapping;

/// The interface and the private address that an Elastic IP address is mapped to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapped {
    interface: String,
    private_ip: Option<String>,
}

impl Lens for Mapping {
    type State = Option<Mapped>;
    const KIND: &'static str = "address";
    const REACH: Reach = Reach::Address;
    const NEEDS: &'static [Section] = &[Section::Addresses];

    fn state(&self, look: &Look<'_>) -> Now<Option<Mapped>> {
        let place = |address: &Address| {
            let interface = address.interface.clone()?;
            Some(Mapped { interface, private_ip: address.private_ip.clone() })
        };
        look.in_region(|here| Now::of_item(&here.addresses, &look.at.id, |address| Now::Is(place(address))))
    }

    fn contain(&self, now: &Option<Mapped>, look: &Look<'_>) -> Verdict<Option<Mapped>> {
        let Some(here) = look.region() else { return Verdict::Refuse("its Region was not read".into()) };
        let address = here.addresses.item(&look.at.id);
        match (now, address) {
            (Some(_), None) => Verdict::Refuse("it is not there any more".into()),
            (Some(_), Some(address)) => Verdict::unless(obstacle(address, here, look), None),
            // A service's address may lead to no interface that AWS shows, and is in use all the same.
            (None, address) => match address.and_then(of_service) {
                Some(why) => Verdict::Refuse(why),
                None => Verdict::Already,
            },
        }
    }

    fn show(&self, place: &Option<Mapped>) -> String {
        match place {
            Some(Mapped { interface, private_ip: Some(ip) }) => format!("{interface} {ip}"),
            Some(Mapped { interface, private_ip: None }) => interface.clone(),
            None => "not associated".into(),
        }
    }

    /// The id of the association is read now: each has another one.
    async fn write(&self, write: Write<'_, Option<Mapped>>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let ec2 = aws.ec2(at.region_name());
        let answer = unless_gone(ec2.describe_addresses().allocation_ids(&at.id).send().await)?;
        let mut addresses = answer.and_then(|answer| answer.addresses).unwrap_or_default().into_iter();
        let now = addresses.find(|address| address.allocation_id.as_ref() == Some(&at.id));
        let now =
            now.ok_or_else(|| StepError::State(format!("the address {} is not there any more", at.id)))?;
        let Some(Mapped { interface, private_ip }) = to else {
            let Some(association) = now.association_id else { return Ok(()) };
            let end = ec2.disassociate_address().association_id(association).send().await;
            return match end.map_err(AwsError::from) {
                Err(error) if !error.is("InvalidAssociationID.NotFound") => Err(error.into()),
                _ => Ok(()),
            };
        };
        let interface = aws.names().current(interface);
        if now.network_interface_id.as_ref() == Some(&interface) && now.private_ip_address == *private_ip {
            return Ok(());
        }
        ec2.associate_address()
            .allocation_id(&at.id)
            .network_interface_id(interface)
            .set_private_ip_address(private_ip.clone())
            // Somebody may have put it to use elsewhere meanwhile.
            .allow_reassociation(false)
            .send()
            .await?;
        Ok(())
    }
}

/// Why an address is not taken off: AWS refuses, or a kept CIDR comes and goes by it.
pub(super) fn obstacle(address: &Address, here: &Region, look: &Look<'_>) -> Option<Reason> {
    let of_interface = || {
        let id = address.interface.as_ref()?;
        let Some(interface) = here.interfaces.item(id) else {
            let theirs = address.interface_owner.as_ref().filter(|owner| **owner != look.account.id)?;
            return Some(format!("it leads to an interface of {theirs}"));
        };
        match &interface.managed_by {
            Some(service) => Some(format!("{service} manages {id}: AWS refuses to take its address off")),
            None if interface.owner != look.account.id => {
                Some(format!("{id} belongs to {}", interface.owner))
            }
            None => None,
        }
    };
    of_service(address).or_else(of_interface).or_else(|| keeps::by_address(here, address, look.case))
}

fn of_service(address: &Address) -> Option<Reason> {
    Some(match address.managed_by.as_deref()? {
        "rnat" => "a regional NAT gateway manages the address: 560 cuts the routes to it".into(),
        service => format!("{service} manages the address"),
    })
}
