//! The types that relationships point at: kept by id, so that no other type that gets the slug takes their place.

use base::{
    Error, Fault, Result, Violation,
    id::{ObjectTypeId, TeamId},
    text::Slug,
};
use records::object_type::{Field, find_current};

use crate::store::Store;

impl Store {
    /// Puts the ids of types in place of their slugs, in the fields of a type of this id and slug. The places of the
    /// fields are below the pointer, one after the other.
    ///
    /// # Errors
    /// 422 at each type that is not there.
    pub(crate) async fn resolve(
        &self,
        team: &TeamId,
        own: (&ObjectTypeId, &Slug),
        fields: Vec<(String, &mut Field)>,
    ) -> Result<()> {
        let mut faults = Vec::new();
        for (pointer, field) in fields {
            let Some(name) = &field.settings.object_type else { continue };
            if let Some(id) = self.id_of(team, own, name).await? {
                field.settings.object_type = Some(id.to_string());
            } else {
                let detail = "The team has no object type of this id or slug.";
                faults.push(Fault::new(
                    format!("{pointer}/settings/object_type"),
                    Violation::NotFound,
                    detail,
                ));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::unprocessable(faults)) }
    }

    async fn id_of(
        &self,
        team: &TeamId,
        (id, slug): (&ObjectTypeId, &Slug),
        name: &str,
    ) -> Result<Option<ObjectTypeId>> {
        if [id.as_str(), slug.as_str()].contains(&name) {
            return Ok(Some(id.clone()));
        }
        Ok(find_current(&self.workspace, team, name).await?.map(|found| found.object_type.id))
    }
}
