//! A hundred writers at once: what is unique stays unique, nothing that was acknowledged is lost, and no value is left
//! that nobody has and nobody can take.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Api, World, unique};

const WRITERS: usize = 100;
/// Writers whose every write begins again when another one comes through: each costs as many tries as there are others.
const WRITERS_AS_READ: usize = 40;
/// A write that others keep overtaking is answered 503; a client that comes again so often gives up.
const PATIENCE: usize = 200;
const PAUSE: Duration = Duration::from_millis(20);

/// Objects with two unique fields, and a field for each writer.
struct Things {
    api: Api,
    path: String,
}

impl Things {
    async fn new() -> Arc<Self> {
        let world = World::new().await;
        let mut fields = vec![
            json!({"slug": "code", "label": "Code", "type": "text", "unique": true, "searchable": true}),
            json!({"slug": "number", "label": "Number", "type": "text", "unique": true, "searchable": true}),
        ];
        fields.extend((0..WRITERS).map(|n| json!({"slug": own(n), "label": own(n), "type": "text"})));
        let things =
            json!({"slug": "things", "singular_label": "Thing", "plural_label": "Things", "fields": fields});
        world.owner.api.post(&world.types(), things).await.expect(201);
        let path = format!("/v1/teams/{}/objects/things", world.team);
        Arc::new(Self { api: world.owner.api, path })
    }

    async fn post(&self, fields: Value) -> Answer {
        self.send("POST", "", Some(json!({"fields": fields}))).await
    }

    async fn upsert(&self, field: &str, fields: Value) -> Answer {
        self.send("PUT", &format!("?match={field}"), Some(json!({"fields": fields}))).await
    }

    async fn patch(&self, id: &str, fields: Value) -> Answer {
        self.send("PATCH", &format!("/{id}"), Some(json!({"fields": fields}))).await
    }

    /// Sends it, again and again while the answer is to come later.
    async fn send(&self, method: &str, behind: &str, body: Option<Value>) -> Answer {
        let (path, body) = (format!("{}{behind}", self.path), body.map(|body| body.to_string()));
        for _ in 0..PATIENCE {
            let answer = self.api.send(method, &path, body.clone()).await;
            if answer.status != 503 {
                return answer;
            }
            assert!(!answer.header("retry-after").is_empty());
            answer.expect_problem(503, "unavailable");
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{method} {path} was always told to come later");
    }

    /// All that are not in the trash.
    async fn live(&self) -> Vec<Value> {
        let (mut live, mut cursor) = (Vec::new(), String::new());
        loop {
            let list = self.api.get(&format!("{}?limit=100{cursor}", self.path)).await.expect(200);
            live.extend(list["data"].as_array().unwrap().iter().cloned());
            let Some(next) = list["next_cursor"].as_str() else { return live };
            cursor = format!("&cursor={next}");
        }
    }

    /// Every value has one object that all ways lead to, or none and can be taken.
    async fn agree(&self, field: &str, values: &[String]) {
        let mut holders = BTreeMap::new();
        for thing in self.live().await {
            if let Some(value) = thing["fields"][field].as_str() {
                let other = holders.insert(value.to_owned(), id(&thing));
                assert_eq!(other, None, "two objects have {value} in {field}");
            }
        }
        for value in values {
            let found = self.api.get(&format!("{}?filter[{field}][eq]={value}", self.path)).await.expect(200);
            let found: Vec<_> = found["data"].as_array().unwrap().iter().map(id).collect();
            let holder = holders.get(value);
            assert_eq!(found.first(), holder, "{value} in {field} is looked up");
            let answer = self.upsert(field, json!({field: value, "w0": "found"})).await;
            match holder {
                Some(holder) => assert_eq!(id(&answer.expect(200)), *holder),
                None => drop(answer.expect(201)),
            }
            not_unique(self.post(json!({field: value})).await, &[field]);
        }
    }
}

/// The slug of the field that one writer alone writes.
fn own(writer: usize) -> String {
    format!("w{writer}")
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

fn value() -> String {
    format!("v{}", unique())
}

fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

/// Refused, naming just these fields.
#[track_caller]
fn not_unique(answer: Answer, fields: &[&str]) {
    let problem = answer.expect_problem(409, "not_unique");
    let faults = problem["errors"].as_array().unwrap().iter();
    let mut pointers: Vec<_> = faults.map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect();
    pointers.sort();
    assert_eq!(pointers, fields.iter().map(|field| format!("/fields/{field}")).collect::<Vec<_>>());
}

async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    writers: usize,
    write: impl Fn(usize) -> F,
) -> Vec<T> {
    let mut all: JoinSet<T> = (0..writers).map(write).collect();
    let mut done = Vec::new();
    while let Some(outcome) = all.join_next().await {
        done.push(outcome.unwrap());
    }
    done
}

#[tokio::test]
async fn of_a_hundred_creations_with_one_value_one_succeeds() {
    let (things, code) = (Things::new().await, value());
    let answers = at_once(WRITERS, |n| {
        let (things, code) = (things.clone(), code.clone());
        async move {
            let code = if n % 2 == 0 { code } else { code.to_uppercase() };
            things.post(json!({"code": code, "number": value(), own(n): "mine"})).await
        }
    })
    .await;
    assert_eq!(statuses(&answers), [(201, 1), (409, WRITERS - 1)].into());
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    for answer in refused {
        not_unique(answer, &["code"]);
    }
    assert_eq!(things.live().await, [made[0].json()]);
}

#[tokio::test]
async fn a_hundred_upserts_of_one_value_make_one_object_with_what_each_wrote() {
    upserts_lose_nothing(WRITERS, json!({})).await;
}

/// Another unique value in the same upsert makes each of them a change of the object as it was read.
#[tokio::test]
async fn upserts_that_hold_two_values_lose_nothing_either() {
    upserts_lose_nothing(WRITERS_AS_READ, json!({"number": value()})).await;
}

async fn upserts_lose_nothing(writers: usize, also: Value) {
    let (things, code) = (Things::new().await, value());
    let answers = at_once(writers, |n| {
        let (things, mut fields) = (things.clone(), also.clone());
        fields["code"] = json!(code);
        fields[own(n)] = json!(format!("written by {n}"));
        async move { things.upsert("code", fields).await }
    })
    .await;
    assert_eq!(statuses(&answers), [(200, writers - 1), (201, 1)].into());
    let mut versions: Vec<_> =
        answers.iter().map(|answer| answer.json()["version"].as_u64().unwrap()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=writers as u64).collect::<Vec<_>>(), "each write made a version");
    let live = things.live().await;
    assert_eq!((live.len(), &live[0]["version"]), (1, &json!(writers)));
    for n in 0..writers {
        assert_eq!(live[0]["fields"][own(n)], json!(format!("written by {n}")));
    }
}

/// Patches, upserts, trash, restore and destruction of the same objects and values, all at once.
#[tokio::test]
async fn values_that_a_hundred_writers_pass_around_have_one_object_each_or_none() {
    const PLACES: usize = 8;
    let things = Things::new().await;
    let values: Arc<Vec<String>> = Arc::new((0..4).map(|_| value()).collect());
    let mut places = Vec::new();
    for _ in 0..PLACES {
        places.push(Mutex::new(id(&things.post(json!({})).await.expect(201))));
    }
    let places = Arc::new(places);
    let answers = at_once(WRITERS, |n| {
        let (things, values, places) = (things.clone(), values.clone(), places.clone());
        async move {
            let mut answers = Vec::new();
            for step in 0..4 {
                let place = &places[(n + step * 3) % PLACES];
                let value = &values[(n / PLACES + step) % values.len()];
                answers.push(pass(&things, (n + step * 7) % 10, place, value).await);
            }
            answers
        }
    })
    .await;
    let answers: Vec<_> = answers.into_iter().flatten().collect();
    let seen = statuses(&answers);
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [200, 201, 204, 404, 409]);
    follow_one_another(&answers);
    things.agree("code", &values).await;
}

/// One step of a writer.
async fn pass(things: &Things, step: usize, place: &Mutex<String>, value: &str) -> Answer {
    let id_there = place.lock().unwrap().clone();
    // Each writes something of its own, as what is equal is no change.
    let own = unique().to_string();
    let answer = match step {
        0..=2 => things.patch(&id_there, json!({"code": value, "w0": own})).await,
        3 | 4 => things.upsert("code", json!({"code": value, "w0": own})).await,
        5 => things.patch(&id_there, json!({"code": null, "w0": own})).await,
        6 => things.send("DELETE", &format!("/{id_there}"), None).await,
        7 | 8 => things.send("POST", &format!("/{id_there}/restore"), Some(json!({}))).await,
        _ => {
            let destroyed = things.send("DELETE", &format!("/{id_there}/force"), None).await;
            assert!([204, 404].contains(&destroyed.status), "{}", destroyed.text);
            let made = things.post(json!({"code": value})).await;
            let made = if made.status == 409 { things.post(json!({})).await } else { made };
            *place.lock().unwrap() = id(&made.clone().expect(201));
            made
        }
    };
    match (answer.status, step) {
        (404, 0..=2 | 5..=8) | (200, 0..=5 | 7 | 8) | (204, 6) | (201, 3 | 4 | 9) => {}
        (409, 7 | 8) if answer.json()["code"] == "wrong_state" => {}
        (409, 0..=2 | 7 | 8) => not_unique(answer.clone(), &["code"]),
        _ => panic!("step {step}: {} {}", answer.status, answer.text),
    }
    answer
}

/// Two requests that do the same in the same millisecond leave the same object: only its doer tells them apart.
#[tokio::test]
async fn of_many_who_throw_an_object_away_at_once_one_does() {
    let things = Things::new().await;
    for _ in 0..8 {
        let id = id(&things.post(json!({"code": value()})).await.expect(201));
        let answers = at_once(WRITERS_AS_READ, |_| {
            let (things, path) = (things.clone(), format!("/{id}"));
            async move { things.send("DELETE", &path, None).await }
        })
        .await;
        assert_eq!(statuses(&answers), [(204, 1), (404, WRITERS_AS_READ - 1)].into());
    }
}

/// Half of the writers upsert by a value, half give its object another one.
#[tokio::test]
async fn an_upsert_never_changes_an_object_that_has_just_given_the_value_up() {
    let (things, code) = (Things::new().await, value());
    let latest = Arc::new(Mutex::new(id(&things.post(json!({"code": code})).await.expect(201))));
    let answers = at_once(WRITERS_AS_READ, |n| {
        let (things, code, latest) = (things.clone(), code.clone(), latest.clone());
        async move {
            let mut answers = Vec::new();
            for step in 0..4 {
                if n % 2 == 0 {
                    let answer = things.upsert("code", json!({"code": code, own(n): step.to_string()})).await;
                    *latest.lock().unwrap() = id(&answer.json());
                    answers.push(answer);
                } else {
                    let id = latest.lock().unwrap().clone();
                    answers.push(things.patch(&id, json!({"code": value()})).await);
                }
            }
            answers
        }
    })
    .await;
    let answers: Vec<_> = answers.into_iter().flatten().collect();
    assert!(statuses(&answers).keys().all(|status| [200, 201].contains(status)));
    follow_one_another(&answers);
    things.agree("code", &[code]).await;
}

/// No two writes made the same version, and an upsert changed an object that had the value before.
fn follow_one_another(answers: &[Answer]) {
    let mut codes = BTreeMap::new();
    let objects: Vec<_> = answers.iter().map(Answer::json).filter(|body| body["version"].is_u64()).collect();
    for object in &objects {
        let version = (id(object), object["version"].as_u64().unwrap());
        assert_eq!(codes.insert(version, &object["fields"]["code"]), None, "two writes made {object}");
    }
    for object in objects.iter().filter(|object| object["outcome"] == "updated") {
        let before = codes.get(&(id(object), object["version"].as_u64().unwrap() - 1));
        assert!(before.is_none_or(|code| **code == object["fields"]["code"]), "{before:?} became {object}");
    }
}

/// Half of the writers want the one value and then the other, half the other way round. Whoever has a value has it alone,
/// from the answer that gave it until the request that gives it up.
#[tokio::test]
async fn two_values_that_are_wanted_in_crossing_orders_have_one_object_at_a_time() {
    let things = Things::new().await;
    let wanted = Arc::new([("code", value()), ("number", value())].map(|(field, value)| Wanted {
        field,
        value,
        holders: AtomicUsize::new(0),
        takers: AtomicUsize::new(0),
    }));
    at_once(WRITERS, |n| {
        let (things, wanted) = (things.clone(), wanted.clone());
        async move {
            let thing = id(&things.post(json!({})).await.expect(201));
            let order = if n % 2 == 0 { [&wanted[0], &wanted[1]] } else { [&wanted[1], &wanted[0]] };
            for _ in 0..2 {
                let mut held = Vec::new();
                for one in order {
                    held.extend(one.take(&things, &thing).await.then_some(one));
                }
                for one in held {
                    one.holders.fetch_sub(1, SeqCst);
                    things.patch(&thing, json!({one.field: null})).await.expect(200);
                }
            }
        }
    })
    .await;
    let is_empty = |thing: &Value| thing["fields"]["code"].is_null() && thing["fields"]["number"].is_null();
    assert!(things.live().await.iter().all(is_empty));
    for Wanted { field, value, takers, .. } in &*wanted {
        assert!(takers.load(SeqCst) > 1, "{field} did not go from one to another");
        things.agree(field, std::slice::from_ref(value)).await;
    }
}

/// A value that many want, and how many know that they have it.
struct Wanted {
    field: &'static str,
    value: String,
    holders: AtomicUsize,
    takers: AtomicUsize,
}

impl Wanted {
    /// Whether the object could have it.
    async fn take(&self, things: &Things, thing: &str) -> bool {
        let answer = things.patch(thing, json!({self.field: self.value})).await;
        if answer.status != 200 {
            not_unique(answer, &[self.field]);
            return false;
        }
        assert_eq!(self.holders.fetch_add(1, SeqCst), 0, "two objects have the value of {}", self.field);
        self.takers.fetch_add(1, SeqCst);
        true
    }
}

#[tokio::test]
async fn of_those_who_want_two_values_at_once_one_gets_both_and_the_others_none() {
    let (things, code, number) = (Things::new().await, value(), value());
    let ids: Arc<Vec<_>> = Arc::new(
        at_once(WRITERS, |_| {
            let things = things.clone();
            async move { id(&things.post(json!({})).await.expect(201)) }
        })
        .await,
    );
    let answers = at_once(WRITERS, |n| {
        let (things, ids, fields) = (things.clone(), ids.clone(), json!({"code": code, "number": number}));
        async move { things.patch(&ids[n], fields).await }
    })
    .await;
    assert_eq!(statuses(&answers), [(200, 1), (409, WRITERS - 1)].into());
    answers
        .into_iter()
        .filter(|answer| answer.status == 409)
        .for_each(|answer| not_unique(answer, &["code", "number"]));
    things.agree("code", &[code]).await;
    things.agree("number", &[number]).await;
}

/// Half of them name the one object first, half the other one.
#[tokio::test]
async fn atomic_batches_that_want_two_objects_in_crossing_orders_lose_nothing() {
    let (things, codes) = (Things::new().await, [value(), value()]);
    let statuses = at_once(WRITERS_AS_READ, |n| {
        let (things, mut codes) = (things.clone(), codes.clone());
        if n % 2 == 1 {
            codes.reverse();
        }
        async move {
            let fields = codes.map(|code| json!({"code": code, own(n): "mine"}));
            let upsert = |fields| json!({"op": "upsert", "match": "code", "fields": fields});
            let body = json!({"operations": fields.map(upsert), "atomic": true});
            let results = things.send("POST", "/batch", Some(body)).await.expect(200)["results"].clone();
            [0, 1].map(|at| results[at]["status"].as_u64().unwrap())
        }
    })
    .await;
    let made: Vec<_> = statuses.iter().filter(|statuses| statuses.contains(&201)).collect();
    assert_eq!(made, [&[201, 201]], "one batch made both objects");
    let live = things.live().await;
    assert_eq!(live.len(), 2);
    for thing in live {
        assert_eq!(thing["version"], json!(WRITERS_AS_READ));
        assert!((0..WRITERS_AS_READ).all(|n| thing["fields"][own(n)] == "mine"), "{thing}");
    }
    things.agree("code", &codes).await;
}
