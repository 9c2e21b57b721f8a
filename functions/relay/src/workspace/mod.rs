//! Audit entries for changes of object types and webhooks.

mod object_types;
mod webhooks;

use base::{Result, id::TeamId};
use table::Key;
use webhook::WEBHOOK_PREFIX;

use crate::{Relay, event::Change};

impl Relay {
    pub(crate) async fn workspace_change(&self, key: &Key, change: &Change) -> Result<()> {
        let team = key.pk.strip_prefix("TEAM#").and_then(TeamId::parse);
        let (Some(team), Some(new)) = (team, change.after()) else { return Ok(()) };
        if key.sk.starts_with("TYPE#") {
            self.type_changed(key, team, change, new).await
        } else if key.sk.starts_with(WEBHOOK_PREFIX) {
            self.webhook_changed(key, team, change, new).await
        } else {
            Ok(())
        }
    }
}
