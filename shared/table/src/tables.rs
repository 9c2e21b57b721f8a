//! The four tables and the clock: what functions without keys stand on.

use crate::{Table, aws, config::Config};
use base::clock::Clock;

/// The tables and the clock.
#[derive(Clone)]
pub struct Tables {
    /// Users, teams, memberships, invitations, tokens.
    pub identity: Table,
    /// Object types and all else that a team sets up.
    pub workspace: Table,
    /// Objects and what keeps their fields unique.
    pub objects: Table,
    /// What happened, and the records of idempotent requests.
    pub activity: Table,
    /// The clock.
    pub clock: Clock,
}

impl Tables {
    /// The tables in the cloud.
    ///
    /// # Errors
    /// When the environment lacks what the client needs.
    pub fn on_aws(config: &Config) -> anyhow::Result<Self> {
        let client = aws::dynamodb(config)?;
        let table = |name: &str| Table::new(client.clone(), name);
        Ok(Self {
            identity: table(&config.tables.identity),
            workspace: table(&config.tables.workspace),
            objects: table(&config.tables.objects),
            activity: table(&config.tables.activity),
            clock: Clock::default(),
        })
    }
}
