//! The handlers that are the same for every kind of resource: list, read, trash, restore, destroy. A table of routes names them
//! with the resource and its view.

use api::{
    Member,
    extract::{IfMatch, Json, List, Page, Path, Query, State},
    response::{NoContent, Versioned},
    thin::{ForReader, Members},
};
use base::{Permission, Result, id::Id as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Resource, Resources};
use crate::TrashFilter;

/// A resource as clients see it.
pub trait View<R: Resource>: Serialize + JsonSchema + Send + 'static {
    /// What is needed to see it; who lacks it is answered with the id and what was sent, and may not compare versions.
    const READ: Permission;

    /// The resource as it is shown.
    fn of(resource: R) -> Self;
}

/// The path of one resource.
#[derive(Deserialize, JsonSchema)]
pub struct ResourcePath<I> {
    /// Its id.
    pub id: I,
}

/// A page of the team's resources.
///
/// # Errors
/// Those of the page.
pub async fn list<R: Resource, V: View<R>>(
    member: Member,
    State(resources): State<Resources<R>>,
    page: Page<TrashFilter>,
) -> Result<Json<List<V>>> {
    let (found, next) = resources.list(&member, &page).await?;
    Ok(Json(page.of(found.into_iter().map(V::of).collect(), next).await?))
}

/// One resource.
///
/// # Errors
/// 404 when there is none.
pub async fn read<R: Resource, V: View<R>>(
    member: Member,
    State(resources): State<Resources<R>>,
    Path(path): Path<ResourcePath<R::Id>>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<V>> {
    let found = resources.read(&member.team, path.id.as_str(), query.trashed.is_some()).await?;
    Ok(versioned(found))
}

/// Moves a resource to the trash.
///
/// # Errors
/// As [`Resources::trash`].
pub async fn trash<R: Resource, V: View<R>>(
    member: Member,
    State(resources): State<Resources<R>>,
    Path(path): Path<ResourcePath<R::Id>>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, V::READ)?;
    resources.trash(&member, path.id.as_str(), &if_match).await?;
    Ok(NoContent)
}

/// Brings a resource back from the trash.
///
/// # Errors
/// As [`Resources::restore`].
pub async fn restore<R: Resource, V: View<R>>(
    member: Member,
    State(resources): State<Resources<R>>,
    Path(path): Path<ResourcePath<R::Id>>,
    if_match: IfMatch,
) -> Result<ForReader<Versioned<V>>> {
    member.may_compare(&if_match, V::READ)?;
    let restored = resources.restore(&member, path.id.as_str(), &if_match).await?;
    Ok(ForReader::new(&member, V::READ, path.id, Members::default(), versioned(restored)))
}

/// Destroys a resource, in the trash or not.
///
/// # Errors
/// As [`Resources::destroy`].
pub async fn destroy<R: Resource, V: View<R>>(
    member: Member,
    State(resources): State<Resources<R>>,
    Path(path): Path<ResourcePath<R::Id>>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, V::READ)?;
    resources.destroy(&member, path.id.as_str(), &if_match).await?;
    Ok(NoContent)
}

fn versioned<R: Resource, V: View<R>>(resource: R) -> Versioned<V> {
    Versioned(resource.version(), V::of(resource))
}
