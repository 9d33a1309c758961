//! 400: SES sends nothing more, Region by Region.

mod account_sending;
mod set_sending;

use crate::account::Section;
use crate::account::{Account, Ses};
use crate::collect::Ask;
use crate::step::{
    Case, Choice, Does, Found, Iam, Item, Lens as _, Lenses, Params, Reversal, Spec, Step, StepId, Stops,
    Target, Width, first_few,
};
use account_sending::AccountSending;
use set_sending::SetSending;

pub struct SesSending;

const SCOPE: Choice = Choice {
    name: "scope",
    values: &["account", "configuration-sets"],
    doc: "`account` pauses all of a Region's mail; `configuration-sets` pauses each set, and mail that \
              names no set still goes out",
};

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
    params: &[SCOPE.param()],
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
passwords are access keys in disguise, and this step only shuts the door behind them: 410 denies
mail to the users that may send, and turns off the keys that only send. AWS itself may have paused the
account (`SHUTDOWN`): nobody but AWS turns that on again, and a restore does not try.

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
                found.fine(Some(region), "no identities, no sends, sandbox");
                continue;
            }
            found.note(Some(region), describe(ses));
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
                    found.item(Item::new(Target::new(SetSending::KIND, set).region(region)));
                }
                found.matters(Some(region), "mail that names no configuration set still goes out");
            } else {
                found.item(Item::new(Target::new(AccountSending::KIND, region).region(region)));
            }
        }
        found
    }

    fn lenses(&self) -> Lenses {
        &[&AccountSending, &SetSending]
    }
}

fn by_set(case: &Case) -> bool {
    SCOPE.is(&case.params, "configuration-sets")
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
        return found.note(Some(region), text);
    };
    for (identity, senders) in senders {
        let theirs: Vec<&str> = senders.iter().filter(|who| !is_own(who, me)).map(String::as_str).collect();
        if !theirs.is_empty() {
            let text = format!(
                "{} may send as {identity} too, and the pause may not stop that: aws sesv2 \
                 delete-email-identity-policy",
                theirs.join(", ")
            );
            found.note(Some(region), text);
        }
    }
    let unread = ses.identities.iter().filter(|name| !senders.contains_key(*name)).count();
    if unread > 0 {
        let text = format!("who else may send as {unread} of its identities was not looked at (20 are)");
        found.note(Some(region), text);
    }
}

/// Is it this account, or a principal of it?
fn is_own(who: &str, account: &str) -> bool {
    who == account || who.split(':').nth(4) == Some(account)
}

fn describe(ses: &Ses) -> String {
    let who = if ses.identities.is_empty() {
        "no identity".to_owned()
    } else {
        format!("sends as {}", first_few(&ses.identities, 3))
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
mod tests;
