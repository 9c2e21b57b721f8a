//! What it costs to look whether a type has changed, and that a change is seen however it was written.

use base::{
    id::{ObjectTypeId, TeamId},
    text::Slug,
};
use records::object_type::{
    CACHE_SECONDS, STAMPED_SECONDS, StoredObjectType, object_type_key, object_type_slug_key,
    object_type_stamp_key,
};
use resources::resource::Resource as _;
use serde_json::{Value, json};
use table::{AttributeValue, Item, Table};

use crate::{
    harness::System,
    jobs::{platform, until},
    type_changes::Place,
    type_trash::are_hidden,
    units::{Calls, proxy},
};

/// As much as is read for a unit.
const UNIT_BYTES: usize = 4 * 1024;

/// Contacts of a system whose clock is only moved, behind a proxy.
struct Looks {
    place: Place,
    calls: Calls,
    workspace: Table,
    team: TeamId,
    id: ObjectTypeId,
}

impl Looks {
    /// Tables of its own: the clock of this system is moved by more than the objects and jobs of others could bear.
    async fn new() -> Self {
        let start = |options| tokio::task::spawn_blocking(|| System::with(options));
        let engine = start(vec![]).await.unwrap();
        let (url, calls) = proxy(&engine.dynamodb).await;
        let system = start(vec![format!("--dynamodb={url}"), "--without-relay".to_owned()]).await.unwrap();
        system.clock.stop();
        let workspace = platform(&engine.dynamodb).tables.workspace;
        let place = Place::at(system).await;
        let id = ObjectTypeId::parse(place.read().await["id"].as_str().unwrap()).unwrap();
        Self { team: TeamId::parse(&place.world.team).unwrap(), id, workspace, place, calls }
    }

    /// Time goes by until stamps are believed.
    fn an_hour_goes_by(&self) {
        self.place.system.clock.advance(STAMPED_SECONDS);
    }

    /// What a list of objects of that name reads of types, each with its units, once it has to look again.
    async fn look(&self, name: &str) -> Vec<(&'static str, usize)> {
        self.place.system.clock.advance(CACHE_SECONDS);
        let looked = self.list(name).await;
        assert_eq!(self.list(name).await, [], "it is gone by for five seconds");
        looked
    }

    async fn list(&self, name: &str) -> Vec<(&'static str, usize)> {
        let before = self.calls.lock().unwrap().len();
        self.place.owner().get(&format!("{}?limit=1", self.place.objects(name))).await.expect(200);
        let calls = self.calls.lock().unwrap()[before..].to_vec();
        let reads = calls.iter().filter(|call| call.operation == "GetItem");
        let kinds = ["TYPE", "TYPESLUG", "TYPESTAMP"];
        reads
            .filter_map(|call| {
                let kind = kinds.into_iter().find(|kind| call.asked.contains(&format!("\"{kind}#")))?;
                Some((kind, call.answered.div_ceil(UNIT_BYTES)))
            })
            .collect()
    }

    /// What a look at a small type reads of which kinds.
    async fn kinds(&self) -> Vec<&'static str> {
        self.look("contacts").await.into_iter().map(|(kind, _)| kind).collect()
    }

    async fn add(&self, slug: &str) {
        let field = json!({"slug": slug, "label": slug, "type": "text"});
        self.place.owner().post(&format!("{}/fields", self.place.contacts()), field).await.expect(201);
    }

    /// Whether objects may have the field, five seconds after a change.
    async fn has(&self, slug: &str) -> bool {
        self.place.system.clock.advance(CACHE_SECONDS);
        let fields = json!({"fields": {slug: "x"}});
        let answer = self.place.owner().post(&self.place.world.contacts(), fields).await;
        assert!([201, 422].contains(&answer.status), "{}", answer.text);
        answer.status == 201
    }

    async fn stored(&self) -> StoredObjectType {
        let item = self.workspace.get(object_type_key(&self.team, &self.id)).await.unwrap().unwrap();
        StoredObjectType::from_item(&item).unwrap()
    }

    /// Adds a field as versions did that knew no stamps.
    async fn add_by_an_earlier_version(&self, slug: &str) {
        let stored = self.stored().await;
        let mut new = StoredObjectType { revision: stored.revision + 1, stamped: None, ..stored.clone() };
        let mut field = new.object_type.field("company").unwrap().clone();
        field.slug = Slug::parse(slug).unwrap();
        new.object_type.fields.push(field);
        new.object_type.version += 1;
        let write = self.workspace.put_item(new.key(), new.to_item().unwrap()).when(stored.is_unchanged());
        self.workspace.transact(vec![write]).await.unwrap();
    }

    /// Makes of the type what versions kept that knew no stamps.
    async fn keep_as_an_earlier_version(&self) {
        let stored = StoredObjectType { stamped: None, ..self.stored().await };
        let writes = vec![
            self.workspace.put_item(stored.key(), stored.to_item().unwrap()),
            self.workspace.delete(object_type_stamp_key(&self.team, &self.id)),
        ];
        self.workspace.transact(writes).await.unwrap();
    }
}

/// A type of some 300 KB.
fn large() -> Value {
    let options = (0..500).map(|n| format!("{n:0>100}")).collect::<Vec<_>>();
    let field = |n| json!({"slug": format!("f{n}"), "label": "F", "type": "dropdown", "settings": {"options": options}});
    let fields: Vec<_> = (0..6).map(field).collect();
    json!({"slug": "large", "singular_label": "L", "plural_label": "Ls", "fields": fields})
}

#[tokio::test]
async fn one_at_a_large_type_costs_a_unit_and_shows_a_change_within_five_seconds() {
    let looks = Looks::new().await;
    let made = looks.place.owner().post(&looks.place.world.types(), large()).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let whole = looks.look(id).await;
    let [("TYPE", units @ 74..=80)] = whole[..] else { panic!("{whole:?}") };
    assert_eq!(looks.look("large").await, [("TYPESLUG", 1), ("TYPE", units)]);
    looks.an_hour_goes_by();
    for name in ["large", id, "large", id] {
        assert_eq!(looks.look(name).await, [("TYPESTAMP", 1)], "{name}");
    }
    let path = format!("{}/large", looks.place.world.types());
    looks.place.owner().patch(&path, json!({"plural_label": "Larges"})).await.expect(200);
    assert_eq!(looks.look("large").await, [("TYPESTAMP", 1), ("TYPESLUG", 1), ("TYPE", units)]);
    assert_eq!(looks.look("large").await, [("TYPESTAMP", 1)]);
}

#[tokio::test]
async fn a_change_is_seen_by_the_stamp_and_a_name_that_was_given_up_is_gone() {
    let looks = Looks::new().await;
    looks.an_hour_goes_by();
    for slug in ["first", "second"] {
        assert!(!looks.has(slug).await);
        looks.add(slug).await;
        assert!(looks.has(slug).await);
    }
    looks.place.owner().patch(&looks.place.contacts(), json!({"slug": "people"})).await.expect(200);
    looks.place.system.clock.advance(CACHE_SECONDS);
    looks.place.owner().get(&looks.place.objects("contacts")).await.expect_problem(404, "not_found");
    assert_eq!(looks.look("people").await.len(), 2);
    assert_eq!(looks.look("people").await, [("TYPESTAMP", 1)]);
}

#[tokio::test]
async fn a_stamp_says_nothing_of_a_name_that_the_type_does_not_have() {
    let looks = Looks::new().await;
    looks.an_hour_goes_by();
    // As it is read while it gets another name: found by the old one, with the new one inside.
    let old = object_type_slug_key(&looks.team, &Slug::parse("old").unwrap());
    let named: Item = [("id".to_owned(), AttributeValue::S(looks.id.to_string()))].into();
    looks.workspace.write(looks.workspace.put_item(old.clone(), named)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(looks.look("old").await.len(), 2);
    }
    looks.workspace.write(looks.workspace.delete(old)).await.unwrap();
    looks.place.system.clock.advance(CACHE_SECONDS);
    looks.place.owner().get(&looks.place.objects("old")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_type_that_an_earlier_version_kept_is_read_whole_until_it_changes() {
    let looks = Looks::new().await;
    looks.keep_as_an_earlier_version().await;
    looks.an_hour_goes_by();
    for _ in 0..2 {
        assert_eq!(looks.kinds().await, ["TYPESLUG", "TYPE"]);
    }
    looks.add_by_an_earlier_version("first").await;
    assert!(looks.has("first").await);
    looks.add("second").await;
    assert!(looks.has("second").await);
    assert_eq!(looks.kinds().await, ["TYPESLUG", "TYPE"]);
    looks.an_hour_goes_by();
    assert_eq!(looks.kinds().await, ["TYPESTAMP"]);
}

#[tokio::test]
async fn while_an_earlier_version_still_writes_types_every_change_is_seen() {
    let looks = Looks::new().await;
    for (by_this, by_the_other) in [("a", "b"), ("c", "d")] {
        looks.add(by_this).await;
        assert!(looks.has(by_this).await);
        // The stamp stays behind, and equals what functions have in memory.
        looks.add_by_an_earlier_version(by_the_other).await;
        assert!(looks.has(by_the_other).await);
    }
    looks.an_hour_goes_by();
    assert_eq!(looks.kinds().await, ["TYPESLUG", "TYPE"]);
    looks.add("last").await;
    assert!(looks.has("last").await);
    let since = looks.stored().await.stamped.unwrap();
    assert_eq!(
        since,
        looks.place.system.clock.now().plus_seconds(-CACHE_SECONDS),
        "from the first write without a gap"
    );
    looks.an_hour_goes_by();
    assert_eq!(looks.kinds().await, ["TYPESTAMP"]);
    looks.add("later").await;
    assert!(looks.has("later").await);
    assert_eq!(looks.stored().await.stamped, Some(since));
}

#[tokio::test]
async fn what_stamps_vouch_for_is_told_of_by_the_type_as_it_is_and_hidden_at_once() {
    let place = Place::at(System::isolated()).await;
    place.system.clock.advance(STAMPED_SECONDS);
    let object = place.world.contact(json!({"name": "Ada"})).await;
    let id = object["id"].as_str().unwrap();
    let path = format!("{}/{id}", place.objects("contacts"));
    let log = format!("/v1/teams/{}/audit-logs?subject={id}", place.world.team);
    let told = async || place.owner().get(&log).await.expect(200)["data"].as_array().unwrap().clone();
    let field = json!({"slug": "nick", "label": "Nickname", "type": "text"});
    for (value, entries) in [(Value::Null, 1), (json!("A."), 2), (json!("B."), 3)] {
        if !value.is_null() {
            place.owner().patch(&path, json!({"fields": {"nick": value}})).await.expect(200);
        }
        until(|| async { told().await.len() == entries }).await;
        if value.is_null() {
            place.owner().post(&format!("{}/fields", place.contacts()), field.clone()).await.expect(201);
            place.known_everywhere();
        } else {
            assert_eq!(told().await[0]["fields"][0]["label"], json!("Nickname"));
        }
    }
    place.owner().get(&path).await.expect(200);
    place.owner().delete(&place.contacts()).await.expect(204);
    are_hidden(&place, id).await;
}
