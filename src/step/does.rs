//! What a step does to the people who use the account, in a few words that steps have in common.

/// What kind of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It looks, and changes nothing.
    Looks,
    /// It keeps evidence or data: SAVE, never CUT. What it does, as a sentence.
    Saves(&'static str),
    /// It takes away, and this stops working.
    Cuts(&'static [Stops]),
}

impl Does {
    /// What stops working; nothing for a step that only looks or saves.
    pub fn stops(self) -> &'static [Stops] {
        match self {
            Does::Cuts(stops) => stops,
            Does::Looks | Does::Saves(_) => &[],
        }
    }

    /// Does it take a path away on which packets go?
    pub fn cuts_paths(self) -> bool {
        self.stops().iter().any(|stops| stops.is_path())
    }

    pub fn saves(self) -> bool {
        matches!(self, Does::Saves(_))
    }
}

/// Something that stops working, and for whom. The order is that of the first screen: worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stops {
    Sites,
    Hosts,
    /// They are stopped.
    Databases,
    OwnWay,
    /// By a page, which is an answer: [`Stops::Sites`] gives none.
    Front,
    Mail,
    Links,
    Identities,
    Outbound,
    Functions,
    Apis,
    Downloads,
    /// Of containers.
    PublicImages,
    /// Their public addresses alone.
    PublicDatabases,
    /// By other accounts.
    SharedCopies,
    Keys,
    ServicePasswords,
    Scaling,
    /// Those alone whose addresses the operator names.
    Named,
}

impl Stops {
    /// Does it stop because packets do not get through? The others stop by a switch, a policy or a key.
    fn is_path(self) -> bool {
        matches!(self, Stops::Sites | Stops::Hosts | Stops::Links | Stops::OwnWay | Stops::Outbound)
    }

    /// A line of the first screen: for whom, and what.
    pub fn sentence(self) -> &'static str {
        match self {
            Stops::Sites => "customers: sites and APIs time out",
            Stops::Front => "customers: a maintenance page instead of sites",
            Stops::Hosts => "applications: hosts lose each other, databases",
            Stops::Databases => "applications: databases are stopped",
            Stops::Mail => "mail: orders, password resets, codes, alarms",
            Stops::Links => "offices, partners, home: VPN, peering, transit",
            Stops::OwnWay => "you: SSH, Session Manager, other shells",
            Stops::Identities => "people, build servers: console, API, sign-in",
            Stops::Outbound => "calls out: names, updates, AWS's APIs",
            Stops::Functions => "functions: APIs, queues, jobs behind Lambda",
            Stops::Apis => "callers of APIs: API Gateway answers 429",
            Stops::Downloads => "downloads and sites from public buckets",
            Stops::PublicImages => "pulls of your public container images",
            Stops::PublicDatabases => "databases by their public addresses",
            Stops::SharedCopies => "other accounts: images, queues, secrets, keys",
            Stops::Keys => "scripts, build servers with a leaked key",
            Stops::ServicePasswords => "git, apps: CodeCommit, Keyspaces, Bedrock",
            Stops::Scaling => "scaling: no host is added or replaced",
            Stops::Named => "the addresses that you name",
        }
    }

    /// Two or three words for a list.
    pub fn words(self) -> &'static str {
        match self {
            Stops::Sites => "sites",
            Stops::Front => "maintenance page",
            Stops::Hosts => "applications",
            Stops::Databases => "databases",
            Stops::Mail => "mail",
            Stops::Links => "VPN and peering",
            Stops::OwnWay => "your way in",
            Stops::Identities => "console, API",
            Stops::Outbound => "calls out, names",
            Stops::Functions => "functions",
            Stops::Apis => "APIs",
            Stops::Downloads => "public buckets",
            Stops::PublicImages => "public images",
            Stops::PublicDatabases => "public databases",
            Stops::SharedCopies => "shared copies",
            Stops::Keys => "leaked keys",
            Stops::ServicePasswords => "Git logins",
            Stops::Scaling => "scaling",
            Stops::Named => "named addresses",
        }
    }
}
