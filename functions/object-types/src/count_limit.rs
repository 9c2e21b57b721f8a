//! A team has a limited number of object types, with those in the trash. They are counted by an item that creations alone add
//! to, in their transaction: it may be too high, as nothing is taken from it when a type is destroyed, and is never too low.
//! Where it says that there is no room, the types are counted anew, by their slugs. The same item counts how often a slug was
//! taken, which only grows: so a new count is written only if no slug came or moved while it was made.

use base::{Code, Error, Result, id::TeamId};
use records::object_type::object_type_slugs;
use resources::workspace_partition;
use table::{AttributeValue, Condition, Key, Table, Write, applied};

/// The most types of a team.
const OBJECT_TYPES_MAX: u64 = 500;
const COUNT: &str = "count";
const SLUGS_TAKEN: &str = "slugs_taken";

/// The write that counts one more, refused where there is no room or it was never counted.
pub(crate) fn count_one(workspace: &Table, team: &TeamId) -> Write {
    let most = AttributeValue::N(OBJECT_TYPES_MAX.to_string());
    slug_taken_write(workspace, team).add(COUNT, 1).when(Condition::Below(COUNT.to_owned(), most))
}

/// The write that counts that a slug was taken, by a new type or another one.
pub(crate) fn slug_taken_write(workspace: &Table, team: &TeamId) -> Write {
    workspace.update(count_key(team)).add(SLUGS_TAKEN, 1)
}

/// Counts the types anew, for another attempt to create one.
///
/// # Errors
/// 409 when there is no room.
pub(crate) async fn recount(workspace: &Table, team: &TeamId) -> Result<()> {
    // Read before the slugs.
    let taken = workspace.get(count_key(team)).await?.and_then(|mut item| item.remove(SLUGS_TAKEN));
    let found = object_type_slugs(workspace, team).await?;
    if found >= OBJECT_TYPES_MAX {
        let detail = format!(
            "The team has {OBJECT_TYPES_MAX} object types, with those in the trash: destroy one that nobody needs first."
        );
        return Err(Error::new(Code::LimitReached, detail));
    }
    let write = workspace.update(count_key(team)).set(COUNT, AttributeValue::N(found.to_string()));
    applied(workspace.write(write.when(Condition::is_still(SLUGS_TAKEN, taken))).await)?;
    Ok(())
}

fn count_key(team: &TeamId) -> Key {
    Key::new(workspace_partition(team), "TYPECOUNT")
}
