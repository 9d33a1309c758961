//! Reads lists to their end: each page once, within limits.
//!
//! The SDK's paginators take a token that comes again for the end of the list, and go on for as long
//! as tokens come. Here a token that comes again is an error, and so is a list without an end: the
//! part that was read must not pass for the whole.

mod given;
mod nested;
pub(crate) mod records;

use std::collections::HashSet;

use aws_sdk_apigateway::types as apigateway;
use aws_sdk_apigatewayv2::types as apigatewayv2;
use aws_sdk_autoscaling::types as autoscaling;
use aws_sdk_cloudcontrol::types as cloudcontrol;
use aws_sdk_cloudtrail::types as cloudtrail;
use aws_sdk_ec2::types as ec2;
use aws_sdk_ecrpublic::types as ecrpublic;
use aws_sdk_elasticloadbalancingv2::types as elb;
use aws_sdk_iam::types as iam;
use aws_sdk_kms::types as kms;
use aws_sdk_lambda::types as lambda;
use aws_sdk_organizations::types as organizations;
use aws_sdk_ram::types as ram;
use aws_sdk_rds::types as rds;
use aws_sdk_rolesanywhere::types as rolesanywhere;
use aws_sdk_route53::types as route53;
use aws_sdk_route53resolver::types as resolver;
use aws_sdk_s3::types as s3;
use aws_sdk_s3control::types as s3control;
use aws_sdk_secretsmanager::types as secretsmanager;
use aws_sdk_sesv2::types as sesv2;
use aws_sdk_sns::types as sns;
use aws_sdk_ssoadmin::types as ssoadmin;
use aws_sdk_synthetics::types as synthetics;
use aws_sdk_wafv2::types as wafv2;

use super::operations::name_of_type;
use super::{Aws, AwsError};
use given::{Given, Items};

/// Pages of one list. AWS's largest page has a thousand items, its smallest ten.
const PAGES: usize = 1_000;
/// How long one list may take from its first answer on.
const LONGEST_MS: u64 = 600_000;

/// A call that answers in pages. It loops on the token and not on the items: AWS sends empty pages
/// with a token.
pub trait List: Clone + Send {
    type Page: Send;
    type Item;
    /// `service:Operation`.
    fn operation() -> String;
    fn page(self, token: Option<String>) -> impl Future<Output = Result<Self::Page, AwsError>> + Send;
    fn token(page: &Self::Page) -> Option<&str>;
    /// The items of a page.
    ///
    /// # Errors
    /// The member that an item lacks.
    fn items(page: Self::Page) -> Result<Vec<Self::Item>, &'static str>;
}

/// Reads every page and keeps what `one` makes of each item.
///
/// # Errors
/// AWS's, and that the list has no end, repeats itself, or has an item without its id.
pub async fn all<L: List, T, C: Default + Extend<T>>(
    aws: &Aws,
    list: L,
    mut one: impl FnMut(L::Item) -> Option<T>,
) -> Result<C, AwsError> {
    let mut found = C::default();
    let mut pages = Pages::new(aws, list);
    while let Some(page) = pages.next().await? {
        let items = L::items(page);
        let items = items.map_err(|member| pages.unusable(&format!("an item lacks {member}")))?;
        found.extend(items.into_iter().filter_map(&mut one));
    }
    Ok(found)
}

/// The pages of a list, one after the other.
pub struct Pages<'a, L: List> {
    aws: &'a Aws,
    list: L,
    /// Is there another page?
    more: bool,
    token: Option<String>,
    seen: HashSet<String>,
    read: usize,
    began_ms: u64,
}

impl<'a, L: List> Pages<'a, L> {
    pub fn new(aws: &'a Aws, list: L) -> Pages<'a, L> {
        Pages { aws, list, more: true, token: None, seen: HashSet::new(), read: 0, began_ms: 0 }
    }

    /// The next page, or `None` at the end of the list.
    ///
    /// # Errors
    /// AWS's, and that the list has no end or repeats itself.
    pub async fn next(&mut self) -> Result<Option<L::Page>, AwsError> {
        if !std::mem::take(&mut self.more) {
            return Ok(None);
        }
        let page = self.list.clone().page(self.token.take()).await?;
        self.read += 1;
        let now = self.aws.clock().now_ms();
        if self.read == 1 {
            self.began_ms = now;
        }
        let Some(token) = L::token(&page).filter(|token| !token.is_empty()) else { return Ok(Some(page)) };
        if !self.seen.insert(token.to_owned()) {
            return Err(
                self.unusable(&format!("page {} goes on with the token of an earlier page", self.read))
            );
        }
        if self.read >= PAGES {
            return Err(self.unusable(&format!("given up after {PAGES} pages: the list has no end")));
        }
        if now.saturating_sub(self.began_ms) > LONGEST_MS {
            let seconds = LONGEST_MS / 1_000;
            return Err(self.unusable(&format!("given up after {} pages in {seconds} seconds", self.read)));
        }
        (self.more, self.token) = (true, Some(token.to_owned()));
        Ok(Some(page))
    }

    /// Is there another page, by what was read so far?
    pub fn more(&self) -> bool {
        self.more
    }

    fn unusable(&self, why: &str) -> AwsError {
        AwsError::unusable(&L::operation(), why)
    }
}

/// One line a list: its operation, builder and output, the items with their type, and the members
/// that AWS sends with each item. One that is missing would be taken for "none".
macro_rules! lists {
    ($($sdk:ident, $set:ident, $get:ident {
        $($operation:ident $builder:ident $output:ident: $items:ident $item:ty [$($member:ident),*];)*
    })*) => { $($(
        impl List for $sdk::operation::$operation::builders::$builder {
            type Page = $sdk::operation::$operation::$output;
            type Item = $item;

            fn operation() -> String {
                name_of_type::<Self>("FluentBuilder")
            }

            async fn page(self, token: Option<String>) -> Result<Self::Page, AwsError> {
                Ok(self.$set(token).send().await?)
            }

            fn token(page: &Self::Page) -> Option<&str> {
                page.$get.as_deref()
            }

            fn items(page: Self::Page) -> Result<Vec<$item>, &'static str> {
                let items = Items::items(page.$items);
                $(if items.iter().any(|item| !item.$member.given()) {
                    return Err(stringify!($member));
                })*
                Ok(items)
            }
        }
    )*)* };
}

lists! {
    aws_sdk_apigateway, set_position, position {
        get_base_path_mappings GetBasePathMappingsFluentBuilder GetBasePathMappingsOutput:
            items apigateway::BasePathMapping [rest_api_id];
        get_domain_names GetDomainNamesFluentBuilder GetDomainNamesOutput:
            items apigateway::DomainName [domain_name];
        get_rest_apis GetRestApisFluentBuilder GetRestApisOutput: items apigateway::RestApi [id];
    }
    aws_sdk_apigatewayv2, set_next_token, next_token {
        get_api_mappings GetApiMappingsFluentBuilder GetApiMappingsOutput:
            items apigatewayv2::ApiMapping [api_id];
        get_apis GetApisFluentBuilder GetApisOutput: items apigatewayv2::Api [api_id, protocol_type];
        get_domain_names GetDomainNamesFluentBuilder GetDomainNamesOutput:
            items apigatewayv2::DomainName [domain_name];
        get_stages GetStagesFluentBuilder GetStagesOutput: items apigatewayv2::Stage [stage_name];
    }
    aws_sdk_autoscaling, set_next_token, next_token {
        describe_auto_scaling_groups DescribeAutoScalingGroupsFluentBuilder DescribeAutoScalingGroupsOutput:
            auto_scaling_groups autoscaling::AutoScalingGroup [auto_scaling_group_name];
    }
    aws_sdk_cloudcontrol, set_next_token, next_token {
        list_resources ListResourcesFluentBuilder ListResourcesOutput:
            resource_descriptions cloudcontrol::ResourceDescription [identifier];
    }
    aws_sdk_cloudtrail, set_next_token, next_token {
        lookup_events LookupEventsFluentBuilder LookupEventsOutput:
            events cloudtrail::Event [event_id, cloud_trail_event];
    }
    aws_sdk_ec2, set_next_token, next_token {
        describe_client_vpn_authorization_rules DescribeClientVpnAuthorizationRulesFluentBuilder DescribeClientVpnAuthorizationRulesOutput:
            authorization_rules ec2::AuthorizationRule [destination_cidr];
        describe_client_vpn_connections DescribeClientVpnConnectionsFluentBuilder DescribeClientVpnConnectionsOutput:
            connections ec2::ClientVpnConnection [connection_id];
        describe_client_vpn_endpoints DescribeClientVpnEndpointsFluentBuilder DescribeClientVpnEndpointsOutput:
            client_vpn_endpoints ec2::ClientVpnEndpoint [client_vpn_endpoint_id];
        describe_client_vpn_target_networks DescribeClientVpnTargetNetworksFluentBuilder DescribeClientVpnTargetNetworksOutput:
            client_vpn_target_networks ec2::TargetNetwork [target_network_id];
        describe_egress_only_internet_gateways DescribeEgressOnlyInternetGatewaysFluentBuilder DescribeEgressOnlyInternetGatewaysOutput:
            egress_only_internet_gateways ec2::EgressOnlyInternetGateway [egress_only_internet_gateway_id];
        describe_flow_logs DescribeFlowLogsFluentBuilder DescribeFlowLogsOutput:
            flow_logs ec2::FlowLog [flow_log_id, resource_id];
        describe_images DescribeImagesFluentBuilder DescribeImagesOutput:
            images ec2::Image [image_id];
        describe_instance_connect_endpoints DescribeInstanceConnectEndpointsFluentBuilder DescribeInstanceConnectEndpointsOutput:
            instance_connect_endpoints ec2::Ec2InstanceConnectEndpoint [instance_connect_endpoint_id];
        describe_instances DescribeInstancesFluentBuilder DescribeInstancesOutput:
            reservations ec2::Reservation [instances];
        describe_internet_gateways DescribeInternetGatewaysFluentBuilder DescribeInternetGatewaysOutput:
            internet_gateways ec2::InternetGateway [internet_gateway_id];
        describe_managed_prefix_lists DescribeManagedPrefixListsFluentBuilder DescribeManagedPrefixListsOutput:
            prefix_lists ec2::ManagedPrefixList [prefix_list_id];
        describe_nat_gateways DescribeNatGatewaysFluentBuilder DescribeNatGatewaysOutput:
            nat_gateways ec2::NatGateway [nat_gateway_id, vpc_id];
        describe_network_acls DescribeNetworkAclsFluentBuilder DescribeNetworkAclsOutput:
            network_acls ec2::NetworkAcl [network_acl_id, vpc_id, entries, associations];
        describe_network_interfaces DescribeNetworkInterfacesFluentBuilder DescribeNetworkInterfacesOutput:
            network_interfaces ec2::NetworkInterface [network_interface_id, vpc_id, subnet_id, groups];
        describe_route_tables DescribeRouteTablesFluentBuilder DescribeRouteTablesOutput:
            route_tables ec2::RouteTable [route_table_id, vpc_id, routes, associations];
        describe_security_groups DescribeSecurityGroupsFluentBuilder DescribeSecurityGroupsOutput:
            security_groups ec2::SecurityGroup [group_id, ip_permissions, ip_permissions_egress];
        describe_snapshots DescribeSnapshotsFluentBuilder DescribeSnapshotsOutput:
            snapshots ec2::Snapshot [snapshot_id];
        describe_spot_fleet_requests DescribeSpotFleetRequestsFluentBuilder DescribeSpotFleetRequestsOutput:
            spot_fleet_request_configs ec2::SpotFleetRequestConfig [spot_fleet_request_id, spot_fleet_request_state];
        describe_subnets DescribeSubnetsFluentBuilder DescribeSubnetsOutput:
            subnets ec2::Subnet [subnet_id, vpc_id];
        describe_traffic_mirror_sessions DescribeTrafficMirrorSessionsFluentBuilder DescribeTrafficMirrorSessionsOutput:
            traffic_mirror_sessions ec2::TrafficMirrorSession [traffic_mirror_session_id];
        describe_transit_gateway_attachments DescribeTransitGatewayAttachmentsFluentBuilder DescribeTransitGatewayAttachmentsOutput:
            transit_gateway_attachments ec2::TransitGatewayAttachment [transit_gateway_attachment_id, state];
        describe_verified_access_endpoints DescribeVerifiedAccessEndpointsFluentBuilder DescribeVerifiedAccessEndpointsOutput:
            verified_access_endpoints ec2::VerifiedAccessEndpoint [verified_access_endpoint_id];
        describe_volumes DescribeVolumesFluentBuilder DescribeVolumesOutput:
            volumes ec2::Volume [volume_id];
        describe_vpc_block_public_access_exclusions DescribeVpcBlockPublicAccessExclusionsFluentBuilder DescribeVpcBlockPublicAccessExclusionsOutput:
            vpc_block_public_access_exclusions ec2::VpcBlockPublicAccessExclusion [exclusion_id];
        describe_vpc_endpoint_associations DescribeVpcEndpointAssociationsFluentBuilder DescribeVpcEndpointAssociationsOutput:
            vpc_endpoint_associations ec2::VpcEndpointAssociation [id, vpc_endpoint_id];
        describe_vpc_endpoint_connections DescribeVpcEndpointConnectionsFluentBuilder DescribeVpcEndpointConnectionsOutput:
            vpc_endpoint_connections ec2::VpcEndpointConnection [service_id, vpc_endpoint_id];
        describe_vpc_endpoint_service_configurations DescribeVpcEndpointServiceConfigurationsFluentBuilder DescribeVpcEndpointServiceConfigurationsOutput:
            service_configurations ec2::ServiceConfiguration [service_id];
        describe_vpc_endpoint_services DescribeVpcEndpointServicesFluentBuilder DescribeVpcEndpointServicesOutput:
            service_details ec2::ServiceDetail [service_name];
        describe_vpc_endpoints DescribeVpcEndpointsFluentBuilder DescribeVpcEndpointsOutput:
            vpc_endpoints ec2::VpcEndpoint [vpc_endpoint_id];
        describe_vpc_peering_connections DescribeVpcPeeringConnectionsFluentBuilder DescribeVpcPeeringConnectionsOutput:
            vpc_peering_connections ec2::VpcPeeringConnection [vpc_peering_connection_id];
        describe_vpcs DescribeVpcsFluentBuilder DescribeVpcsOutput:
            vpcs ec2::Vpc [vpc_id];
        get_managed_prefix_list_entries GetManagedPrefixListEntriesFluentBuilder GetManagedPrefixListEntriesOutput:
            entries ec2::PrefixListEntry [cidr];
    }
    aws_sdk_ecrpublic, set_next_token, next_token {
        describe_images DescribeImagesFluentBuilder DescribeImagesOutput:
            image_details ecrpublic::ImageDetail [image_digest];
        describe_repositories DescribeRepositoriesFluentBuilder DescribeRepositoriesOutput:
            repositories ecrpublic::Repository [repository_name, repository_arn, repository_uri];
    }
    aws_sdk_elasticloadbalancingv2, set_marker, next_marker {
        describe_listeners DescribeListenersFluentBuilder DescribeListenersOutput:
            listeners elb::Listener [listener_arn];
        describe_load_balancers DescribeLoadBalancersFluentBuilder DescribeLoadBalancersOutput:
            load_balancers elb::LoadBalancer [load_balancer_arn];
        describe_rules DescribeRulesFluentBuilder DescribeRulesOutput: rules elb::Rule [rule_arn];
        describe_target_groups DescribeTargetGroupsFluentBuilder DescribeTargetGroupsOutput:
            target_groups elb::TargetGroup [target_group_arn];
    }
    aws_sdk_iam, set_marker, marker {
        get_account_authorization_details GetAccountAuthorizationDetailsFluentBuilder GetAccountAuthorizationDetailsOutput:
            user_detail_list iam::UserDetail [user_name];
        list_access_keys ListAccessKeysFluentBuilder ListAccessKeysOutput:
            access_key_metadata iam::AccessKeyMetadata [access_key_id, status];
        list_policy_versions ListPolicyVersionsFluentBuilder ListPolicyVersionsOutput:
            versions iam::PolicyVersion [version_id];
        list_service_specific_credentials ListServiceSpecificCredentialsFluentBuilder ListServiceSpecificCredentialsOutput:
            service_specific_credentials iam::ServiceSpecificCredentialMetadata [service_specific_credential_id, user_name];
        list_ssh_public_keys ListSSHPublicKeysFluentBuilder ListSshPublicKeysOutput:
            ssh_public_keys iam::SshPublicKeyMetadata [ssh_public_key_id];
        simulate_principal_policy SimulatePrincipalPolicyFluentBuilder SimulatePrincipalPolicyOutput:
            evaluation_results iam::EvaluationResult [eval_action_name];
    }
    aws_sdk_kms, set_marker, next_marker {
        list_grants ListGrantsFluentBuilder ListGrantsOutput: grants kms::GrantListEntry [grant_id];
        list_keys ListKeysFluentBuilder ListKeysOutput: keys kms::KeyListEntry [key_id, key_arn];
        list_resource_tags ListResourceTagsFluentBuilder ListResourceTagsOutput: tags kms::Tag [];
    }
    aws_sdk_lambda, set_marker, next_marker {
        list_aliases ListAliasesFluentBuilder ListAliasesOutput: aliases lambda::AliasConfiguration [name];
        list_event_source_mappings ListEventSourceMappingsFluentBuilder ListEventSourceMappingsOutput:
            event_source_mappings lambda::EventSourceMappingConfiguration [uuid, function_arn, state];
        list_function_url_configs ListFunctionUrlConfigsFluentBuilder ListFunctionUrlConfigsOutput:
            function_url_configs lambda::FunctionUrlConfig [function_arn];
        list_functions ListFunctionsFluentBuilder ListFunctionsOutput:
            functions lambda::FunctionConfiguration [function_name];
        list_provisioned_concurrency_configs ListProvisionedConcurrencyConfigsFluentBuilder ListProvisionedConcurrencyConfigsOutput:
            provisioned_concurrency_configs lambda::ProvisionedConcurrencyConfigListItem
                [function_arn, requested_provisioned_concurrent_executions, status];
    }
    aws_sdk_organizations, set_next_token, next_token {
        list_accounts_for_parent ListAccountsForParentFluentBuilder ListAccountsForParentOutput:
            accounts organizations::Account [id];
        list_organizational_units_for_parent ListOrganizationalUnitsForParentFluentBuilder ListOrganizationalUnitsForParentOutput:
            organizational_units organizations::OrganizationalUnit [id, name];
        list_parents ListParentsFluentBuilder ListParentsOutput: parents organizations::Parent [id, r#type];
        list_policies ListPoliciesFluentBuilder ListPoliciesOutput:
            policies organizations::PolicySummary [id, name];
        list_policies_for_target ListPoliciesForTargetFluentBuilder ListPoliciesForTargetOutput:
            policies organizations::PolicySummary [id];
        list_roots ListRootsFluentBuilder ListRootsOutput: roots organizations::Root [id];
        list_tags_for_resource ListTagsForResourceFluentBuilder ListTagsForResourceOutput:
            tags organizations::Tag [key];
        list_targets_for_policy ListTargetsForPolicyFluentBuilder ListTargetsForPolicyOutput:
            targets organizations::PolicyTargetSummary [target_id];
    }
    aws_sdk_ram, set_next_token, next_token {
        get_resource_share_associations GetResourceShareAssociationsFluentBuilder GetResourceShareAssociationsOutput:
            resource_share_associations ram::ResourceShareAssociation [resource_share_arn, associated_entity, status];
        get_resource_shares GetResourceSharesFluentBuilder GetResourceSharesOutput:
            resource_shares ram::ResourceShare [resource_share_arn, status];
    }
    aws_sdk_rds, set_marker, marker {
        describe_db_cluster_snapshots DescribeDBClusterSnapshotsFluentBuilder DescribeDbClusterSnapshotsOutput:
            db_cluster_snapshots rds::DbClusterSnapshot [db_cluster_snapshot_arn];
        describe_db_clusters DescribeDBClustersFluentBuilder DescribeDbClustersOutput:
            db_clusters rds::DbCluster [db_cluster_arn];
        describe_db_instances DescribeDBInstancesFluentBuilder DescribeDbInstancesOutput:
            db_instances rds::DbInstance [db_instance_arn];
        describe_db_proxies DescribeDBProxiesFluentBuilder DescribeDbProxiesOutput:
            db_proxies rds::DbProxy [db_proxy_arn];
        describe_db_snapshots DescribeDBSnapshotsFluentBuilder DescribeDbSnapshotsOutput:
            db_snapshots rds::DbSnapshot [db_snapshot_arn];
    }
    aws_sdk_rolesanywhere, set_next_token, next_token {
        list_trust_anchors ListTrustAnchorsFluentBuilder ListTrustAnchorsOutput:
            trust_anchors rolesanywhere::TrustAnchorDetail [trust_anchor_id, enabled];
    }
    aws_sdk_route53, set_marker, next_marker {
        list_health_checks ListHealthChecksFluentBuilder ListHealthChecksOutput:
            health_checks route53::HealthCheck [id, health_check_config];
        list_hosted_zones ListHostedZonesFluentBuilder ListHostedZonesOutput:
            hosted_zones route53::HostedZone [id, name];
    }
    aws_sdk_route53resolver, set_next_token, next_token {
        list_firewall_configs ListFirewallConfigsFluentBuilder ListFirewallConfigsOutput:
            firewall_configs resolver::FirewallConfig [resource_id, firewall_fail_open];
        list_firewall_domain_lists ListFirewallDomainListsFluentBuilder ListFirewallDomainListsOutput:
            firewall_domain_lists resolver::FirewallDomainListMetadata [id, arn];
        list_firewall_domains ListFirewallDomainsFluentBuilder ListFirewallDomainsOutput: domains String [];
        list_firewall_rule_group_associations ListFirewallRuleGroupAssociationsFluentBuilder ListFirewallRuleGroupAssociationsOutput:
            firewall_rule_group_associations resolver::FirewallRuleGroupAssociation [vpc_id, firewall_rule_group_id];
        list_firewall_rule_groups ListFirewallRuleGroupsFluentBuilder ListFirewallRuleGroupsOutput:
            firewall_rule_groups resolver::FirewallRuleGroupMetadata [id, arn];
        list_firewall_rules ListFirewallRulesFluentBuilder ListFirewallRulesOutput:
            firewall_rules resolver::FirewallRule [priority, action];
        list_resolver_endpoints ListResolverEndpointsFluentBuilder ListResolverEndpointsOutput:
            resolver_endpoints resolver::ResolverEndpoint [id];
        list_tags_for_resource ListTagsForResourceFluentBuilder ListTagsForResourceOutput: tags resolver::Tag [];
    }
    aws_sdk_s3, set_continuation_token, continuation_token {
        list_buckets ListBucketsFluentBuilder ListBucketsOutput: buckets s3::Bucket [name];
    }
    aws_sdk_s3control, set_next_token, next_token {
        list_access_points ListAccessPointsFluentBuilder ListAccessPointsOutput:
            access_point_list s3control::AccessPoint [name, bucket];
        list_multi_region_access_points ListMultiRegionAccessPointsFluentBuilder ListMultiRegionAccessPointsOutput:
            access_points s3control::MultiRegionAccessPointReport [name];
    }
    aws_sdk_secretsmanager, set_next_token, next_token {
        list_secrets ListSecretsFluentBuilder ListSecretsOutput:
            secret_list secretsmanager::SecretListEntry [arn];
    }
    aws_sdk_sesv2, set_next_token, next_token {
        list_configuration_sets ListConfigurationSetsFluentBuilder ListConfigurationSetsOutput:
            configuration_sets String [];
        list_email_identities ListEmailIdentitiesFluentBuilder ListEmailIdentitiesOutput:
            email_identities sesv2::IdentityInfo [identity_name];
    }
    aws_sdk_sns, set_next_token, next_token {
        list_topics ListTopicsFluentBuilder ListTopicsOutput: topics sns::Topic [topic_arn];
    }
    aws_sdk_sqs, set_next_token, next_token {
        list_queues ListQueuesFluentBuilder ListQueuesOutput: queue_urls String [];
    }
    aws_sdk_ssoadmin, set_next_token, next_token {
        list_account_assignments ListAccountAssignmentsFluentBuilder ListAccountAssignmentsOutput:
            account_assignments ssoadmin::AccountAssignment [principal_type, principal_id];
        list_accounts_for_provisioned_permission_set ListAccountsForProvisionedPermissionSetFluentBuilder ListAccountsForProvisionedPermissionSetOutput:
            account_ids String [];
        list_customer_managed_policy_references_in_permission_set ListCustomerManagedPolicyReferencesInPermissionSetFluentBuilder ListCustomerManagedPolicyReferencesInPermissionSetOutput:
            customer_managed_policy_references ssoadmin::CustomerManagedPolicyReference [];
        list_instances ListInstancesFluentBuilder ListInstancesOutput:
            instances ssoadmin::InstanceMetadata [instance_arn, identity_store_id, owner_account_id];
        list_managed_policies_in_permission_set ListManagedPoliciesInPermissionSetFluentBuilder ListManagedPoliciesInPermissionSetOutput:
            attached_managed_policies ssoadmin::AttachedManagedPolicy [arn];
        list_permission_sets ListPermissionSetsFluentBuilder ListPermissionSetsOutput: permission_sets String [];
        list_permission_sets_provisioned_to_account ListPermissionSetsProvisionedToAccountFluentBuilder ListPermissionSetsProvisionedToAccountOutput:
            permission_sets String [];
        list_tags_for_resource ListTagsForResourceFluentBuilder ListTagsForResourceOutput: tags ssoadmin::Tag [];
    }
    aws_sdk_synthetics, set_next_token, next_token {
        describe_canaries DescribeCanariesFluentBuilder DescribeCanariesOutput:
            canaries synthetics::Canary [name, status];
    }
    aws_sdk_wafv2, set_next_marker, next_marker {
        list_ip_sets ListIPSetsFluentBuilder ListIpSetsOutput: ip_sets wafv2::IpSetSummary [name, id, arn, lock_token];
        list_web_acls ListWebACLsFluentBuilder ListWebAcLsOutput: web_acls wafv2::WebAclSummary [name, id, arn];
    }
}

#[cfg(test)]
#[path = "lists_tests.rs"]
mod tests;
