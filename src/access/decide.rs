//! One decision: may this principal do this to that?
//!
//! ```text
//!   a deny anywhere ────────────────────────────────▶ denied
//!   SCPs of the principal's account ── none allows ─▶ denied by silence
//!   RCPs of the resource's account ─── none allows ─▶ denied by silence
//!   resource policy names the user or the session ──▶ allowed (same account)
//!   identity policies, or the resource policy ───────▶ boundary ─▶ session policy ─▶ allowed
//! ```
//!
//! Another account's resource: its policy must allow, and the principal's own side as well. Trust
//! policies of roles and policies of KMS keys must always allow.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>

use super::arn;
use super::context::Context;
use super::doubt::{Doubt, Sure};
use super::layer::{Layer, LayerAnswer, Where, ask};
use super::principal::{Covered, Form, Principal};
use super::source::{Asked, Source};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub principal: &'a Principal,
    pub action: &'a Asked<'a>,
    /// An ARN, or `*` for an action that knows no resource.
    pub resource: &'a str,
    pub context: &'a Context,
}

/// The policies that apply to a request.
#[derive(Clone, Debug, Default)]
pub struct Layers<'p> {
    /// Attached to the principal and its groups; of none for a service and for nobody.
    pub identity: Vec<&'p Source>,
    pub boundary: Option<&'p Source>,
    /// Policies that were passed when the session was made; `None` where none was passed.
    pub session: Option<Vec<&'p Source>>,
    /// SCPs of the principal's account by level: each level must allow. Empty where none bind it.
    pub service_control: Vec<Vec<&'p Source>>,
    /// RCPs of the resource's account by level.
    pub resource_control: Vec<Vec<&'p Source>>,
    pub resource: ResourceSide<'p>,
}

/// The policy of the resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceSide<'p> {
    pub policy: Option<&'p Source>,
    /// The account that owns the resource; `None`: the principal's own.
    pub account: Option<&'p str>,
    /// The resource policy must allow, as for a role's trust policy or a KMS key.
    pub must_allow: bool,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision<'p> {
    /// Allowed, by this statement (none: the root user).
    Allowed(Option<Where<'p>>),
    /// An explicit deny, by this statement.
    Denied(Where<'p>),
    /// Nothing denies it, and this layer does not allow it.
    NotAllowed(Layer),
    Perhaps(Doubt<'p>),
}

impl<'p> Decision<'p> {
    pub fn sure(self) -> Sure<'p> {
        match self {
            Decision::Allowed(_) => Sure::Yes,
            Decision::Denied(_) | Decision::NotAllowed(_) => Sure::No,
            Decision::Perhaps(doubt) => Sure::Perhaps(doubt),
        }
    }
}

/// Decides a request.
pub fn decide<'p>(request: &Request<'_>, layers: &Layers<'p>) -> Decision<'p> {
    let sides = Sides::of(request, layers);
    let denied = sides.denied();
    if let (Sure::Yes, Some(place)) = denied {
        return Decision::Denied(place);
    }
    let (allowed, missing) = sides.allowed(request, layers);
    match (allowed, denied.0) {
        (Sure::No, _) => Decision::NotAllowed(missing),
        (_, Sure::Perhaps(doubt)) | (Sure::Perhaps(doubt), _) => Decision::Perhaps(doubt),
        (Sure::Yes, _) => Decision::Allowed(sides.allowing()),
    }
}

/// What every layer says.
struct Sides<'p> {
    identity: LayerAnswer<'p>,
    boundary: Option<LayerAnswer<'p>>,
    session: Option<LayerAnswer<'p>>,
    service_control: Vec<LayerAnswer<'p>>,
    resource_control: Vec<LayerAnswer<'p>>,
    resource: LayerAnswer<'p>,
}

impl<'p> Sides<'p> {
    fn of(request: &Request<'_>, layers: &Layers<'p>) -> Sides<'p> {
        let bounded = layers.boundary.is_some();
        let ask = |layer, sources: &[&'p Source]| ask(request, layer, sources, bounded);
        let levels =
            |layer, levels: &[Vec<&'p Source>]| levels.iter().map(|level| ask(layer, level)).collect();
        Sides {
            identity: ask(Layer::Identity, &layers.identity),
            boundary: layers.boundary.map(|boundary| ask(Layer::Boundary, &[boundary])),
            session: layers.session.as_ref().map(|session| ask(Layer::Session, session)),
            service_control: levels(Layer::ServiceControl, &layers.service_control),
            resource_control: levels(Layer::ResourceControl, &layers.resource_control),
            resource: ask(Layer::Resource, layers.resource.policy.as_slice()),
        }
    }

    fn each(&self) -> impl Iterator<Item = &LayerAnswer<'p>> {
        let few = [&self.identity, &self.resource];
        let limits = self.boundary.iter().chain(&self.session);
        few.into_iter().chain(limits).chain(&self.service_control).chain(&self.resource_control)
    }

    /// Whether a statement anywhere denies, and which.
    fn denied(&self) -> (Sure<'p>, Option<Where<'p>>) {
        let mut found = Sure::No;
        for answer in self.each() {
            if answer.denies == Sure::Yes {
                return (Sure::Yes, answer.denied_by);
            }
            found = found.or(answer.denies);
        }
        (found, None)
    }

    fn allowing(&self) -> Option<Where<'p>> {
        self.identity.allowed_by.or(self.resource.allowed_by)
    }

    /// Whether everything that must allow does, and the first layer that does not.
    fn allowed(&self, request: &Request<'_>, layers: &Layers<'p>) -> (Sure<'p>, Layer) {
        let limit = |limit: &Option<LayerAnswer<'p>>| limit.as_ref().map_or(Sure::Yes, |l| l.allows.any());
        let every = |levels: &[LayerAnswer<'p>]| Sure::all(levels.iter().map(|level| level.allows.any()));
        let organization = [
            (Layer::ServiceControl, every(&self.service_control)),
            (Layer::ResourceControl, every(&self.resource_control)),
        ];
        let boundary = limit(&self.boundary);
        // A session of a federated user has only what its session policy allows.
        let session = match request.principal {
            Principal::FederatedUser { .. } if self.session.is_none() => Sure::No,
            _ => limit(&self.session),
        };
        let limits = boundary.and(session);
        let own = if matches!(request.principal, Principal::Root(_) | Principal::Outsider(_)) {
            Sure::Yes
        } else {
            self.identity.allows.any()
        };
        let Reach { policy, alone } = Reach::of(&self.resource.allows, limits, own);
        let side = &layers.resource;
        let elsewhere = side.account.is_some_and(|account| request.principal.account() != Some(account));
        let granted = if !request.principal.has_identity() {
            policy
        } else if elsewhere {
            policy.and(own).and(limits)
        } else if side.must_allow {
            alone
        } else {
            alone.or(own.and(limits))
        };
        let missing = organization.iter().find(|(_, sure)| *sure == Sure::No).map(|(layer, _)| *layer);
        let missing = missing.unwrap_or(match () {
            () if (elsewhere || side.must_allow) && policy == Sure::No => Layer::Resource,
            () if own == Sure::No => Layer::Identity,
            () if boundary == Sure::No => Layer::Boundary,
            () if session == Sure::No => Layer::Session,
            () => Layer::Resource,
        });
        (Sure::all(organization.map(|(_, sure)| sure)).and(granted), missing)
    }
}

/// What the allows of a resource policy reach.
struct Reach<'p> {
    /// The policy allows, in whatever form.
    policy: Sure<'p>,
    /// It is enough within the account, given the principal's own side.
    alone: Sure<'p>,
}

impl<'p> Reach<'p> {
    fn of(allows: &Covered<'p>, limits: Sure<'p>, own: Sure<'p>) -> Reach<'p> {
        let everybody = match limits {
            Sure::No => allows.by(Form::Everybody).at_most(Doubt::EverybodyWithinLimits),
            limits => allows.by(Form::Everybody).and(limits),
        };
        let alone = [
            allows.by(Form::Itself),
            everybody,
            allows.by(Form::Role).and(limits),
            // The account is named: it is for the account's own policies to pass the grant on.
            allows.by(Form::Account).and(own).and(limits),
        ];
        Reach { policy: allows.any(), alone: Sure::any(alone) }
    }
}

/// Whether a role's session is one that AWS itself uses: no Organization policy binds a service-linked role.
pub fn is_service_linked(role: &str) -> bool {
    arn::resource(role).starts_with("role/aws-service-role/")
}
