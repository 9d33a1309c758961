//! The budget: unplug never calls faster than AWS allows.
//!
//! It waits before signing, where the SDK asks for an identity: once per attempt, and a signature
//! does not age while it waits. The identity is resolved after the wait, so that a long queue never
//! signs with credentials that expired in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::region::Region;

use super::clock::Clock;
use super::operations;

/// Token buckets per Region and operation, or per Region and service where AWS has one for all.
#[derive(Debug, Default)]
pub struct Budget(Mutex<HashMap<(String, String), Bucket>>);

/// When the next call may start, as if the bucket refilled one call at a time.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at_ms: u64,
}

impl Budget {
    /// Takes a token and says how long to wait for it.
    pub fn take(&self, region: &str, operation: &str, now_ms: u64) -> Duration {
        let rate = operations::rate(operation);
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry((region.to_owned(), operations::bucket(operation).to_owned()))
            .or_insert(Bucket { tokens: rate.burst, at_ms: now_ms });
        let passed = Duration::from_millis(now_ms.saturating_sub(bucket.at_ms)).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * rate.per_second).min(rate.burst) - 1.0;
        bucket.at_ms = bucket.at_ms.max(now_ms);
        if bucket.tokens >= 0.0 {
            return Duration::ZERO;
        }
        // Tokens below zero are calls already waiting: this one starts after them.
        Duration::from_secs_f64(-bucket.tokens / rate.per_second)
    }
}

/// The identity cache of a live wire: waits for a token, then asks the SDK's own cache.
#[derive(Debug)]
pub(super) struct Turnstile {
    pub inner: SharedIdentityCache,
    pub budget: Arc<Budget>,
    pub clock: Clock,
}

impl ResolveCachedIdentity for Turnstile {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        cfg: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move {
            if let Some(metadata) = cfg.load::<Metadata>() {
                let region = cfg.load::<Region>().map(ToString::to_string).unwrap_or_default();
                let operation = operations::name(metadata.service(), metadata.name());
                let wait = self.budget.take(&region, &operation, self.clock.now_ms());
                if !wait.is_zero() {
                    self.clock.wait(wait).await;
                }
            }
            self.inner.resolve_cached_identity(resolver, components, cfg).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_then_calls_queue_at_the_rate() {
        let budget = Budget::default();
        let take = |now| budget.take("r", "ec2:ReplaceNetworkAclAssociation", now);
        assert!((0..50).all(|_| take(1_000).is_zero()));
        assert_eq!(take(1_000), Duration::from_millis(200));
        assert_eq!(take(1_000), Duration::from_millis(400));
    }

    #[test]
    fn buckets_refill_to_the_burst_and_no_further() {
        let budget = Budget::default();
        let take = |now| budget.take("r", "cloudtrail:StartLogging", now);
        assert!(take(1_000).is_zero());
        assert!(!take(1_000).is_zero());
        assert!(take(60_000).is_zero());
        assert!(!take(60_000).is_zero());
    }

    #[test]
    fn operations_of_resolver_share_one_bucket() {
        let budget = Budget::default();
        let reads =
            ["ListFirewallRules", "ListFirewallDomains", "ListTagsForResource", "ListFirewallConfigs"];
        let mut take = |operation: &str| budget.take("r", &format!("route53resolver:{operation}"), 1_000);
        assert!(reads.map(&mut take).iter().all(Duration::is_zero));
        assert!(take("CreateFirewallRule").is_zero());
        assert_eq!(take("CreateFirewallRuleGroup"), Duration::from_millis(200));
    }

    #[test]
    fn regions_do_not_share_a_bucket() {
        let budget = Budget::default();
        assert!(budget.take("a", "cloudtrail:StartLogging", 0).is_zero());
        assert!(budget.take("b", "cloudtrail:StartLogging", 0).is_zero());
    }
}
