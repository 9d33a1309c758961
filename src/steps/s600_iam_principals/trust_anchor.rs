//! A trust anchor of IAM Roles Anywhere, disabled: no certificate of its authority gets a new session. Sessions
//! that it has given live on: the deny on their roles ends those.
//!
//! <https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_DisableTrustAnchor.html>

use serde::{Deserialize, Serialize};

use crate::access::responders::Responders;
use crate::access::trust::{ENTER, ROLES_ANYWHERE, Trusted};
use crate::account::Section;
use crate::step::{Lens, Look, Now, Reason, StepError, Verdict, Write};

pub(super) struct Anchor;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    enabled: bool,
}

impl Lens for Anchor {
    type State = State;
    const KIND: &'static str = "trust-anchor";
    const NEEDS: &'static [Section] = &[Section::TrustAnchors];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        look.in_region(|here| {
            Now::of_item(&here.trust_anchors, &look.at.id, |anchor| {
                Now::Is(State { enabled: anchor.enabled })
            })
        })
    }

    fn contain(&self, now: &State, look: &Look<'_>) -> Verdict<State> {
        if !now.enabled {
            return Verdict::Already;
        }
        Verdict::unless(spared(look), State { enabled: false })
    }

    fn show(&self, state: &State) -> String {
        if state.enabled { "gives sessions".into() } else { "disabled".into() }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let client = write.aws.rolesanywhere(write.at.region_name());
        if write.to.enabled {
            client.enable_trust_anchor().trust_anchor_id(&write.at.id).send().await?;
        } else {
            client.disable_trust_anchor().trust_anchor_id(&write.at.id).send().await?;
        }
        Ok(())
    }
}

/// Why anchors stay: your role, or a break-glass role, is one that they give sessions of. Which anchor it is
/// that does, only conditions of the trust policy may say, and they are taken as met.
fn spared(look: &Look<'_>) -> Option<Reason> {
    let Look { account, case, .. } = *look;
    let responders = Responders::of(account);
    account.principals.read()?.roles.iter().find_map(|(name, role)| {
        if !Trusted::of(&role.trust, &account.id, ENTER).services.contains(ROLES_ANYWHERE) {
            return None;
        }
        if responders.role(name).is_some_and(|mine| mine.sure) {
            return Some(format!(
                "your session of role {name} may have been made through it: disabled, it would make no new one. \
                 Use other credentials to cut it"
            ));
        }
        let glass = case.config.break_glass(&role.arn)?;
        Some(format!("role {name} may be entered through it, and is spared: {glass}"))
    })
}
