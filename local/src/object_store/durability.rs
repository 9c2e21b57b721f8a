//! What is to be survived.

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// The end of the process; for what goes with it anyway.
    Process,
    /// A loss of power too.
    Disk,
}
