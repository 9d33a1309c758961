//! A NAT gateway as a whole, for `way = "delete"`. It goes after every route to it, and is made again under a
//! new id: whatever names the old one follows by its alias.

use std::time::Duration;

use aws_sdk_ec2::types::NatGatewayState;

use super::ROUTES;
use super::body::{NatBody, body};
use super::made_again::{make, read};
use crate::account::{NatGateway, Section};
use crate::aws::{Aws, AwsError};
use crate::step::{Lens, Look, Now, StepError, Target, Verdict, Write};
use crate::steps::shared::route::calls;

pub(super) struct Gateway;

impl Lens for Gateway {
    /// `None`: there is no such gateway any more.
    type State = Option<NatBody>;
    const KIND: &'static str = "nat-gateway";
    const NEEDS: &'static [Section] = &[Section::NatGateways];
    const SETTLES_WITHIN: Duration = Duration::from_secs(600);

    fn state(&self, look: &Look<'_>) -> Now<Option<NatBody>> {
        let names = &look.case.names;
        let id = names.current(&look.at.id);
        let body = |gateway: &NatGateway| body(&look.at.id, &id, gateway, names);
        let state = |gateway: &NatGateway| match gateway.state.as_str() {
            "available" => Now::Is(Some(body(gateway))),
            // Not yet what it was: a restore that goes on after a crash must wait for it.
            "pending" => Now::Settling(Some(body(gateway).without_interfaces())),
            "deleting" => Now::Settling(None),
            // A failed one carries nothing, and AWS takes it away within the hour.
            _ => Now::Is(None),
        };
        look.in_region(|here| Now::of(&here.nat_gateways, |all| all.get(&id).map_or(Now::Is(None), state)))
    }

    fn contain(&self, now: &Option<NatBody>, look: &Look<'_>) -> Verdict<Option<NatBody>> {
        let id = look.case.names.current(&look.at.id);
        let known = look.region().and_then(|here| here.nat_gateways.item(&id));
        let Some(gateway) = known.filter(|_| now.is_some()) else { return Verdict::Already };
        if gateway.availability == "regional" {
            let why = "a regional NAT gateway's own addresses cannot be had again: only its routes are cut";
            return Verdict::Refuse(why.into());
        }
        if gateway.state == "pending" {
            return Verdict::Refuse("it is being made: wait until it is available".into());
        }
        Verdict::unless(ROUTES.still_leads(look, &id), None)
    }

    /// A gateway that was made again has its new interface's id recorded after its own.
    fn passes(&self, _: &Option<NatBody>, to: &Option<NatBody>) -> Vec<Option<NatBody>> {
        to.iter().map(|body| Some(body.without_interfaces())).collect()
    }

    fn show(&self, state: &Option<NatBody>) -> String {
        state.as_ref().map_or_else(|| "deleted".into(), NatBody::show)
    }

    async fn write(&self, write: Write<'_, Option<NatBody>>) -> Result<(), StepError> {
        match write.to {
            Some(body) => make(write.aws, write.at, body).await,
            None => delete(write.aws, write.at).await,
        }
    }
}

async fn delete(aws: &Aws, at: &Target) -> Result<(), StepError> {
    let id = aws.names().current(&at.id);
    match read(aws, at, &id).await?.map(|gateway| gateway.state) {
        None | Some(Some(NatGatewayState::Deleting | NatGatewayState::Failed)) => return Ok(()),
        Some(_) => {}
    }
    calls::none_lead_to(aws, at, &id).await?;
    let delete = aws.ec2(at.region_name()).delete_nat_gateway().nat_gateway_id(&id);
    match delete.send().await.map_err(AwsError::from) {
        Err(error) if !error.is("NatGatewayNotFound") => Err(error.into()),
        _ => Ok(()),
    }
}
