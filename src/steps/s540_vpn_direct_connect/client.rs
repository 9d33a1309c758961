//! A connection of a client to a Client VPN endpoint. It can be ended; only the client makes a new one.

use std::time::Duration;

use super::client_vpn;
use crate::account::Section;
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};

pub(super) struct Client;

impl Lens for Client {
    /// Is the client connected?
    type State = bool;
    const KIND: &'static str = "client-vpn-connection";
    const NEEDS: &'static [Section] = &[Section::ClientVpns];
    const SETTLES_WITHIN: Duration = client_vpn::SETTLES_WITHIN;

    fn state(&self, look: &Look<'_>) -> Now<bool> {
        let (endpoint, client) = look.at.parts();
        look.in_region(|here| {
            Now::of_item(&here.client_vpns, endpoint, |endpoint| {
                match endpoint.client_connections.get(client).map(|client| client.status.as_str()) {
                    None => Now::Is(false),
                    Some("terminating") => Now::Settling(false),
                    Some(_) => Now::Is(true),
                }
            })
        })
    }

    fn contain(&self, connected: &bool, look: &Look<'_>) -> Verdict<bool> {
        if !*connected {
            return Verdict::Already;
        }
        match client_vpn::obstacle(None, look) {
            Some(why) => Verdict::Refuse(why),
            None => Verdict::Lasting(
                false,
                "a connection that was ended stays ended: the client dials in again".into(),
            ),
        }
    }

    fn queue(&self, at: &Target) -> Option<(String, usize)> {
        Some(client_vpn::queue(at))
    }

    fn show(&self, connected: &bool) -> String {
        if *connected { "connected".into() } else { "ended".into() }
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        if *write.to {
            return Err(StepError::State("a client dials in by itself".into()));
        }
        let (endpoint, connection) = write.at.parts();
        let end = write.aws.ec2(write.at.region_name()).terminate_client_vpn_connections();
        end.client_vpn_endpoint_id(endpoint).connection_id(connection).send().await?;
        Ok(())
    }
}
