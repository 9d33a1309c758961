//! The table of moves: what a thief does to undo a cut or to escape it, and who has published it.

use super::moves::{Move, Source, When};
use super::{apis, fronts, functions, links, listeners, network, own, services, sign_ins, spare, stores};

/// One row a move: when it is made, its name, who has published it, the function that finds what it can be
/// done to, and what it does.
macro_rules! moves {
    ($($when:ident $name:literal, $source:expr, $attempts:path: $does:literal;)*) => {
        /// Every move, in the order in which it is tried.
        pub const MOVES: &[Move] = &[$(Move {
            name: $name,
            does: $does,
            source: $source,
            when: When::$when,
            attempts: $attempts,
        }),*];
    };
}

moves! {
    Beforehand "get-session-token", Source::Mitre("T1550.001"), spare::session_token:
        "makes a session of 36 hours with a user's key: it goes on when the key is off";
    Beforehand "assume-role", Source::Notyet, spare::assumed_roles:
        "makes a session of every role that trusts him, chains included";
    IamChanged "delete-inline-deny", Source::Notyet, own::delete_inline:
        "deletes an inline policy that was put on his user or role";
    IamChanged "overwrite-inline-deny", Source::Notyet, own::overwrite_inline:
        "writes an allow over an inline policy that he may not delete";
    IamChanged "detach-managed-deny", Source::Notyet, own::detach:
        "detaches a managed policy that was attached to his user or role";
    IamChanged "delete-boundary", Source::Notyet, own::remove_boundary:
        "removes the permissions boundary that was set, or sets the old one again";
    IamChanged "replace-boundary", Source::Notyet, own::replace_boundary:
        "sets AdministratorAccess as the boundary where he may not remove it";
    IamChanged "leave-group", Source::Notyet, own::leave_groups:
        "takes his user out of a group that denies";
    IamChanged "clear-group-deny", Source::Notyet, own::clear_groups:
        "takes policies off his user's group that were put on it";
    IamChanged "put-admin-policy", Source::Notyet, own::put_admin:
        "puts an inline policy that allows everything on his user or role";
    IamChanged "attach-admin-policy", Source::Rhino, own::attach_admin:
        "attaches AdministratorAccess where an inline policy is not allowed him";
    IamChanged "join-group", Source::Rhino, own::join_group:
        "adds his user to a group of administrators";
    IamChanged "create-policy-version", Source::Rhino, own::policy_version:
        "makes a new default version of a policy: the old text, or one that allows everything";
    IamChanged "reactivate-key", Source::Notyet, spare::reactivate_key:
        "turns his access key on again";
    IamChanged "create-key", Source::Offensai, spare::create_key:
        "makes another access key of his user";
    IamChanged "create-password", Source::Rhino, spare::create_password:
        "gives his user a console password, or a new one";
    IamChanged "reactivate-service-credential", Source::Aws("API_UpdateServiceSpecificCredential"), spare::service_credentials:
        "turns passwords, API keys and SSH keys for single services on again";
    IamChanged "reopen-trust", Source::Rhino, spare::reopen_trust:
        "writes a role's old trust policy again";
    IamChanged "open-trust", Source::Rhino, spare::open_trust:
        "lets his own account assume a role that he has a session of";
    IamChanged "create-open-role", Source::Offensai, spare::create_role:
        "makes a role with every right that trusts his own account and this one";
    IamChanged "create-admin-user", Source::Notyet, spare::create_user:
        "makes a user with every right and a key";
    Changed "delete-page-rule", Source::Aws("API_DeleteRule"), listeners::page_rules:
        "deletes the rule that answers with a page, and gives a listener's rules their old numbers";
    Changed "open-database", Source::Aws("API_ModifyDBInstance"), stores::public_databases:
        "gives a database its public address again";
    Changed "start-database", Source::Aws("API_StartDBInstance"), stores::stopped_databases:
        "starts a database that was stopped";
    Changed "share-copies", Source::Mitre("T1537"), stores::copies:
        "shares snapshots and images again";
    Changed "open-policies", Source::Aws("API_PutResourcePolicy"), stores::policies:
        "gives queues, topics, secrets and keys their old policies, and shares resources again";
    Changed "allow-public-sharing", Source::Aws("API_DisableSnapshotBlockPublicAccess"), stores::blocks:
        "turns the blocks of public snapshots and images off";
    Changed "push-public-images", Source::Aws("API_PutImage"), stores::public_repositories:
        "makes a public repository again that was deleted, and pushes its images";
    Changed "turn-mail-on", Source::Aws("API_PutAccountSendingAttributes"), services::mail:
        "turns SES sending on, of the account or of a configuration set";
    Changed "stop-trail", Source::Mitre("T1562.008"), services::trails:
        "stops or narrows a trail";
    Changed "loosen-log-bucket", Source::Mitre("T1562.008"), services::log_buckets:
        "takes policy, versioning or block off the bucket of the logs";
    Changed "open-s3", Source::Aws("API_control_PutPublicAccessBlock"), services::s3:
        "takes back the account's S3 block, and writes old bucket policies again";
    Changed "old-distribution", Source::Aws("API_UpdateDistribution"), services::distributions:
        "gives a distribution's cache behaviors what they ran before, its web ACL and its countries";
    Changed "old-web-acl", Source::Aws("API_UpdateWebACL"), fronts::web_acls:
        "gives a web ACL its old rules, and takes a new one off a load balancer";
    Changed "old-records", Source::Aws("API_ChangeResourceRecordSets"), services::records:
        "gives a zone its old records";
    Changed "enable-trust-anchor", Source::Aws("API_EnableTrustAnchor"), services::trust_anchors:
        "enables a trust anchor of IAM Roles Anywhere";
    Changed "lift-permission-sets", Source::Aws("API_PutInlinePolicyToPermissionSet"), sign_ins::policies:
        "gives permission sets their old inline policies, and provisions them";
    Changed "assign-permission-sets", Source::Aws("API_CreateAccountAssignment"), sign_ins::assignments:
        "assigns permission sets again";
    Changed "run-functions", Source::Aws("API_PutFunctionConcurrency"), functions::concurrency:
        "gives functions the concurrency that they had";
    Changed "open-function-urls", Source::Aws("API_UpdateFunctionUrlConfig"), functions::urls:
        "lets anybody call the URL of a function again";
    Changed "enable-event-sources", Source::Aws("API_UpdateEventSourceMapping"), functions::sources:
        "lets Lambda poll queues and streams again";
    Changed "raise-throttles", Source::Aws("API_UpdateStage"), apis::throttles:
        "gives stages of APIs their old throttles";
    Changed "old-api-deployments", Source::Aws("API_UpdateStage"), apis::deployments:
        "lets stages of REST APIs serve their old deployments";
    Changed "enable-api-endpoints", Source::Aws("API_UpdateApi"), apis::endpoints:
        "turns the default endpoints of HTTP APIs on again";
    Changed "schedule-deletion", Source::Mitre("T1485"), services::deletions:
        "schedules the deletion of a KMS key or a secret again";
    Changed "delete-snapshots", Source::Mitre("T1485"), services::snapshots:
        "deletes snapshots that were made as evidence";
    Changed "unprotect-instances", Source::Mitre("T1578.003"), services::protection:
        "takes termination protection and kept disks off instances";
    Changed "resume-scaling", Source::Aws("API_ResumeProcesses"), services::scaling:
        "resumes Auto Scaling's processes and sets old sizes, members and Spot fleets again";
    Changed "old-security-groups", Source::Mitre("T1562.007"), network::groups:
        "gives interfaces, load balancers, databases, endpoints and functions their old groups";
    Changed "open-new-group", Source::Mitre("T1562.007"), network::open_groups:
        "adds rules to a group that the cut made, where he may not move interfaces out of it";
    Changed "old-network-acl", Source::Mitre("T1562.007"), network::acls:
        "associates each subnet with its old network ACL, and puts back changed entries";
    Changed "remove-dns-firewall", Source::Mitre("T1562.007"), services::dns_firewall:
        "takes a DNS Firewall rule group off the VPC, or allows what it blocks";
    Changed "old-route-table", Source::Mitre("T1562.007"), network::route_tables:
        "associates each subnet with its old route table, and makes old routes again";
    Changed "attach-gateway", Source::Mitre("T1562.007"), links::gateways:
        "attaches gateways, maps addresses, makes deleted gateways again";
    Changed "reconnect-vpn", Source::Mitre("T1562.007"), links::vpn:
        "ends a BGP test, authorizes Client VPN again and dials in, associates transit attachments";
    Changed "open-endpoints", Source::Mitre("T1562.007"), links::endpoints:
        "writes old endpoint policies, tables and subnets, makes deleted endpoints again";
    Changed "open-side-doors", Source::Aws("API_EnableSerialConsoleAccess"), links::side_doors:
        "accepts endpoint connections, turns the serial console on, opens a new session";
    Changed "allow-public-access", Source::Aws("API_ModifyVpcBlockPublicAccessOptions"), links::public_access:
        "turns VPC Block Public Access off, or excludes a VPC from it";
}
