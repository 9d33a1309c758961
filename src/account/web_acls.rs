//! AWS WAF: web ACLs and the sets of addresses that unplug makes for them. Those of CloudFront are global,
//! those of load balancers are per Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The web ACLs and IP sets of one scope of AWS WAF.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebAcls {
    /// By ARN.
    pub acls: BTreeMap<String, WebAcl>,
    /// IP sets that unplug makes, by name: no scope has two of one name.
    pub ip_sets: BTreeMap<String, IpSet>,
}

/// A web ACL (`wafv2:GetWebACL`). Its lock token is not here: AWS moves it with every write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebAcl {
    /// What becomes of a request that no rule ends: `allow` or `block`.
    pub default_action: String,
    /// In the order in which they are asked: the lowest priority first.
    pub rules: Vec<WebRule>,
    /// Web ACL capacity units (WCU) that its rules use. AWS takes 5,000 at most.
    pub capacity: i64,
    /// Firewall Manager has made it, or has put rule groups of its own into it.
    pub firewall_manager: bool,
    /// ARNs of the Application Load Balancers that it protects. Empty for CloudFront, whose distributions
    /// name their web ACL.
    pub balancers: BTreeSet<String>,
    /// Members that this version of the SDK does not know, by path (`Rules/NewThing`): who sends the web
    /// ACL back deletes them.
    pub unknown: BTreeSet<String>,
}

/// A rule of a web ACL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebRule {
    /// No web ACL has two rules of one name.
    pub name: String,
    /// No web ACL has two rules of one priority. 0 is asked first.
    pub priority: i32,
    /// `block`, `allow`, `count`, `captcha`, `challenge`; `group` where the rules of a group decide.
    pub action: String,
    pub matches: Matches,
}

/// Which requests a rule takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matches {
    /// Those from an address of the IP set with this name.
    IpSet(String),
    /// Those from these countries (ISO 3166-1 alpha-2).
    Countries(BTreeSet<String>),
    /// Those that one of these takes.
    AnyOf(Vec<Matches>),
    /// Anything else, in a word: `label-match`, `managed-rule-group AWS/AWSManagedRulesCommonRuleSet`.
    Other(String),
}

impl Default for Matches {
    fn default() -> Self {
        Matches::Other(String::new())
    }
}

impl Matches {
    /// Does it name this IP set?
    pub fn names_set(&self, name: &str) -> bool {
        match self {
            Matches::IpSet(set) => set == name,
            Matches::AnyOf(all) => all.iter().any(|one| one.names_set(name)),
            Matches::Countries(_) | Matches::Other(_) => false,
        }
    }
}

/// A set of addresses of one version (`wafv2:GetIPSet`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IpSet {
    pub ipv6: bool,
    /// Networks in their shortest form. AWS writes IPv6 addresses in full.
    pub addresses: BTreeSet<String>,
}

impl IpSet {
    /// What the names of IP sets, rules and web ACLs begin with that unplug makes.
    pub const OURS: &'static str = "unplug-block-";
}

/// The name in the ARN of a web ACL or an IP set: `…/webacl/NAME/ID`.
pub fn waf_name(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or_default()
}

/// The id in the ARN of a web ACL or an IP set.
pub fn waf_id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}
