//! Keeps which fields of which objects name which uploads.

use anyhow::Context as _;
use base::{Result, text::Slug};
use records::{object_type::StoredObjectType, objects::named_uploads};
use table::{Item, number};
use upload::Referrer;

use super::ObjectKey;
use crate::{Relay, event::Change};

impl Relay {
    /// Stores what the object has come to name, and what it does not name any more. The item before and the item after tell it, so
    /// that a change that comes twice does no harm.
    pub(super) async fn refer(&self, key: &ObjectKey, change: &Change) -> Result<()> {
        let named = |item: Option<&Item>| item.map(named_uploads).unwrap_or_default();
        let (before, after) = (named(change.before()), named(change.after()));
        if before == after {
            return Ok(());
        }
        let item = change.after().or(change.before()).context("a change has no item")?;
        let version = number(item, "version").context("an object has no version")?;
        let referrer = |field: &Slug| Referrer {
            team: key.team.clone(),
            object_type: key.object_type.clone(),
            object: key.id.clone(),
            field: field.clone(),
            version,
        };
        for (field, upload) in before.difference(&after) {
            self.references.remove(upload, &referrer(field)).await?;
        }
        let added: Vec<_> = after.difference(&before).collect();
        if added.is_empty() {
            return Ok(());
        }
        let at = change.approximate_creation_time().context("a change has no time")?;
        let stored = self.object_type(key, change.min_read_time(at)).await?;
        // What only looks like the id of an upload names none.
        let holds_uploads = |stored: &StoredObjectType, field: &Slug| {
            stored.object_type.field(field.as_str()).is_some_and(|field| field.r#type.holds_uploads())
        };
        for (field, upload) in added {
            if stored.as_ref().is_some_and(|stored| holds_uploads(stored, field)) {
                self.references.add(upload, &referrer(field)).await?;
            }
        }
        Ok(())
    }
}
