//! Whether what is there at the end is what was acknowledged, and nothing besides.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use local::Running;
use serde_json::{Value, json};

use super::{
    desk::Desk,
    journal::{Journal, Outcome},
    site::{Caller, Site},
    stored::{Folder, Stored, Workspace},
    writer::Unfinished,
};

/// So often it is looked for what goes on beside answers, each time after a tenth of a second.
const LOOKS_MAX: usize = 1_200;
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// A job that is due has stalled when nobody has looked at it for so long.
const STALLED_SECONDS: i64 = 5 * 60;

/// The system when all writers have ended.
pub(super) struct Judge<'a> {
    site: &'a Site,
    desk: Desk,
    running: Running,
    workspace: Workspace,
}

/// The uploads that objects name, and the objects with what each names.
struct Named {
    uploads: BTreeSet<String>,
    objects: BTreeMap<String, Vec<String>>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn by_id(all: Vec<Value>) -> BTreeMap<String, Value> {
    all.into_iter().map(|one| (text(&one["id"]), one)).collect()
}

impl<'a> Judge<'a> {
    pub(super) async fn new(site: &'a Site, journal: &Arc<Journal>, running: Running) -> Self {
        let mut caller = site.owner();
        assert!(caller.sign_in().await);
        let workspace = Workspace::new(running.dynamodb_url());
        Self { site, desk: Desk { caller, journal: journal.clone() }, running, workspace }
    }

    fn caller(&self) -> &Caller {
        &self.desk.caller
    }

    fn journal(&self) -> &Journal {
        &self.desk.journal
    }

    /// All uploads that clients see.
    async fn uploads(&self) -> BTreeMap<String, Value> {
        by_id(self.caller().all("/uploads?").await)
    }

    /// What the objects name, those in the trash too.
    async fn named(&self) -> Named {
        let mut all = self.caller().all("/objects/things?").await;
        all.extend(self.caller().all("/objects/things?trashed=only&").await);
        let names = |object: &Value| -> Vec<_> {
            object["fields"]["files"].as_array().into_iter().flatten().map(text).collect()
        };
        let objects: BTreeMap<_, _> = all.iter().map(|object| (text(&object["id"]), names(object))).collect();
        Named { uploads: objects.values().flatten().cloned().collect(), objects }
    }

    /// Those of them that nobody has tried to destroy.
    fn kept(&self, named: &Named) -> Vec<String> {
        let is_kept = |id: &&String| self.journal().upload(id, |upload| !upload.destruction.is_possible());
        named.uploads.iter().filter(is_kept).cloned().collect()
    }

    /// Whoever comes back after a kill says that all was sent, and is told that it is ready.
    pub(super) async fn what_was_sent_becomes_ready(&self, unfinished: Vec<Unfinished>) {
        for upload in unfinished.iter().filter(|upload| upload.is_sent()) {
            let mut outcome = Outcome::Unknown;
            for _ in 0..LOOKS_MAX {
                outcome = self.desk.complete(&upload.id, upload.content).await;
                if outcome != Outcome::Unknown {
                    break;
                }
            }
            assert_ne!(outcome, Outcome::Unknown, "nobody looks at {}", upload.id);
        }
    }

    /// What was deleted while an object came to name it comes back when the relay has told of the object; and each upload knows
    /// whether it is used.
    pub(super) async fn what_is_named_comes_back(&self) {
        let mut wrong = Vec::new();
        for _ in 0..LOOKS_MAX {
            let (named, uploads) = (self.named().await, self.uploads().await);
            let is_used = |upload: &Value| upload["unused_since"].is_null();
            let lost = self.kept(&named).into_iter().filter(|id| !uploads.contains_key(id));
            let other = uploads.iter().filter(|(id, upload)| is_used(upload) != named.uploads.contains(*id));
            wrong = lost.chain(other.map(|(id, _)| id.clone())).collect();
            if wrong.is_empty() {
                return;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        let known: Vec<_> =
            wrong.iter().map(|id| self.journal().upload(id, |upload| format!("{id} {upload:?}"))).collect();
        panic!("named and not there, or used otherwise than it says: {known:#?}");
    }

    /// Uploads that were acknowledged as ready are there with their bytes, those whose removal was acknowledged are not, and
    /// objects name what was acknowledged last.
    pub(super) async fn what_was_acknowledged_is_there(&self) {
        let (named, uploads) = (self.named().await, self.uploads().await);
        self.uploads_are_as_told(&uploads);
        self.objects_are_as_told(&named);
        let ready =
            uploads.iter().filter(|(_, upload)| upload["status"] == "ready").map(|(id, _)| id.clone());
        self.fetch_all(ready.collect()).await;
    }

    fn uploads_are_as_told(&self, uploads: &BTreeMap<String, Value>) {
        for (id, known) in &self.journal().kept().uploads {
            let Some(found) = uploads.get(id) else {
                assert!(known.may_be_gone(), "{id} is lost: {known:?}");
                continue;
            };
            assert!(!known.destruction.is_done, "{id} is destroyed and there");
            assert!(
                !known.deletion.is_done || known.is_named,
                "{id} is deleted and there, and nothing ever named it"
            );
            if let (true, Some(content)) = (known.is_ready, known.content) {
                content.check(found);
            }
        }
    }

    fn objects_are_as_told(&self, named: &Named) {
        for (id, known) in &self.journal().kept().objects {
            let Some(names) = named.objects.get(id) else {
                assert!(known.destruction.is_possible(), "the object {id} is lost: {known:?}");
                continue;
            };
            assert!(!known.destruction.is_done, "the object {id} is destroyed and there");
            let is_known = *names == known.names || known.possible.contains(names);
            assert!(is_known, "the object {id} names {names:?}: {known:?}");
        }
    }

    async fn fetch_all(&self, ids: Vec<String>) {
        for id in ids {
            let content = self.journal().upload(&id, |upload| upload.content);
            if content.is_some() {
                assert_eq!(self.desk.fetch(&id).await, Outcome::Done, "{id}");
            }
        }
    }

    /// Moves the clock, and lets all jobs be done that are due by then.
    pub(super) async fn later(&self, seconds: i64) {
        let clock = self.running.clock();
        clock.advance(seconds);
        let due = clock.now().plus_seconds(-STALLED_SECONDS);
        let mut stalled = Vec::new();
        for _ in 0..LOOKS_MAX {
            stalled = self.workspace.stalled(due).await;
            if stalled.is_empty() {
                return;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        panic!("nobody does these jobs: {stalled:?}");
    }

    /// Every upload that is left is one that an object names, or did; its bytes are there, what it takes of the quotas is what is
    /// counted, and nothing else lies in the store.
    pub(super) async fn nothing_is_left_that_nobody_owns(mut self) {
        assert!(self.desk.caller.sign_in().await, "the session has ended by the clock that was moved");
        let (named, stored) = (self.named().await, self.workspace.read(&self.site.team).await);
        for id in self.kept(&named) {
            assert!(stored.uploads.contains_key(&id), "{id} is named and gone");
        }
        for (id, upload) in &stored.uploads {
            assert_eq!(upload["body"]["status"], "ready", "{upload}");
            assert!(upload["destroyed"].is_null(), "{upload}");
            let is_used = named.uploads.contains(id);
            assert_eq!(upload["body"]["usage"] == "used", is_used, "{upload}");
            assert!(is_used || upload["body"]["usage"]["unused"].is_object(), "{upload}");
        }
        self.fetch_all(stored.uploads.keys().cloned().collect()).await;
        stored.quotas_are_what_uploads_take();
        let Self { running, site, .. } = self;
        running.shutdown().await;
        let ids: Vec<_> = stored.uploads.keys().collect();
        let place = |kind: &str, id: &String| format!("{kind}/{}/{id}", site.team);
        let expected: BTreeSet<_> = ids.iter().flat_map(|id| [place("t", id), place("f", id)]).collect();
        let folder = Folder::read(&site.directory.0);
        assert_eq!(folder.objects.keys().cloned().collect::<BTreeSet<_>>(), expected);
        assert_eq!(folder.parts, [""; 0], "parts of what nobody owns");
        assert_eq!(folder.files, folder.objects.into_values().collect());
    }
}

impl Stored {
    fn quotas_are_what_uploads_take(&self) {
        let reserved = |upload: &Value| upload["body"]["reserved"].as_u64().unwrap();
        let taken = self.taken.get("storage").copied().unwrap_or_default();
        assert_eq!(taken, self.uploads.values().map(reserved).sum::<u64>(), "bytes");
        assert_eq!(json!(self.count), json!(self.uploads.len()), "how many");
        let waiting: Vec<_> =
            self.taken.iter().filter(|(what, taken)| *what != "storage" && **taken > 0).collect();
        assert!(waiting.is_empty(), "none waits any more: {waiting:?}");
    }
}
