//! A Session Manager session on a host. The agent on the host opens it outwards: no group has to let
//! anything in. One that was ended stays ended.

use serde_json::json;

use crate::account::{Region, Section};
use crate::aws::plain::PlainInput;
use crate::aws::plain::services::ssm::TerminateSession;
use crate::step::{Case, Item, Lens, Look, Now, Reach, StepError, Target, Verdict, Write};

pub(super) struct Session;

/// The sessions on hosts in scope. A host that is no instance of EC2 belongs to no VPC.
pub(super) fn items<'a>(
    region: &'a str,
    here: &'a Region,
    case: &'a Case,
) -> impl Iterator<Item = Item> + 'a {
    let sessions = here.sessions.items();
    sessions.filter(|(_, session)| case.scope.has_instance(here, &session.target)).map(
        move |(id, session)| {
            let at = Target::new(Session::KIND, id).region(region).label(Some(&session.target));
            let instance = here.instances.item(&session.target);
            let at = Target { vpc: instance.map(|host| host.vpc.clone()), ..at };
            instance.into_iter().fold(Item::new(at), |item, host| item.tags(&host.tags))
        },
    )
}

impl Lens for Session {
    /// Is it open?
    type State = bool;
    const KIND: &'static str = "session";
    const REACH: Reach = Reach::Instance;
    const NEEDS: &'static [Section] = &[Section::Sessions];

    /// A session that is not listed any more has ended.
    fn state(&self, look: &Look<'_>) -> Now<bool> {
        look.in_region(|here| {
            Now::of(&here.sessions, |sessions| {
                match sessions.get(&look.at.id).map(|session| session.status.as_str()) {
                    None | Some("Terminated" | "Failed") => Now::Is(false),
                    Some("Terminating") => Now::Settling(false),
                    Some(_) => Now::Is(true),
                }
            })
        })
    }

    fn contain(&self, open: &bool, look: &Look<'_>) -> Verdict<bool> {
        if !open {
            return Verdict::Already;
        }
        let session = look.region().and_then(|here| here.sessions.item(&look.at.id));
        let own = session.is_some_and(|session| session.owner == look.account.caller.arn);
        if own && !look.case.scope.lose_my_path {
            return Verdict::Refuse(
                "it is your own: spared here, but its way is not by 510, 520, 530 and 570; --lose-my-path \
                 ends it"
                    .into(),
            );
        }
        Verdict::Lasting(false, "a session that was ended stays ended".into())
    }

    fn show(&self, open: &bool) -> String {
        if *open { "open" } else { "ended" }.into()
    }

    async fn write(&self, write: Write<'_, bool>) -> Result<(), StepError> {
        if *write.to {
            return Err(StepError::State("a session that was ended cannot be opened again".into()));
        }
        let input = PlainInput::new(json!({ "SessionId": write.at.id }));
        write.aws.plain::<TerminateSession>(write.at.region_name(), input).await?;
        Ok(())
    }
}
