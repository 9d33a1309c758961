//! Seeds of 620: the drill's company, whose users have credentials for single services.

use unplug::step::Scope;

use super::{Seed, company, seed, with};

pub fn seeds() -> Vec<Seed> {
    let mut caller = company();
    caller.caller.arn = format!("arn:aws:iam::{}:user/ci-deploy", caller.id);
    let named = Scope { principals: ["tanaka".to_owned()].into(), ..Scope::default() };
    vec![
        seed(
            "credentials for single services",
            620,
            company(),
            Some(|account| {
                // A Bedrock key expires while it is off; somebody deletes an SSH key.
                for one in account.service_credentials.read_mut().unwrap().values_mut() {
                    one.status = "Expired".into();
                }
                account.ssh_keys.read_mut().unwrap().pop_first();
            }),
        ),
        seed("the caller has a credential too", 620, caller, None),
        Seed { scope: named, ..with(seed("one user by name", 620, company(), None), "who", "named".into()) },
    ]
}
