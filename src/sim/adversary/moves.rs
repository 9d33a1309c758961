//! The table of moves: what a thief does to undo a cut or to escape it, and who has published it.

use jiff::Timestamp;

use super::credential::{Credential, Me};
use super::{links, network, own, services, spare};
use crate::account::{Account, Seen};

/// One way to undo a cut, or to escape it.
pub struct Move {
    pub name: &'static str,
    /// What it does, as a sentence without a subject.
    pub does: &'static str,
    pub source: Source,
    pub(super) when: When,
    /// The tries that make sense as the account is now.
    pub(super) attempts: fn(&Scene<'_>) -> Vec<Attempt>,
}

impl Move {
    /// He makes it when he comes in, not only in answer to a cut.
    pub fn is_made_beforehand(&self) -> bool {
        self.when == When::Beforehand
    }
}

/// Who has published a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// OFFENSAI's tool, which undoes containment in the seconds before IAM's change has spread.
    Notyet,
    /// OFFENSAI's articles on the same.
    Offensai,
    /// Rhino Security Labs' list of privilege escalations by IAM.
    Rhino,
    /// MITRE ATT&CK, by the technique's number.
    Mitre(&'static str),
    /// AWS's own documentation of the call that takes the setting back.
    Aws(&'static str),
}

/// When a move is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// When he comes in, and again when IAM changes.
    Beforehand,
    /// When IAM is not as he wants it.
    IamChanged,
    /// When anything is not as he wants it.
    Changed,
}

/// What a thief sees when he thinks of a move.
pub(super) struct Scene<'a> {
    /// The account as he wants it: as he found it, with what he has made since.
    pub wanted: &'a Account,
    pub now: &'a Account,
    pub credential: &'a Credential,
    pub me: &'a Me,
    pub holds: &'a [Credential],
    pub at: Timestamp,
    /// When IAM changed last.
    pub iam_changed: Timestamp,
    /// The thief's own account.
    pub home: &'a str,
}

/// One try.
pub(super) struct Attempt {
    /// Actions, each with the resource that it needs.
    pub asks: Vec<(&'static str, String)>,
    /// What it is done to.
    pub on: String,
    pub deed: Deed,
    pub gains: Vec<Credential>,
}

/// What a move does to an account.
pub(super) type Deed = Box<dyn Fn(&mut Account)>;

impl Attempt {
    pub fn new(
        on: &str,
        asks: Vec<(&'static str, String)>,
        deed: impl Fn(&mut Account) + 'static,
    ) -> Attempt {
        Attempt { asks, on: on.to_owned(), deed: Box::new(deed), gains: vec![] }
    }

    pub fn gaining(mut self, credential: Credential) -> Attempt {
        self.gains.push(credential);
        self
    }
}

impl Scene<'_> {
    /// The ARN of something in IAM: `user/anna`.
    pub fn iam(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.now.partition(), self.now.id)
    }

    /// The ARN of the thief's user or role.
    pub fn own_arn(&self) -> Option<&str> {
        let all = self.now.principals.read()?;
        match self.me {
            Me::User(name) => all.users.get(name).map(|user| &*user.arn),
            Me::Role(name) => all.roles.get(name).map(|role| &*role.arn),
            Me::Root | Me::Outsider => None,
        }
    }
}

/// Every move, in the order in which it is tried.
pub const MOVES: &[Move] = &[
    Move {
        name: "get-session-token",
        does: "makes a session of 36 hours with a user's key: it goes on when the key is off",
        source: Source::Mitre("T1550.001"),
        when: When::Beforehand,
        attempts: spare::session_token,
    },
    Move {
        name: "assume-role",
        does: "makes a session of every role that trusts him, chains included",
        source: Source::Notyet,
        when: When::Beforehand,
        attempts: spare::assumed_roles,
    },
    Move {
        name: "delete-inline-deny",
        does: "deletes an inline policy that was put on his user or role",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::delete_inline,
    },
    Move {
        name: "overwrite-inline-deny",
        does: "writes an allow over an inline policy that he may not delete",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::overwrite_inline,
    },
    Move {
        name: "detach-managed-deny",
        does: "detaches a managed policy that was attached to his user or role",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::detach,
    },
    Move {
        name: "delete-boundary",
        does: "removes the permissions boundary that was set, or sets the old one again",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::remove_boundary,
    },
    Move {
        name: "replace-boundary",
        does: "sets AdministratorAccess as the boundary where he may not remove it",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::replace_boundary,
    },
    Move {
        name: "leave-group",
        does: "takes his user out of a group that denies",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::leave_groups,
    },
    Move {
        name: "clear-group-deny",
        does: "takes policies off his user's group that were put on it",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::clear_groups,
    },
    Move {
        name: "put-admin-policy",
        does: "puts an inline policy that allows everything on his user or role",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: own::put_admin,
    },
    Move {
        name: "attach-admin-policy",
        does: "attaches AdministratorAccess where an inline policy is not allowed him",
        source: Source::Rhino,
        when: When::IamChanged,
        attempts: own::attach_admin,
    },
    Move {
        name: "join-group",
        does: "adds his user to a group of administrators",
        source: Source::Rhino,
        when: When::IamChanged,
        attempts: own::join_group,
    },
    Move {
        name: "create-policy-version",
        does: "makes a new default version of a policy: the old text, or one that allows everything",
        source: Source::Rhino,
        when: When::IamChanged,
        attempts: own::policy_version,
    },
    Move {
        name: "reactivate-key",
        does: "turns his access key on again",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: spare::reactivate_key,
    },
    Move {
        name: "create-key",
        does: "makes another access key of his user",
        source: Source::Offensai,
        when: When::IamChanged,
        attempts: spare::create_key,
    },
    Move {
        name: "create-password",
        does: "gives his user a console password, or a new one",
        source: Source::Rhino,
        when: When::IamChanged,
        attempts: spare::create_password,
    },
    Move {
        name: "reactivate-service-credential",
        does: "turns passwords, API keys and SSH keys for single services on again",
        source: Source::Aws("API_UpdateServiceSpecificCredential"),
        when: When::IamChanged,
        attempts: spare::service_credentials,
    },
    Move {
        name: "reopen-trust",
        does: "writes a role's old trust policy again",
        source: Source::Rhino,
        when: When::IamChanged,
        attempts: spare::reopen_trust,
    },
    Move {
        name: "open-trust",
        does: "lets his own account assume a role that he has a session of",
        source: Source::Rhino,
        when: When::IamChanged,
        attempts: spare::open_trust,
    },
    Move {
        name: "create-open-role",
        does: "makes a role with every right that trusts his own account and this one",
        source: Source::Offensai,
        when: When::IamChanged,
        attempts: spare::create_role,
    },
    Move {
        name: "create-admin-user",
        does: "makes a user with every right and a key",
        source: Source::Notyet,
        when: When::IamChanged,
        attempts: spare::create_user,
    },
    Move {
        name: "turn-mail-on",
        does: "turns SES sending on, of the account or of a configuration set",
        source: Source::Aws("API_PutAccountSendingAttributes"),
        when: When::Changed,
        attempts: services::mail,
    },
    Move {
        name: "stop-trail",
        does: "stops or narrows a trail",
        source: Source::Mitre("T1562.008"),
        when: When::Changed,
        attempts: services::trails,
    },
    Move {
        name: "loosen-log-bucket",
        does: "takes policy, versioning or block off the bucket of the logs",
        source: Source::Mitre("T1562.008"),
        when: When::Changed,
        attempts: services::log_buckets,
    },
    Move {
        name: "open-s3",
        does: "takes back the account's S3 block, and writes old bucket policies again",
        source: Source::Aws("API_control_PutPublicAccessBlock"),
        when: When::Changed,
        attempts: services::s3,
    },
    Move {
        name: "schedule-deletion",
        does: "schedules the deletion of a KMS key or a secret again",
        source: Source::Mitre("T1485"),
        when: When::Changed,
        attempts: services::deletions,
    },
    Move {
        name: "delete-snapshots",
        does: "deletes snapshots that were made as evidence",
        source: Source::Mitre("T1485"),
        when: When::Changed,
        attempts: services::snapshots,
    },
    Move {
        name: "unprotect-instances",
        does: "takes termination protection and kept disks off instances",
        source: Source::Mitre("T1578.003"),
        when: When::Changed,
        attempts: services::protection,
    },
    Move {
        name: "resume-scaling",
        does: "resumes Auto Scaling's processes and sets old sizes, members and Spot fleets again",
        source: Source::Aws("API_ResumeProcesses"),
        when: When::Changed,
        attempts: services::scaling,
    },
    Move {
        name: "old-security-groups",
        does: "gives interfaces, load balancers, databases and endpoints their old groups",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: network::groups,
    },
    Move {
        name: "open-new-group",
        does: "adds rules to a group that the cut made, where he may not move interfaces out of it",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: network::open_groups,
    },
    Move {
        name: "old-network-acl",
        does: "associates each subnet with its old network ACL, and puts back changed entries",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: network::acls,
    },
    Move {
        name: "remove-dns-firewall",
        does: "takes a DNS Firewall rule group off the VPC, or allows what it blocks",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: services::dns_firewall,
    },
    Move {
        name: "old-route-table",
        does: "associates each subnet with its old route table, and makes old routes again",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: network::route_tables,
    },
    Move {
        name: "attach-gateway",
        does: "attaches gateways, maps addresses, makes deleted gateways again",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: links::gateways,
    },
    Move {
        name: "reconnect-vpn",
        does: "ends a BGP test, authorizes Client VPN again and dials in, associates transit attachments",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: links::vpn,
    },
    Move {
        name: "open-endpoints",
        does: "writes old endpoint policies, tables and subnets, makes deleted endpoints again",
        source: Source::Mitre("T1562.007"),
        when: When::Changed,
        attempts: links::endpoints,
    },
    Move {
        name: "open-side-doors",
        does: "accepts endpoint connections, turns the serial console on, opens a new session",
        source: Source::Aws("API_EnableSerialConsoleAccess"),
        when: When::Changed,
        attempts: links::side_doors,
    },
    Move {
        name: "allow-public-access",
        does: "turns VPC Block Public Access off, or excludes a VPC from it",
        source: Source::Aws("API_ModifyVpcBlockPublicAccessOptions"),
        when: When::Changed,
        attempts: links::public_access,
    },
];

/// What a thief reads of a part before he writes it.
pub(super) fn both<'a, T>(wanted: &'a Seen<T>, now: &'a Seen<T>) -> Option<(&'a T, &'a T)> {
    wanted.read().zip(now.read())
}
