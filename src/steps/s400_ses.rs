//! 400: SES sends nothing more, Region by Region.

use serde::{Deserialize, Serialize};

use crate::account::collect::Ask;
use crate::account::{Account, Section, Seen, Ses};
use crate::step::{
    Case, Does, Found, Iam, Item, Lens, Lenses, Look, Now, Param, ParamKind, Params, Reason, Reversal, Spec,
    Step, StepError, StepId, Stops, Target, Verdict, Width, Write,
};

pub struct SesSending;

/// Does it send: the Region's account switch, or one configuration set?
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    sending: bool,
}

const ACCOUNT: &str = "ses-sending";
const SET: &str = "configuration-set";

static SPEC: Spec = Spec {
    id: StepId(400),
    slug: "ses",
    title: "SES: no outbound mail",
    needs: &[Section::Ses],
    reversal: Reversal::Full,
    iam: Iam {
        apply: &["ses:PutAccountSendingAttributes", "ses:PutConfigurationSetSendingOptions"],
        undo: &["ses:PutAccountSendingAttributes", "ses:PutConfigurationSetSendingOptions"],
    },
    params: &[Param {
        name: "scope",
        kind: ParamKind::Choice(&["account", "configuration-sets"]),
        doc: "`account` pauses all of a Region's mail; `configuration-sets` pauses each set, and mail that \
              names no set still goes out",
    }],
    does: Does::Cuts(&[Stops::Mail]),
    cuts: "new mail through SES, by API and by SMTP, in every Region where it can send",
    leaves: "mail that SES has already accepted, and mail that other accounts send as your identities, where \
             an identity's policy lets them; receiving, other mail doors (WorkMail, Cognito, SNS, port 25 of an \
             instance, other providers); with scope = configuration-sets also mail that names no set",
    breaks: "Order confirmations, password resets, sign-in codes and alarms by mail stop; senders get an \
             error and may lose what they do not retry.",
    doc: "\
Turns off the sending switch of SES (`PutAccountSendingAttributes`) in every Region that has
identities, recent sends or production access. One Region's switch says nothing about another's.
With `scope = \"configuration-sets\"` it turns off each configuration set instead.

**What surprises.** A sandbox still sends to verified addresses, so a Region with an identity is
paused too. The switch works at once on new calls; it does not call back what SES has accepted. SMTP
passwords are access keys in disguise, and this step only shuts the door behind them: 100 turns off the
keys that it is told of (`--key`); of other users that may `ses:SendRawEmail`, by hand: `aws iam
update-access-key --status Inactive`. AWS itself may have paused the account (`SHUTDOWN`): nobody but AWS turns that on again,
and a restore does not try.

**Other senders.** With sending authorization, an identity's policy lets other accounts send as it. Such
mail counts to the sender's account, its switch and its quota; AWS does not say that the owner's pause
stops it, so take it that it does not. unplug reads the policies of the first 20 identities of a Region,
domains first, because AWS answers one a second, and names who may send; it leaves the policies. By hand:
`aws sesv2 delete-email-identity-policy`.

**Undo.** Turned on again where it was on, unless AWS has shut the account down meanwhile. Mail that
was refused in between is lost unless its sender retries.

**By hand.** `aws sesv2 get-account --region REGION` shows `SendingEnabled: false`; the metric
`AWS/SES Send` falls to zero.

<https://docs.aws.amazon.com/ses/latest/dg/monitoring-sender-reputation-pausing.html>
<https://docs.aws.amazon.com/ses/latest/dg/sending-authorization.html>",
};

impl Step for SesSending {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn width(&self, _: &Params) -> Width {
        Width::Region
    }

    fn ask(&self, ask: &mut Ask, _: &str, case: &Case) {
        ask.configuration_sets |= by_set(case);
        ask.senders = true;
    }

    fn find(&self, account: &Account, case: &Case) -> Found {
        let mut found = Found::default();
        let by_set = by_set(case);
        for (region, read) in &account.regions {
            let Some(ses) = read.ses.read().filter(|_| case.scope.has_region(region)) else { continue };
            if !can_send(ses) {
                found.ok(Some(region), "no identities, no sends, sandbox");
                continue;
            }
            found.find(Some(region), describe(ses));
            others(ses, region, &account.id, &mut found);
            if is_shut_down(ses) {
                let text = "AWS has shut down sending (enforcement SHUTDOWN): only AWS Support turns it on";
                found.matters(Some(region), text);
            }
            if by_set {
                if ses.configuration_sets.read().is_none() {
                    found.matters(Some(region), "its configuration sets were not read: they are not cut");
                }
                for (set, _) in ses.configuration_sets.items() {
                    found.item(Item::new(Target::new(SET, set).region(region)));
                }
                found.matters(Some(region), "mail that names no configuration set still goes out");
            } else {
                found.item(Item::new(Target::new(ACCOUNT, region).region(region)));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&SesSending]
    }
}

impl Lens for SesSending {
    type State = State;
    const KIND: &'static str = "";
    const NEEDS: &'static [Section] = &[Section::Ses];

    fn state(&self, look: &Look<'_>) -> Now<State> {
        let Look { at, account, .. } = *look;
        match account.regions.get(at.region_name()).map(|region| &region.ses) {
            Some(Seen::Read(ses)) if at.kind == ACCOUNT => Now::Is(State { sending: ses.sending }),
            Some(Seen::Read(ses)) => match &ses.configuration_sets {
                Seen::Read(sets) => {
                    sets.get(&at.id).map_or(Now::Vanished, |sending| Now::Is(State { sending: *sending }))
                }
                Seen::Gap(gap) => Now::Unknown(gap.clone()),
            },
            Some(Seen::Gap(gap)) => Now::Unknown(gap.clone()),
            None => Now::Vanished,
        }
    }

    fn contain(&self, now: &State, _: &Look<'_>) -> Verdict<State> {
        if now.sending { Verdict::Change(State { sending: false }) } else { Verdict::Already }
    }

    fn hold_back(&self, before: &State, look: &Look<'_>) -> Option<Reason> {
        let Look { at, account, .. } = *look;
        let ses = account.regions.get(at.region_name())?.ses.read()?;
        (at.kind == ACCOUNT && before.sending && is_shut_down(ses)).then(|| {
            "AWS paused it meanwhile (enforcement SHUTDOWN): ask AWS Support; only AWS can turn sending on".into()
        })
    }

    fn show(&self, state: &State) -> String {
        if state.sending { "sends".into() } else { "paused".into() }
    }

    async fn write(&self, write: Write<'_, State>) -> Result<(), StepError> {
        let Write { aws, at, to, .. } = write;
        let client = aws.sesv2(at.region_name());
        // The boolean is optional in both calls, and left out it does not mean "as it is".
        if at.kind == SET {
            client
                .put_configuration_set_sending_options()
                .configuration_set_name(&at.id)
                .sending_enabled(to.sending)
                .send()
                .await?;
        } else {
            client.put_account_sending_attributes().sending_enabled(to.sending).send().await?;
        }
        Ok(())
    }
}

fn by_set(case: &Case) -> bool {
    case.param("scope", "account") == "configuration-sets"
}

/// "No SES" means: no identity to send as, nothing sent lately, and no leave to send to anybody.
fn can_send(ses: &Ses) -> bool {
    !ses.identities.is_empty() || ses.recent_sends > 0 || ses.production
}

fn is_shut_down(ses: &Ses) -> bool {
    ses.enforcement == "SHUTDOWN"
}

/// Names who else may send as the identities: their mail counts to their own account.
fn others(ses: &Ses, region: &str, me: &str, found: &mut Found) {
    let Some(senders) = ses.senders.read() else {
        let text = "who else may send as its identities was not read: the pause may not stop them";
        return found.find(Some(region), text);
    };
    for (identity, senders) in senders {
        let theirs: Vec<&str> = senders.iter().filter(|who| !is_own(who, me)).map(String::as_str).collect();
        if !theirs.is_empty() {
            let text = format!(
                "{} may send as {identity} too, and the pause may not stop that: aws sesv2 \
                 delete-email-identity-policy",
                theirs.join(", ")
            );
            found.find(Some(region), text);
        }
    }
    let unread = ses.identities.iter().filter(|name| !senders.contains_key(*name)).count();
    if unread > 0 {
        let text = format!("who else may send as {unread} of its identities was not looked at (20 are)");
        found.find(Some(region), text);
    }
}

/// Is it this account, or a principal of it?
fn is_own(who: &str, account: &str) -> bool {
    who == account || who.split(':').nth(4) == Some(account)
}

fn describe(ses: &Ses) -> String {
    let names: Vec<&str> = ses.identities.iter().take(3).map(String::as_str).collect();
    let more = ses.identities.len().saturating_sub(names.len());
    let who = match (names.is_empty(), more) {
        (true, _) => "no identity".to_owned(),
        (false, 0) => format!("sends as {}", names.join(", ")),
        (false, more) => format!("sends as {} and {more} more", names.join(", ")),
    };
    let quota = if ses.quota == u64::MAX { "no limit".to_owned() } else { format!("{} a day", ses.quota) };
    let access = if ses.production { "production access" } else { "sandbox" };
    format!(
        "{who}; {access}, {quota}; {} sends in two weeks; {}",
        ses.recent_sends,
        ses.enforcement.to_lowercase()
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::account::collect;
    use crate::account::{Caller, Region};
    use crate::aws::Aws;
    use crate::aws::ledger::Phase;
    use crate::sim::Simulation;
    use crate::step::{Names, Scope};

    fn account(ses: Ses) -> Account {
        let mut account = Account::unread("123456789012", Caller::default());
        account.regions.insert("eu-west-1".into(), Region { ses: Seen::Read(ses), ..Region::default() });
        account
    }

    fn mailing() -> Ses {
        Ses {
            sending: true,
            enforcement: "HEALTHY".into(),
            identities: ["a.example".to_owned()].into(),
            configuration_sets: Seen::Read([("news".to_owned(), true), ("old".to_owned(), false)].into()),
            ..Ses::default()
        }
    }

    fn case(scope: &str) -> Case {
        Case {
            run: "run1".into(),
            scope: Scope::default(),
            params: BTreeMap::from([("scope".to_owned(), scope.into())]),
            config: std::sync::Arc::default(),
            names: Names::default(),
        }
    }

    #[test]
    fn a_sandbox_with_an_identity_is_paused_and_an_empty_region_is_not() {
        let case = case("account");
        assert_eq!(SesSending.find(&account(mailing()), &case).items.len(), 1);
        let empty = SesSending.find(&account(Ses { sending: true, ..Ses::default() }), &case);
        assert!(empty.items.is_empty() && empty.findings[0].good);
    }

    #[test]
    fn what_is_off_is_already_so_and_what_aws_shut_down_stays_off() {
        let (off, on) = (State { sending: false }, State { sending: true });
        let at = Target::new(ACCOUNT, "eu-west-1").region("eu-west-1");
        let shut = account(Ses { enforcement: "SHUTDOWN".into(), ..mailing() });
        let case = case("account");
        assert_eq!(SesSending.contain(&off, &Look::new(&at, &shut, &case)), Verdict::Already);
        assert!(SesSending.hold_back(&on, &Look::new(&at, &shut, &case)).is_some());
        assert!(SesSending.hold_back(&off, &Look::new(&at, &shut, &case)).is_none());
        assert!(SesSending.hold_back(&on, &Look::new(&at, &account(mailing()), &case)).is_none());
    }

    #[test]
    fn whoever_else_may_send_is_named() {
        let senders = |who: &[&str]| who.iter().map(ToString::to_string).collect();
        let mut ses = mailing();
        ses.identities.insert("b.example".into());
        ses.senders = Seen::Read(
            [(
                "a.example".to_owned(),
                senders(&["arn:aws:iam::123456789012:user/shop", "123456789012", "999988887777"]),
            )]
            .into(),
        );
        let said = |ses: Ses| -> Vec<String> {
            let found = SesSending.find(&account(ses), &case("account"));
            found.findings.into_iter().skip(1).map(|finding| finding.text).collect()
        };
        let [delegate, unread] = &said(ses)[..] else { panic!("two findings") };
        assert!(delegate.starts_with("999988887777 may send as a.example too"), "{delegate}");
        assert!(unread.contains("1 of its identities was not looked at"), "{unread}");
        let [unread] = &said(mailing())[..] else { panic!("not read is said") };
        assert!(unread.contains("was not read"), "{unread}");
    }

    #[tokio::test]
    async fn either_scope_is_written_there_and_back() {
        for (scope, changes) in [("account", 1), ("configuration-sets", 1)] {
            let (case, before) = (case(scope), account(mailing()));
            let aws = Aws::simulated(Simulation::new(before.clone())).for_run("run1", Names::default(), None);
            let mut done = vec![];
            {
                let _phase = aws.enter(Phase::Apply);
                for item in SesSending.find(&before, &case).items {
                    let Now::Is(now) = SesSending.state(&Look::new(&item.at, &before, &case)) else {
                        panic!("no state")
                    };
                    if let Verdict::Change(to) =
                        SesSending.contain(&now, &Look::new(&item.at, &before, &case))
                    {
                        SesSending
                            .write(Write::new(&aws, &item.at, &now, &to, &case.params))
                            .await
                            .expect("written");
                        done.push((item.at, now, to));
                    }
                }
            }
            assert_eq!(done.len(), changes);
            let ask = Ask { sections: [Section::Ses].into(), configuration_sets: true, ..Ask::default() };
            let cut = collect::read(&aws, &before, &ask, &|_, _| {}).await;
            let _phase = aws.enter(Phase::Restore);
            for (at, from, to) in &done {
                assert_eq!(SesSending.state(&Look::new(at, &cut, &case)), Now::Is(*to));
                SesSending.write(Write::new(&aws, at, to, from, &case.params)).await.expect("written back");
            }
            assert_eq!(aws.simulation().map(Simulation::account), Some(before));
        }
    }
}
