//! The connection of another account's endpoint to a `PrivateLink` service of this account:
//! `vpce-svc-1/vpce-1`. A rejected endpoint may connect again by itself where the service accepts everybody.

use crate::account::{Region, Section};
use crate::aws::AwsError;
use crate::step::{Case, Item, Lens, Look, Now, Reach, StepError, Target, Verdict, Write};

pub(super) struct Connection;

const OPEN: &str = "available";

/// The connections of every service. Services belong to the Region: a narrower scope does not name them.
pub(super) fn items<'a>(region: &'a str, here: &'a Region, case: &Case) -> impl Iterator<Item = Item> + 'a {
    let whole = case.scope.is_whole();
    here.endpoint_services.items().filter(move |_| whole).flat_map(move |(id, service)| {
        service.connections.iter().map(move |(endpoint, connection)| {
            let at = Target::new(Connection::KIND, format!("{id}/{endpoint}")).region(region);
            Item::new(at.label(Some(&connection.owner))).tags(&service.tags)
        })
    })
}

impl Lens for Connection {
    /// As AWS has it: `available`, `rejected` …
    type State = String;
    const KIND: &'static str = "endpoint-connection";
    const REACH: Reach = Reach::Itself;
    const NEEDS: &'static [Section] = &[Section::EndpointServices];

    fn state(&self, look: &Look<'_>) -> Now<String> {
        let (service, endpoint) = look.at.parts();
        look.in_region(|here| {
            Now::of_item(&here.endpoint_services, service, |service| {
                match service.connections.get(endpoint) {
                    None => Now::Vanished,
                    // Accepted, and not open yet.
                    Some(known) if known.state == "pending" => Now::Settling(OPEN.into()),
                    Some(known) => Now::Is(known.state.clone()),
                }
            })
        })
    }

    /// A connection that waits for acceptance, was rejected or is on its way out lets nothing through.
    fn contain(&self, now: &String, _: &Look<'_>) -> Verdict<String> {
        if now == OPEN { Verdict::Change("rejected".into()) } else { Verdict::Already }
    }

    fn show(&self, state: &String) -> String {
        state.clone()
    }

    /// AWS answers 200 where it neither accepted nor rejected, with an error for the item.
    async fn write(&self, write: Write<'_, String>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let (service, endpoint) = at.parts();
        let ec2 = aws.ec2(at.region_name());
        let (operation, unsuccessful) = if to == OPEN {
            let accept = ec2.accept_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(endpoint);
            ("ec2:AcceptVpcEndpointConnections", accept.send().await?.unsuccessful)
        } else {
            let reject = ec2.reject_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(endpoint);
            ("ec2:RejectVpcEndpointConnections", reject.send().await?.unsuccessful)
        };
        match unsuccessful.unwrap_or_default().into_iter().next() {
            None => Ok(()),
            Some(item) => {
                let code = item.error.as_ref().and_then(|error| error.code.clone());
                let message = item.error.and_then(|error| error.message).unwrap_or_default();
                Err(AwsError::of_item(operation, code, &message).into())
            }
        }
    }
}
