//! The uploads that values name: looked up before a write, and found in what is stored.

use std::collections::{BTreeSet, HashMap};

use crate::object_type::{Reference, ReferenceTarget, UploadRule};
use base::{
    Fault, Result, Timestamp, Violation,
    id::{TeamId, UploadId},
    text::Slug,
};
use file_types::is_picture;
use resources::resource::Resource as _;
use table::{AttributeValue, Item};
use upload::{StoredUpload, UploadStatus};

use super::{Objects, Writer};

/// Uploads by their id, as they are stored.
#[derive(Default)]
pub struct Uploads(HashMap<UploadId, StoredUpload>);

impl Objects {
    /// Those of these uploads of a team that are there.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn uploads(&self, team: &TeamId, ids: impl Iterator<Item = UploadId>) -> Result<Uploads> {
        let keys = ids.map(|id| StoredUpload::key_of(team, &id)).collect();
        let found = self.workspace.get_many(keys).await?;
        let found = found.iter().map(StoredUpload::from_item).collect::<Result<Vec<_>>>()?;
        let now = self.now();
        let there = found.into_iter().filter(|upload| !upload.is_gone(now));
        Ok(Uploads(there.map(|upload| (upload.id.clone(), upload)).collect()))
    }

    /// The same of those that are referred to.
    pub(super) async fn referred_uploads(
        &self,
        by: &dyn Writer,
        references: &[&Reference],
    ) -> Result<Uploads> {
        let id = |reference: &&Reference| match &reference.target {
            ReferenceTarget::Upload { id, .. } => UploadId::parse(id),
            ReferenceTarget::Object { .. } => None,
        };
        self.uploads(by.team(), references.iter().filter_map(id)).await
    }
}

impl Uploads {
    /// The upload.
    pub fn get(&self, id: &UploadId) -> Option<&StoredUpload> {
        self.0.get(id)
    }

    /// Why the reference cannot be made; none if it can. An upload that was unused for its time is about to be removed.
    pub(super) fn fault(
        &self,
        reference: &Reference,
        (id, rule): (&str, &UploadRule),
        now: Timestamp,
    ) -> Option<Fault> {
        let is_kept = |upload: &&StoredUpload| !upload.body.is_over(upload.created_at, now);
        let Some(upload) = UploadId::parse(id).and_then(|id| self.0.get(&id)).filter(is_kept) else {
            return Some(reference.not_found());
        };
        let fault = |violation, detail: String| Some(Fault::new(&reference.pointer, violation, detail));
        match &upload.body.content {
            Some(_) if !upload.body.scan.is_passed() => {
                let detail = "The scanner for malware has not found this upload clean.";
                fault(Violation::NotReady, detail.to_owned())
            }
            Some(content) if rule.categories.contains(&content.category) => {
                let is_told = upload.body.keep_metadata && is_picture(&content.content_type);
                let detail = "The picture tells where, when and with what it was taken: send it anew without `keep_metadata`.";
                if is_told && !rule.keep_metadata {
                    return fault(Violation::KeepsMetadata, detail.to_owned());
                }
                None
            }
            Some(_) => {
                let names: Vec<_> = rule.categories.iter().map(|category| category.name()).collect();
                fault(Violation::WrongCategory, format!("The field takes {}.", names.join(", ")))
            }
            None if upload.body.status == UploadStatus::Rejected => {
                fault(Violation::NotReady, "This upload was rejected: send the file anew.".to_owned())
            }
            None => fault(Violation::NotReady, "This upload is not ready: complete it first.".to_owned()),
        }
    }
}

/// The uploads that an object names as it is stored, each with the field. One that is destroyed names none.
pub fn named_uploads(item: &Item) -> BTreeSet<(Slug, UploadId)> {
    let fields = item.get("fields").and_then(|fields| fields.as_m().ok());
    let fields = fields.filter(|_| !item.contains_key("destroyed"));
    let mut named = BTreeSet::new();
    for (slug, value) in fields.into_iter().flatten() {
        // An option of a list may look like an id; whoever cares asks the type whether the field holds uploads.
        let (Some(slug), AttributeValue::L(ids)) = (Slug::parse(slug), value) else { continue };
        let ids = ids.iter().filter_map(|id| UploadId::parse(id.as_s().ok()?));
        named.extend(ids.map(|id| (slug.clone(), id)));
    }
    named
}
