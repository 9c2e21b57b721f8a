//! Storage of views, and what they are run with.

use std::{collections::BTreeMap, sync::Arc};

use api::{
    Member,
    extract::{IfMatch, Page},
};
use base::{
    Error, Fault, Permission, Result, Violation,
    id::{ObjectTypeId, ViewId},
};
use records::{
    object_type::{StoredObjectType, find_current, wait_for_cache_expiry},
    objects::Objects,
};
use resources::{
    resource::{Change, Resource as _, Resources, Stored},
    workspace_partition,
};
use table::{Item, TableQuery, Tables};
use view::{
    DashboardRun, Lens, StoredView, ViewCache, ViewDefinition, ViewKind, ViewScope, is_seen_by, locked,
};

use crate::{
    answer::ViewAnswer,
    dashboard::TileViews,
    filter::ViewFilter,
    view::{Duplicate, NewView, ViewPatch},
};

/// A page of the list reads so many times at most, if it finds little that it may show.
const READS_MAX: usize = 10;

/// The views.
#[derive(Clone)]
pub struct Store {
    pub(crate) views: Resources<StoredView>,
    pub(crate) objects: Objects,
    pub(crate) cache: ViewCache,
}

impl Store {
    /// The views in these tables.
    pub fn new(tables: &Tables) -> Self {
        Self { views: Resources::new(tables), objects: Objects::new(tables), cache: ViewCache::new(tables) }
    }

    /// Makes a view.
    pub(crate) async fn create(&self, by: &Member, new: NewView) -> Result<ViewAnswer> {
        if new.restricted == Some(true) {
            by.needs(&[Permission::ObjectRead])?;
        }
        let object_type = self.type_of(by, &new).await?;
        let id = object_type.as_ref().map(|stored| stored.object_type.id.clone());
        let (blank, patch) = new.parts(id);
        let tiles = self.tile_views(by, &patch.tile_views()).await?;
        let body = patch.applied(&blank, object_type.as_ref(), &tiles)?;
        let view = Stored::new(by, body, self.views.now());
        self.views.create(by, &view).await?;
        Ok(ViewAnswer::of(view, object_type.as_ref(), by))
    }

    /// Makes a view like another one, which is not locked.
    pub(crate) async fn duplicate(&self, by: &Member, id: &ViewId, copy: Duplicate) -> Result<ViewAnswer> {
        let view = self.seen(by, id, false).await?;
        if view.body.restricted {
            by.needs(&[Permission::ObjectRead])?;
        }
        let patch = ViewPatch::named(copy.name);
        let before = ViewDefinition { locked: false, ..view.body };
        let body = patch.applied(&before, None, &TileViews::default())?;
        let view = Stored::new(by, body, self.views.now());
        self.views.create(by, &view).await?;
        self.answer(view, by).await
    }

    /// Changes a view. What a restricted one shows is changed by those alone who may read objects.
    pub(crate) async fn update(
        &self,
        by: &Member,
        id: &ViewId,
        patch: ViewPatch,
        if_match: &IfMatch,
    ) -> Result<ViewAnswer> {
        let patch = &patch;
        let before = self.seen(by, id, false).await?;
        let change = |view: StoredView| async move {
            if !is_seen_by(&view, &by.user) {
                return Err(StoredView::no_such());
            }
            if view.body.restricted && patch.says_unseen(&view.body, by) {
                by.needs(&[Permission::ObjectRead])?;
            }
            let known = view.body.tiles.iter().flatten().map(|tile| tile.view.clone());
            let tiles = self.tile_views(by, &known.chain(patch.tile_views()).collect::<Vec<_>>()).await?;
            let object_type = self.current_type(by, &view.body).await?;
            let after = patch.clone().applied(&view.body, object_type.as_ref(), &tiles)?;
            check_rights(by, &view, &after)?;
            if after == view.body {
                return Ok(None);
            }
            if view.body.locked && !patch.unlocks_alone(&view.body, &after) {
                return Err(locked());
            }
            Ok(Some(Change::from(view.with_body(after))))
        };
        let view = self.views.change(by, id.as_str(), if_match, change).await?;
        self.settle(before.body.restricted && before.version != view.version).await;
        self.answer(view, by).await
    }

    /// The view, if the caller sees it.
    pub(crate) async fn seen(&self, by: &Member, id: &ViewId, trashed: bool) -> Result<StoredView> {
        let view = self.views.read(&by.team, id.as_str(), trashed).await?;
        if is_seen_by(&view, &by.user) { Ok(view) } else { Err(StoredView::no_such()) }
    }

    /// The view, in the trash or not, if the caller sees it.
    pub(crate) async fn seen_anywhere(&self, by: &Member, id: &ViewId) -> Result<StoredView> {
        let view = self.views.find(&by.team, id.as_str()).await?;
        if is_seen_by(&view, &by.user) { Ok(view) } else { Err(StoredView::no_such()) }
    }

    /// Forgets what has changed. What somebody saw who may not read objects is seen by nobody once that is answered.
    pub(crate) async fn settle(&self, was_restricted: bool) {
        self.cache.clear();
        if was_restricted {
            wait_for_cache_expiry(&self.views.tables.clock).await;
            self.cache.clear();
        }
    }

    /// One page of the views that the caller sees.
    pub(crate) async fn list(
        &self,
        by: &Member,
        page: &Page<ViewFilter>,
    ) -> Result<(Vec<ViewAnswer>, Option<Item>)> {
        let object_type = match &page.filter.object_type {
            Some(name) => match StoredObjectType::find(&self.views.tables.workspace, &by.team, name).await? {
                None => return Ok((Vec::new(), None)),
                Some(found) => Some(found.object_type.id),
            },
            None => None,
        };
        let (mut seen, mut after) = (Vec::new(), page.after.clone());
        for _ in 0..READS_MAX {
            let query = TableQuery::partition(workspace_partition(&by.team)).prefix(StoredView::PREFIX);
            let query = query.filter(self.views.is_listed(page.filter.trashed)?).after(after.take());
            let found = self.views.tables.workspace.query(query.limit(page.limit - seen.len())).await?;
            for item in &found.items {
                let view = StoredView::from_item(item)?;
                let is_of_type = object_type.is_none() || view.body.object_type == object_type;
                let is_of_kind = page.filter.kind.is_none_or(|kind| kind == view.body.kind);
                if is_of_type && is_of_kind && is_seen_by(&view, &by.user) {
                    seen.push(view);
                }
            }
            after = found.next;
            if after.is_none() || seen.len() == page.limit {
                break;
            }
        }
        Ok((self.answers(seen, by).await?, after))
    }

    /// The view as the caller may know it.
    pub(crate) async fn answer(&self, view: StoredView, by: &Member) -> Result<ViewAnswer> {
        let object_type = match &view.body.object_type {
            Some(id) => self.known_type(by, id).await?,
            None => None,
        };
        Ok(ViewAnswer::of(view, object_type.as_deref(), by))
    }

    async fn answers(&self, views: Vec<StoredView>, by: &Member) -> Result<Vec<ViewAnswer>> {
        let mut types: BTreeMap<ObjectTypeId, Option<Arc<StoredObjectType>>> = BTreeMap::new();
        for id in views.iter().filter_map(|view| view.body.object_type.as_ref()) {
            if !types.contains_key(id) {
                types.insert(id.clone(), self.known_type(by, id).await?);
            }
        }
        let known = |view: &StoredView| types.get(view.body.object_type.as_ref()?)?.clone();
        Ok(views
            .into_iter()
            .map(|view| (known(&view), view))
            .map(|(known, view)| ViewAnswer::of(view, known.as_deref(), by))
            .collect())
    }

    /// The type as it is cached for a few seconds; none if it is in the trash or gone.
    async fn known_type(&self, by: &Member, id: &ObjectTypeId) -> Result<Option<Arc<StoredObjectType>>> {
        let found = self.objects.known_collection(by, id.as_str()).await?;
        Ok(found.map(|collection| collection.stored))
    }

    /// The type of a view as it is now, if it is there.
    async fn current_type(&self, by: &Member, view: &ViewDefinition) -> Result<Option<StoredObjectType>> {
        let Some(id) = &view.object_type else { return Ok(None) };
        find_current(&self.views.tables.workspace, &by.team, id.as_str()).await
    }

    /// The type that a new view is of.
    async fn type_of(&self, by: &Member, new: &NewView) -> Result<Option<StoredObjectType>> {
        let fault = |violation, detail| {
            Err(Error::unprocessable(vec![Fault::new("/object_type", violation, detail)]))
        };
        match (&new.object_type, new.kind) {
            (None, ViewKind::Dashboard) => Ok(None),
            (Some(_), ViewKind::Dashboard) => {
                fault(Violation::NotPossible, "A dashboard is of no type: its tiles are.")
            }
            (None, _) => fault(Violation::MissingMember, "Say of which type the objects are."),
            (Some(name), _) => match find_current(&self.views.tables.workspace, &by.team, name).await? {
                None => fault(Violation::NotFound, "There is no such object type."),
                stored => Ok(stored),
            },
        }
    }

    /// Those of these views that can be tiles for the caller, with their types.
    async fn tile_views(&self, by: &Member, ids: &[ViewId]) -> Result<TileViews> {
        let keys = ids.iter().map(|id| StoredView::key_of(&by.team, id)).collect();
        let found = self.views.tables.workspace.get_many(keys).await?;
        let mut types = BTreeMap::new();
        for item in &found {
            let view = StoredView::from_item(item)?;
            let is_there = view.state().trashed_at().is_none() && !view.is_gone(self.views.now());
            let Some(object_type) = &view.body.object_type else { continue };
            if is_there && is_seen_by(&view, &by.user) {
                types.insert(view.id.clone(), self.known_type(by, object_type).await?);
            }
        }
        Ok(TileViews { types })
    }

    /// The view as it is run, if the caller sees it.
    pub(crate) async fn runnable(&self, by: &Member, id: &ViewId) -> Result<Arc<StoredView>> {
        let view = self.cache.get(&by.team, id).await?;
        if is_seen_by(&view, &by.user) { Ok(view) } else { Err(StoredView::no_such()) }
    }

    /// The view in front of its type, for who may run it.
    pub(crate) async fn lens(&self, by: &Member, id: &ViewId) -> Result<Lens> {
        Lens::of(&self.cache, &self.objects, by, id).await
    }

    /// What runs a dashboard for the caller.
    pub(crate) fn dashboard(&self, by: &Member) -> DashboardRun {
        DashboardRun { views: self.cache.clone(), objects: self.objects.clone(), by: by.clone() }
    }
}

/// What a change of a view needs besides: who opens it to those who may not read objects, or changes what they see, may read
/// objects; and nobody makes a view one's own that another one has made.
fn check_rights(by: &Member, before: &StoredView, after: &ViewDefinition) -> Result<()> {
    let (name, locked) = (after.name.clone(), after.locked);
    let is_shown_alike = ViewDefinition { name, locked, ..before.body.clone() } == *after;
    if (after.restricted || before.body.restricted) && !is_shown_alike {
        by.needs(&[Permission::ObjectRead])?;
    }
    if after.scope == ViewScope::Personal && before.created_by != by.user {
        let detail = "Only who has made a view can keep it to themselves: make a copy.";
        return Err(Error::unprocessable(vec![Fault::new("/scope", Violation::NotPossible, detail)]));
    }
    Ok(())
}
