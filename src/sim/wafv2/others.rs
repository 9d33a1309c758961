//! Statements of which the account holds the kind alone: AWS answers one of that kind.

use aws_sdk_wafv2::primitives::Blob;
use aws_sdk_wafv2::types::builders::StatementBuilder;
use aws_sdk_wafv2::types::{self, CountryCode};

use super::{Cx, Refused, built, forms};

/// The header that a statement looks at instead of where a request comes from.
const HEADER: &str = "X-Forwarded-For";

/// A statement of this kind: the words that the account has for it.
pub(super) fn statement(cx: &Cx<'_>, edge: bool, words: &str) -> Result<StatementBuilder, Refused> {
    let form = types::Statement::builder();
    if let Some(name) = words.strip_prefix("ip-set by header ") {
        let header = types::IpSetForwardedIpConfig::builder()
            .header_name(HEADER)
            .fallback_behavior(types::FallbackBehavior::Match)
            .position(types::ForwardedIpPosition::Any);
        let set = types::IpSetReferenceStatement::builder().arn(forms::set_arn(cx, edge, name));
        let set = set.ip_set_forwarded_ip_config(built(header.build())?);
        return Ok(form.ip_set_reference_statement(built(set.build())?));
    }
    if let Some(codes) = words.strip_prefix("countries by header ") {
        let header = types::ForwardedIpConfig::builder()
            .header_name(HEADER)
            .fallback_behavior(types::FallbackBehavior::Match);
        let geo = types::GeoMatchStatement::builder().forwarded_ip_config(built(header.build())?);
        let codes = codes.split(' ').map(CountryCode::from).collect();
        return Ok(form.geo_match_statement(geo.set_country_codes(Some(codes)).build()));
    }
    if let Some(name) = words.strip_prefix("rule-group ") {
        let arn = forms::arn(cx, edge, "rulegroup", name, &forms::set_id(name));
        let group = types::RuleGroupReferenceStatement::builder().arn(arn);
        return Ok(form.rule_group_reference_statement(built(group.build())?));
    }
    if let Some(group) = words.strip_prefix("managed-rule-group ") {
        let (vendor, name) = group.split_once('/').unwrap_or((group, ""));
        let group = types::ManagedRuleGroupStatement::builder().vendor_name(vendor).name(name);
        return Ok(form.managed_rule_group_statement(built(group.build())?));
    }
    if let Some(key) = words.strip_prefix("label-match ") {
        let label = types::LabelMatchStatement::builder().scope(types::LabelMatchScope::Label).key(key);
        return Ok(form.label_match_statement(built(label.build())?));
    }
    of_requests(form, words)
}

/// Statements that look at a request's parts, or at other statements.
fn of_requests(form: StatementBuilder, words: &str) -> Result<StatementBuilder, Refused> {
    Ok(match words {
        "and" => {
            let and = types::AndStatement::builder().set_statements(Some(vec![]));
            form.and_statement(built(and.build())?)
        }
        "asn-match" => {
            let asn = types::AsnMatchStatement::builder().asn_list(64_496);
            form.asn_match_statement(built(asn.build())?)
        }
        "byte-match" => {
            let bytes = types::ByteMatchStatement::builder()
                .search_string(Blob::new("admin"))
                .positional_constraint(types::PositionalConstraint::Contains);
            form.byte_match_statement(built(bytes.set_text_transformations(Some(vec![])).build())?)
        }
        "not" => form.not_statement(types::NotStatement::builder().build()),
        "rate-based" => {
            let rate = types::RateBasedStatement::builder().limit(2_000);
            let rate = rate.aggregate_key_type(types::RateBasedStatementAggregateKeyType::Ip);
            form.rate_based_statement(built(rate.build())?)
        }
        "regex-match" => {
            let regex = types::RegexMatchStatement::builder().regex_string("admin");
            form.regex_match_statement(built(regex.set_text_transformations(Some(vec![])).build())?)
        }
        "regex-pattern-set" => {
            let set =
                types::RegexPatternSetReferenceStatement::builder().arn("arn:aws:wafv2:::regexpatternset");
            let set = set.set_text_transformations(Some(vec![])).build();
            form.regex_pattern_set_reference_statement(built(set)?)
        }
        "size-constraint" => {
            let size = types::SizeConstraintStatement::builder()
                .comparison_operator(types::ComparisonOperator::Gt)
                .size(8_192);
            form.size_constraint_statement(built(size.set_text_transformations(Some(vec![])).build())?)
        }
        "sqli-match" => {
            let sqli = types::SqliMatchStatement::builder().set_text_transformations(Some(vec![]));
            form.sqli_match_statement(built(sqli.build())?)
        }
        "xss-match" => {
            let xss = types::XssMatchStatement::builder().set_text_transformations(Some(vec![]));
            form.xss_match_statement(built(xss.build())?)
        }
        // Of a kind that the SDK does not know, nothing is left.
        _ => form,
    })
}
