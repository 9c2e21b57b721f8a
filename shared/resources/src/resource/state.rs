//! The states of a resource: there, in the trash, and about to be no more.

use base::{Timestamp, id::JobId};

use crate::TRASH_SECONDS;

/// The state of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there.
    Live,
    /// It is in the trash.
    Trashed {
        /// Since when.
        at: Timestamp,
        /// The job that purges it when its time there is over.
        job: Option<JobId>,
    },
    /// It is being purged: nothing brings it back.
    Purging {
        /// Since when it is in the trash, if it was there.
        trashed_at: Option<Timestamp>,
        /// The job that purges it.
        job: Option<JobId>,
    },
}

/// A change of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// To the trash.
    Trashed,
    /// Back from there.
    Restored,
    /// Towards its end.
    Purged,
}

impl State {
    /// The state by what is stored of it.
    pub fn of(trashed_at: Option<Timestamp>, job: Option<&JobId>, is_purging: bool) -> Self {
        let job = job.cloned();
        match trashed_at {
            _ if is_purging => Self::Purging { trashed_at, job },
            Some(at) => Self::Trashed { at, job },
            None => Self::Live,
        }
    }

    /// Whether it is about to be no more.
    pub fn is_purging(&self) -> bool {
        matches!(self, Self::Purging { .. })
    }

    /// Whether it is in the trash and may come back.
    pub fn is_trashed(&self) -> bool {
        matches!(self, Self::Trashed { .. })
    }

    /// Since when it is in the trash.
    pub fn trashed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Live => None,
            Self::Trashed { at, .. } => Some(*at),
            Self::Purging { trashed_at, .. } => *trashed_at,
        }
    }

    /// The job that purges it.
    pub fn job(&self) -> Option<&JobId> {
        match self {
            Self::Live => None,
            Self::Trashed { job, .. } | Self::Purging { job, .. } => job.as_ref(),
        }
    }

    /// Whether its time in the trash is over: from that moment it is gone, whenever its job purges it.
    pub fn is_trash_over(&self, now: Timestamp) -> bool {
        self.trashed_at().is_some_and(|at| at.plus_seconds(TRASH_SECONDS) <= now)
    }

    /// The same resource on its way to its end, by the same job.
    #[must_use]
    pub fn purging(&self) -> Self {
        Self::Purging { trashed_at: self.trashed_at(), job: self.job().cloned() }
    }
}
