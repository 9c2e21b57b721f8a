//! Answers: a page of the objects that a search finds, as the caller may see them.

use api::{
    Member,
    extract::{List, Page},
};
use base::Result;
use records::objects::{Collection, Objects};

use crate::{expand::Expansion, object::Object, search::Search};

impl Search {
    /// A page of what it finds, with the fields that were asked for.
    ///
    /// # Errors
    /// As [`Search::run`] and [`expanded`].
    pub async fn answer(
        objects: &Objects,
        member: &Member,
        collection: &Collection,
        page: &Page<Search>,
    ) -> Result<List<Object>> {
        let (found, next) = Search::run(objects, collection, page).await?;
        let fields = page.filter.fields.as_ref();
        let seen = |object| Object::of(object, collection, member).select_fields(fields);
        let shown = found.into_iter().map(seen).collect();
        let shown = expanded(page.filter.expand, (objects, member), collection, shown).await?;
        page.of(shown, next).await
    }
}

/// The objects with what is told of their uploads, if that was asked for.
///
/// # Errors
/// 400 when they name more uploads than one answer tells of.
pub async fn expanded(
    expansion: Option<Expansion>,
    (objects, by): (&Objects, &Member),
    collection: &Collection,
    shown: Vec<Object>,
) -> Result<Vec<Object>> {
    let Some(expansion) = expansion else { return Ok(shown) };
    let ids = shown.iter().flat_map(|object| object.named_uploads(collection)).collect();
    let uploads = Box::pin(expansion.read(objects, by, ids)).await?;
    Ok(shown.into_iter().map(|object| object.expanded(collection, &uploads)).collect())
}
