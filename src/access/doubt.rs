//! Yes, no or perhaps, and the reason for a perhaps.

use std::fmt;

/// Why something cannot be decided. What it names comes from a policy: escape it before printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt<'p> {
    /// A condition or a variable asks for a key whose value is not known.
    Key(&'p str),
    /// A key with several values is compared without `ForAllValues` or `ForAnyValue`.
    SeveralValues(&'p str),
    /// This part of a policy is not understood.
    Unclear(&'p str),
    /// This policy could not be read.
    Unread(&'p str),
    /// The grant holds for one session name, and whoever assumes the role chooses the name.
    SessionName,
    /// `NotPrincipal` names the principal but not its account, or its account alone.
    NotPrincipal,
    /// A canonical user id is named, and the account's own is not known.
    CanonicalUser,
    /// A resource policy allows everybody; AWS does not say whether a boundary or a session policy that
    /// does not allow it limits this.
    EverybodyWithinLimits,
    /// It needs a session made earlier, and whether there is one is not known.
    EarlierSession,
    /// Whether the user has an access key or a password is not known.
    Credentials,
    /// Whether a role on the way can be assumed is not sure.
    Assuming,
}

impl fmt::Display for Doubt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Key(key) => write!(f, "the value of {key} is not known"),
            Doubt::SeveralValues(key) => {
                write!(f, "{key} has several values and the condition has no ForAllValues or ForAnyValue")
            }
            Doubt::Unclear(part) => write!(f, "not understood: {part}"),
            Doubt::Unread(policy) => write!(f, "the policy {policy} was not read"),
            Doubt::SessionName => f.write_str("it depends on the name of the role session"),
            Doubt::NotPrincipal => f.write_str("NotPrincipal names only a part of the principal"),
            Doubt::CanonicalUser => f.write_str("the account's canonical user id is not known"),
            Doubt::EverybodyWithinLimits => {
                f.write_str("a boundary or session policy may limit what a resource policy allows everybody")
            }
            Doubt::EarlierSession => f.write_str("only a session made earlier can do it"),
            Doubt::Credentials => f.write_str("whether the user has a key or a password is not known"),
            Doubt::Assuming => f.write_str("whether a role on the way can be assumed is not sure"),
        }
    }
}

/// An answer in three values (Kleene's logic).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sure<'p> {
    #[default]
    No,
    Perhaps(Doubt<'p>),
    Yes,
}

impl<'p> Sure<'p> {
    pub fn from(known: bool) -> Sure<'p> {
        if known { Sure::Yes } else { Sure::No }
    }

    /// No if one is no, else perhaps if one is perhaps.
    pub fn and(self, other: Sure<'p>) -> Sure<'p> {
        match (self, other) {
            (Sure::No, _) | (_, Sure::No) => Sure::No,
            (Sure::Perhaps(doubt), _) | (_, Sure::Perhaps(doubt)) => Sure::Perhaps(doubt),
            (Sure::Yes, Sure::Yes) => Sure::Yes,
        }
    }

    /// Yes if one is yes, else perhaps if one is perhaps.
    pub fn or(self, other: Sure<'p>) -> Sure<'p> {
        match (self, other) {
            (Sure::Yes, _) | (_, Sure::Yes) => Sure::Yes,
            (Sure::Perhaps(doubt), _) | (_, Sure::Perhaps(doubt)) => Sure::Perhaps(doubt),
            (Sure::No, Sure::No) => Sure::No,
        }
    }

    /// The opposite; perhaps stays perhaps.
    pub fn opposite(self) -> Sure<'p> {
        match self {
            Sure::No => Sure::Yes,
            Sure::Yes => Sure::No,
            perhaps @ Sure::Perhaps(_) => perhaps,
        }
    }

    /// Yes becomes a perhaps for this reason.
    pub fn at_most(self, doubt: Doubt<'p>) -> Sure<'p> {
        if self == Sure::Yes { Sure::Perhaps(doubt) } else { self }
    }

    /// True if one of many is, stopping at the first yes.
    pub fn any(all: impl IntoIterator<Item = Sure<'p>>) -> Sure<'p> {
        let mut found = Sure::No;
        for one in all {
            found = found.or(one);
            if found == Sure::Yes {
                break;
            }
        }
        found
    }

    /// True if all of many are, stopping at the first no.
    pub fn all(all: impl IntoIterator<Item = Sure<'p>>) -> Sure<'p> {
        let mut found = Sure::Yes;
        for one in all {
            found = found.and(one);
            if found == Sure::No {
                break;
            }
        }
        found
    }
}
