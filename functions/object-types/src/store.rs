//! How object types are kept: in their team's partition, with a guard for each slug.

use shared::{
    Code, Error, Fault, Member, Platform, Result,
    clock::Clock,
    extract::Page,
    id::{ObjectTypeId, TeamId},
    object_type::{
        ObjectType, StoredObjectType, find, object_type_key, object_type_slug_key, workspace_partition,
    },
    table::{Item, Query, Table, When, attribute},
};

use crate::object_type::NewObjectType;

/// The object types.
#[derive(Clone)]
pub struct Store {
    workspace: Table,
    clock: Clock,
}

impl Store {
    /// The object types of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { workspace, clock, .. } = platform.clone();
        Self { workspace, clock }
    }

    /// Makes a type; its slug is taken in the same write.
    pub(crate) async fn create(&self, by: &Member, new: NewObjectType) -> Result<ObjectType> {
        let NewObjectType { slug, singular_label, plural_label, item_label_fields, fields } = new;
        let (id, now) = (ObjectTypeId::new(), self.clock.now());
        let searchable = fields.iter().filter(|field| field.searchable).map(|field| field.slug.clone());
        let slots = searchable.zip(1..).collect();
        let object_type = ObjectType {
            id,
            slug,
            singular_label,
            plural_label,
            item_label_fields,
            fields,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let stored = StoredObjectType { team: by.team.clone(), object_type, slots, actor: by.actor() };
        let StoredObjectType { object_type, .. } = &stored;
        let guard = [("id".to_owned(), attribute(&object_type.id)?)].into();
        let writes = vec![
            self.workspace
                .put_item(object_type_key(&by.team, &object_type.id), stored.to_item()?)
                .when(When::Absent),
            self.workspace
                .put_item(object_type_slug_key(&by.team, &object_type.slug), guard)
                .when(When::Absent),
        ];
        self.workspace.transact(writes).await.map_err(|error| error.or(|_| slug_taken()))?;
        Ok(stored.object_type)
    }

    pub(crate) async fn list(&self, team: &TeamId, page: &Page) -> Result<(Vec<ObjectType>, Option<Item>)> {
        let query = Query::partition(workspace_partition(team)).prefix("TYPE#");
        let found = self.workspace.query(query.after(page.after.clone()).limit(page.limit)).await?;
        let types = found.items.iter().map(|item| Ok(StoredObjectType::from_item(item)?.object_type));
        Ok((types.collect::<Result<_>>()?, found.next))
    }

    pub(crate) async fn read(&self, team: &TeamId, id_or_slug: &str) -> Result<ObjectType> {
        Ok(find(&self.workspace, team, id_or_slug).await?.object_type)
    }
}

fn slug_taken() -> Error {
    let detail = "The team has an object type of this slug already.";
    Error::new(Code::SlugTaken, detail).with_faults(vec![Fault::new("/slug", "slug_taken", detail)])
}
