//! A handle whose calls the simulation answers.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::{DISPATCH, Simulation};
use crate::account::Actor;
use crate::aws::Aws;
use crate::aws::backend::{Backend, Prepared};

impl Aws {
    /// A handle on a simulated account. No network, no credentials.
    pub fn simulated(simulation: Simulation) -> Aws {
        Aws::on(simulation, None)
    }

    /// As [`Aws::simulated`], never faster than AWS allows.
    pub fn simulated_at_limits(simulation: Simulation) -> Aws {
        Aws::on(simulation, Some(aws_config::identity::IdentityCache::lazy().build()))
    }

    fn on(simulation: Simulation, identity: Option<SharedIdentityCache>) -> Aws {
        let clock = simulation.clock();
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(simulation.home_region()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "AKIASIMULATED0000000",
                "simulated",
                None,
                None,
                "simulation",
            )))
            .retry_config(RetryConfig::standard().with_max_attempts(6))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        // A rehearsal creates with the same tags as the run that it predicts.
        let caller = simulation.look(|account| account.caller.arn.clone());
        let chain = simulation.look(|account| account.caller.chain.clone());
        let actors = simulation.look(|account| account.actors.clone());
        let aws = Aws::over(&sdk, None, identity, Some(Arc::new(simulation)), clock, None);
        aws.called_by(&caller);
        aws.with_chain(chain).with_simulated(actors)
    }
}

impl Backend for Simulation {
    fn prepare(&self, operation: &str, actor: Option<Actor>, input: &mut Input) -> Option<Arc<dyn Prepared>> {
        DISPATCH.prepare(self, operation, actor, input)
    }
}
