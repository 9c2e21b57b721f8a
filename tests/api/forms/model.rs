//! Forms of random actions and limits, sent in any order and again, against a plain model of what must come of it.

use std::collections::BTreeMap;

use super::*;
use crate::query_model::Dice;

/// So many submissions unless the environment asks for more.
const SUBMISSIONS: usize = 200;
/// So many of each form.
const PER_FORM: usize = 20;

/// What a contact is in the model.
#[derive(Clone, Debug, Default, PartialEq)]
struct Contact {
    name: Option<String>,
    notes: Option<String>,
}

/// What must come of what was sent.
#[derive(Default)]
struct Model {
    limit: Option<usize>,
    on_match: Option<&'static str>,
    accepted: usize,
    open: usize,
    with_email: BTreeMap<String, Contact>,
    without_email: Vec<Contact>,
    /// What was accepted with each token.
    sent: BTreeMap<String, Value>,
}

impl Model {
    /// The status of the answer, by the rules alone.
    fn send(&mut self, token: &str, fields: &Value) -> u16 {
        if let Some(before) = self.sent.get(token) {
            return if before == fields { 201 } else { 409 };
        }
        if self.limit.is_some_and(|limit| self.accepted >= limit) {
            return 409;
        }
        let text = |name: &str| fields[name].as_str().map(str::to_owned);
        let (email, contact) = (text("email"), Contact { name: text("name"), notes: text("notes") });
        if contact.name.is_none() || (self.on_match.is_some() && email.is_none()) {
            return 422;
        }
        self.sent.insert(token.to_owned(), fields.clone());
        let Some(email) = email else {
            self.without_email.push(contact);
            self.accepted += 1;
            return 201;
        };
        match (self.with_email.get_mut(&email), self.on_match) {
            (Some(_), None) => {
                self.open += 1;
                return 201;
            }
            (Some(_), Some("keep")) => {}
            (Some(held), Some("fill")) => {
                held.notes = held.notes.take().or(contact.notes);
            }
            (Some(held), Some(_)) => {
                held.name = contact.name;
                held.notes = contact.notes.or(held.notes.take());
            }
            (None, _) => {
                self.with_email.insert(email, contact);
            }
        }
        self.accepted += 1;
        201
    }
}

fn fields(dice: &mut Dice) -> Value {
    let mut fields = json!({});
    if !dice.hits(12) {
        fields["name"] = json!(format!("Name {}", dice.below(5)));
    }
    if !dice.hits(25) {
        fields["email"] = json!(format!("visitor{}@example.com", dice.below(6)));
    }
    if dice.hits(50) {
        fields["notes"] = json!(format!("Note {}", dice.below(3)));
    }
    fields
}

#[tokio::test]
async fn random_forms_come_to_what_the_model_says() {
    let wanted = std::env::var("FORM_SUBMISSIONS").ok().and_then(|wanted| wanted.parse().ok());
    let mut dice = Dice(7);
    for round in 0..wanted.unwrap_or(SUBMISSIONS) / PER_FORM {
        let on_match = [None, Some("keep"), Some("fill"), Some("update")][round % 4];
        let limit = dice.hits(50).then(|| 1 + dice.below(12));
        let mut model = Model { limit, on_match, ..Model::default() };
        let action = match on_match {
            None => json!({"kind": "create"}),
            Some(on_match) => json!({"kind": "upsert", "match": "email", "on_match": on_match}),
        };
        let desk = Desk::new(json!({"limit": limit, "action": action})).await;
        let mut tokens = Vec::new();
        for _ in 0..PER_FORM {
            tokens.push(desk.shown().await["token"].as_str().map(str::to_owned));
            let which = if dice.hits(25) { dice.below(tokens.len()) } else { tokens.len() - 1 };
            let token = tokens[which].clone();
            let token = token.or_else(|| tokens.iter().flatten().next().cloned()).unwrap();
            let sent = model.sent.get(&token).filter(|_| dice.hits(50)).cloned();
            let fields = sent.unwrap_or_else(|| fields(&mut dice));
            let expected = model.send(&token, &fields);
            let answer = desk.send_with(&token, fields.clone()).await;
            assert_eq!(answer.status, expected, "{on_match:?} {limit:?} {fields} {}", answer.text);
        }
        check(&desk, &model).await;
    }
}

/// What is there is what the model has.
async fn check(desk: &Desk, model: &Model) {
    let text = |fields: &Value, name: &str| fields[name].as_str().map(str::to_owned);
    let (mut with_email, mut without_email) = (BTreeMap::new(), Vec::new());
    for contact in desk.contacts().await {
        let fields = &contact["fields"];
        let one = Contact { name: text(fields, "name"), notes: text(fields, "notes") };
        match text(fields, "email") {
            Some(email) => assert_eq!(with_email.insert(email, one), None),
            None => without_email.push(one),
        }
    }
    let sorted = |mut contacts: Vec<Contact>| {
        contacts.sort_by_key(|contact| format!("{contact:?}"));
        contacts
    };
    assert_eq!(with_email, model.with_email);
    assert_eq!(sorted(without_email), sorted(model.without_email.clone()));
    let counts = desk.read().await["counts"].clone();
    assert_eq!((&counts["accepted"], &counts["held"]), (&json!(model.accepted), &json!(model.open)));
    assert_eq!(desk.submissions("").await.len(), model.accepted + model.open);
}
