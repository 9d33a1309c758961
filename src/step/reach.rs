//! How far a cut of one target reaches: whatever is protected there keeps the target from being cut.

/// What loses a path when a target is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The target alone, which has its own tags.
    Itself,
    /// The interface that has the target's id.
    Interface,
    /// The instance that the target's label names.
    Instance,
    /// The interface that the Elastic IP address with the target's id leads to.
    Address,
    /// The subnet that has the target's id.
    Subnet,
    /// Every subnet that the route table serves. Its id is the first part of the target's.
    Table,
    /// All of the target's VPC, or of its Region where it has none.
    Vpc,
}
