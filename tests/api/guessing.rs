//! A caller without `object:read` guesses: over all types and rules of fields and all ways to write, the answer is the same
//! whatever the objects hold.

use base::Permission::{ObjectCreate, ObjectUpdate};
use proptest::{
    prelude::{Just, Strategy, any},
    sample::{select, subsequence},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use serde_json::{Map, Value, json};

use crate::harness::{Answer, Api, World, unique};

/// How many sets of rules are tried, each with several guesses.
const RULES: usize = 12;
/// How many guesses are made for each.
const GUESSES: usize = 5;
/// The fields of a type: one of each type that takes values.
const FIELDS: usize = 17;
/// So many of them have rules, and are guessed at: with more nearly every change would lack something.
const RULED: usize = 4;

/// A field of each type, and two values that it may have; these contacts, for one that points at them.
fn kinds(contacts: [Value; 2]) -> Vec<(&'static str, Value, [Value; 2])> {
    let options = json!({"options": ["one", "two"]});
    let none = json!({});
    let parts = json!({"fields": [{"slug": "width", "label": "Width", "type": "number"}]});
    vec![
        ("text", none.clone(), [json!("Ada"), json!("ada")]),
        ("textarea", none.clone(), [json!("one\ntwo"), json!("one")]),
        ("name", none.clone(), [json!("Ada"), json!("Eda")]),
        ("email", none.clone(), [json!("ada@example.com"), json!("Ada@example.com")]),
        ("phone", none.clone(), [json!("+4930123456"), json!("+4930123457")]),
        ("url", none.clone(), [json!("https://example.com/a"), json!("https://example.com/b")]),
        ("number", none.clone(), [json!(30), json!(31)]),
        ("money", none.clone(), [json!({"amount": "1.00"}), json!({"amount": "2.00"})]),
        ("dropdown", options.clone(), [json!("one"), json!("two")]),
        ("radio", options.clone(), [json!("one"), json!("two")]),
        ("checkboxes", options, [json!(["one"]), json!(["one", "two"])]),
        ("checkbox", none.clone(), [json!(true), json!(false)]),
        ("date", none.clone(), [json!("1815-12-10"), json!("1815-12-11")]),
        ("color", none.clone(), [json!("#aabbcc"), json!("#aabbcd")]),
        ("address", none, [json!({"city": "Ulm"}), json!({"city": "Bonn"})]),
        ("composite", parts, [json!({"width": 1}), json!({"width": 2})]),
        ("relationship", json!({"object_type": "contacts"}), contacts),
    ]
}

/// The rules of one field: locked, visible, required.
type TargetRules = (Value, Value, Value);

fn rules() -> impl Strategy<Value = TargetRules> {
    // The type is made with conditions on `stage`, which is a field as others are.
    let holds = || json!({"if": {"field": "stage", "op": "eq", "value": "on"}});
    // What leaves more to be done comes more often.
    let locked = vec![json!("never"), json!("never"), json!("never"), json!("once_set"), holds()];
    let visible = vec![json!("always"), json!("always"), holds()];
    let required = vec![json!("never"), json!("never"), json!("always"), holds()];
    (select(locked), select(visible), select(required))
}

/// What is tried on objects of a type: the guess at each field, whether what decides the rules is sent, and what the two
/// objects hold of it.
#[derive(Clone, Debug)]
struct Guess {
    fields: Vec<usize>,
    value: Sent,
    stage: Option<&'static str>,
    held: [&'static str; 2],
    /// Whether the second object has none of the values that are guessed at, as far as it may have none.
    is_bare: bool,
}

/// What is sent for a field that the objects hold different values in.
#[derive(Clone, Copy, Debug)]
enum Sent {
    TheFirst,
    TheSecond,
    Nothing,
}

fn guess(ruled: Vec<usize>) -> impl Strategy<Value = Guess> {
    let stages = ["on", "off"];
    let held = select(vec![["on", "on"], ["off", "off"], ["on", "off"], ["off", "on"]]);
    let sent = select(vec![Sent::TheFirst, Sent::TheFirst, Sent::TheSecond, Sent::Nothing]);
    let stage = any::<bool>().prop_flat_map(move |is_sent| {
        if is_sent { select(stages.to_vec()).prop_map(Some).boxed() } else { Just(None).boxed() }
    });
    let guess = (subsequence(ruled, 1..=2), sent, stage, held, any::<bool>());
    guess.prop_map(|(fields, value, stage, held, is_bare)| Guess { fields, value, stage, held, is_bare })
}

/// Objects of one type in pairs, which hold different values.
struct Pairs {
    world: World,
    kinds: Vec<(&'static str, Value, [Value; 2])>,
    rules: Vec<TargetRules>,
    path: String,
    token: Api,
}

fn slug(field: usize) -> String {
    format!("f{field}")
}

impl Pairs {
    async fn new(rules: Vec<TargetRules>) -> Self {
        let world = World::new().await;
        let contacts = [world.contact(json!({})).await, world.contact(json!({})).await];
        let kinds = kinds(contacts.map(|contact| contact["id"].clone()));
        assert_eq!((kinds.len(), rules.len()), (FIELDS, FIELDS));
        let mut fields = Vec::new();
        for (index, ((kind, settings, _), rules)) in kinds.iter().zip(&rules).enumerate() {
            let (locked, visible, required) = rules;
            fields.push(json!({"slug": slug(index), "label": kind, "type": kind, "settings": settings,
                "locked": locked, "visible": visible, "required": required}));
        }
        fields.push(json!({"slug": "key", "label": "Key", "type": "text", "unique": true}));
        let stage = json!({"options": ["on", "off"]});
        fields.push(json!({"slug": "stage", "label": "Stage", "type": "dropdown", "settings": stage}));
        let body = json!({"slug": "things", "singular_label": "T", "plural_label": "Ts", "fields": fields});
        world.owner.api.post(&world.types(), body).await.expect(201);
        let path = format!("/v1/teams/{}/objects/things", world.team);
        let token = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
        Self { world, kinds, rules, path, token }
    }

    /// The two objects of a guess.
    async fn make(&self, guess: &Guess) -> [(String, String); 2] {
        let [one, other] = [self.make_one(0, guess.held[0]).await, self.make_one(1, guess.held[1]).await];
        // Whether a value is there may be told where it can be set once.
        let may_clear = |field: &&usize| self.rules[**field].0 != "once_set";
        if guess.is_bare {
            for field in guess.fields.iter().filter(may_clear) {
                let cleared = json!({"fields": {slug(*field): null}});
                let answer = self.world.owner.api.patch(&format!("{}/{}", self.path, other.0), cleared).await;
                assert!([200, 422].contains(&answer.status), "{}", answer.text);
            }
        }
        [one, other]
    }

    /// An object with all first or all second values, at that stage. What is hidden there was set before.
    async fn make_one(&self, which: usize, stage: &str) -> (String, String) {
        let key = format!("k{:020}", unique());
        let values = self.kinds.iter().map(|(_, _, values)| values[which].clone());
        let mut fields: Map<_, _> = (0..).map(slug).zip(values).collect();
        fields.insert("key".to_owned(), json!(key));
        fields.insert("stage".to_owned(), json!("on"));
        let made = self.world.owner.api.post(&self.path, json!({"fields": fields})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let at_stage = json!({"fields": {"stage": stage}});
        self.world.owner.api.patch(&format!("{}/{id}", self.path), at_stage).await.expect(200);
        (id, key)
    }

    /// What is sent for the guess.
    fn fields(&self, guess: &Guess) -> Value {
        let value = |field: &usize| match guess.value {
            Sent::TheFirst => self.kinds[*field].2[0].clone(),
            Sent::TheSecond => self.kinds[*field].2[1].clone(),
            Sent::Nothing => Value::Null,
        };
        let mut fields: Map<_, _> = guess.fields.iter().map(|field| (slug(*field), value(field))).collect();
        fields.extend(guess.stage.map(|stage| ("stage".to_owned(), json!(stage))));
        Value::Object(fields)
    }

    /// Sends the guess that way to an object; the answer, with what is the request's and the object's own left out.
    async fn answer(&self, way: usize, (id, key): &(String, String), fields: &Value) -> String {
        let mut with_key = fields.clone();
        with_key["key"] = json!(key);
        let update = json!({"op": "update", "id": id, "fields": fields});
        let upsert = json!({"op": "upsert", "match": "key", "fields": with_key});
        let fails = json!({"op": "create", "fields": {"nothing": 1}});
        let (method, behind, body) = match way {
            0 => ("PATCH", format!("/{id}"), json!({"fields": fields})),
            1 => ("PUT", "?match=key".to_owned(), json!({"fields": with_key})),
            2 => ("POST", "/batch".to_owned(), json!({"operations": [update, upsert]})),
            3 => ("POST", "/batch".to_owned(), json!({"operations": [update], "atomic": true})),
            4 => ("POST", "/batch".to_owned(), json!({"operations": [upsert], "atomic": true})),
            5 => ("POST", "/batch".to_owned(), json!({"operations": [update, fails], "atomic": true})),
            6 => ("POST", "/batch".to_owned(), json!({"operations": [upsert, fails], "atomic": true})),
            // An atomic batch changes each object once, and is to say so whether or not it would change one at all.
            7 => ("POST", "/batch".to_owned(), json!({"operations": [update, update], "atomic": true})),
            8 => ("POST", "/batch".to_owned(), json!({"operations": [update, upsert], "atomic": true})),
            _ => ("POST", "/batch".to_owned(), json!({"operations": [upsert, upsert], "atomic": true})),
        };
        let path = format!("{}{behind}", self.path);
        plain(&self.token.send(method, &path, Some(body.to_string())).await, id)
    }
}

const WAYS: usize = 10;

/// Status, headers and body without what is different of any two answers.
fn plain(answer: &Answer, id: &str) -> String {
    let request = answer.header("x-request-id");
    let own = |name: &str| ["x-request-id", "date"].contains(&name);
    let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !own(name.as_str())).collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    format!("{} {headers:?} {}", answer.status, answer.text).replace(id, "ID").replace(&request, "REQUEST")
}

#[tokio::test]
async fn the_answer_to_a_right_guess_is_that_to_a_wrong_one() {
    let mut runner = TestRunner::deterministic();
    let (mut done, mut refused) = (0, 0);
    for _ in 0..RULES {
        let ruled =
            subsequence((0..FIELDS).collect::<Vec<_>>(), RULED).new_tree(&mut runner).unwrap().current();
        let mut all = vec![(json!("never"), json!("always"), json!("never")); FIELDS];
        for field in &ruled {
            all[*field] = rules().new_tree(&mut runner).unwrap().current();
        }
        let pairs = Pairs::new(all).await;
        for _ in 0..GUESSES {
            let guess = guess(ruled.clone()).new_tree(&mut runner).unwrap().current();
            let fields = pairs.fields(&guess);
            for way in 0..WAYS {
                let [one, other] = pairs.make(&guess).await;
                let (one, other) =
                    (pairs.answer(way, &one, &fields).await, pairs.answer(way, &other, &fields).await);
                assert_eq!(one, other, "way {way}, {guess:?}, {fields}, rules {:?}", pairs.rules);
                if one.starts_with("200") && !one.contains("problem") { done += 1 } else { refused += 1 }
            }
        }
    }
    assert!(done > 20 && refused > 20, "{done} were done and {refused} refused");
}
