//! A team has a limited number of object types, with those in the trash. They are counted by an item that creations alone add
//! to, in their transaction: it may be too high, as nothing is taken from it when a type is destroyed, and is never too low.
//! Where it says that there is no room, the types are counted anew, by their slugs.

use shared::{
    Code, Error, Result,
    id::TeamId,
    object_type::{object_type_slugs, workspace_partition},
    table::{AttributeValue, Condition, Key, Table, Write, applied, number},
};

/// The most types of a team.
const OBJECT_TYPES_MAX: u64 = 500;
const COUNT: &str = "count";

/// The write that counts one more, refused where there is no room or it was never counted.
pub(crate) fn count_one(workspace: &Table, team: &TeamId) -> Write {
    let most = AttributeValue::N(OBJECT_TYPES_MAX.to_string());
    workspace.update(count_key(team)).add(COUNT, 1).when(Condition::Below(COUNT.to_owned(), most))
}

/// Counts the types anew, for another attempt to create one.
///
/// # Errors
/// 409 when there is no room.
pub(crate) async fn recount(workspace: &Table, team: &TeamId) -> Result<()> {
    // Read before the types: whoever creates one in between changes it, and the new count is not written.
    let counted = workspace.get(count_key(team)).await?.and_then(|item| number(&item, COUNT));
    let found = object_type_slugs(workspace, team).await?;
    if found >= OBJECT_TYPES_MAX {
        let detail = format!(
            "The team has {OBJECT_TYPES_MAX} object types, with those in the trash: destroy one that nobody needs first."
        );
        return Err(Error::new(Code::LimitReached, detail));
    }
    let is_as_read = match counted {
        Some(counted) => Condition::is_number(COUNT, counted),
        None => Condition::AttributeMissing(COUNT.to_owned()),
    };
    let write = workspace.update(count_key(team)).set(COUNT, AttributeValue::N(found.to_string()));
    applied(workspace.write(write.when(is_as_read)).await)?;
    Ok(())
}

fn count_key(team: &TeamId) -> Key {
    Key::new(workspace_partition(team), "TYPECOUNT")
}
