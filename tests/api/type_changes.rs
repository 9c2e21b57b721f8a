//! Changes of object types: what each does, and that a refusal changes nothing.

use base::Permission;
use records::object_type::PROPAGATION_SECONDS;
use serde_json::{Value, json};

use crate::harness::{Api, System, World, an_email};

/// A team with contacts in a system whose clock is its own.
pub(crate) struct Place {
    pub(crate) system: System,
    pub(crate) world: World,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::at(System::start()).await
    }

    pub(crate) async fn at(system: System) -> Self {
        let world = World::at(&Api::at(&system.url)).await;
        Self { system, world }
    }

    pub(crate) fn owner(&self) -> &Api {
        &self.world.owner.api
    }

    pub(crate) fn contacts(&self) -> String {
        format!("{}/contacts", self.world.types())
    }

    pub(crate) fn field(&self, slug: &str) -> String {
        format!("{}/fields/{slug}", self.contacts())
    }

    pub(crate) fn objects(&self, slug: &str) -> String {
        format!("/v1/teams/{}/objects/{slug}", self.world.team)
    }

    /// The type contacts, whole.
    pub(crate) async fn read(&self) -> Value {
        self.owner().get(&self.contacts()).await.expect(200)
    }

    pub(crate) async fn shown(&self, slug: &str) -> Value {
        field(&self.read().await, slug)
    }

    /// Moves the clock until every function has read the type again.
    pub(crate) fn known_everywhere(&self) {
        self.system.clock.advance(10);
    }

    /// The same refusal for a change, which has changed nothing.
    async fn refused(&self, method: &str, path: &str, body: Value, problem: (u16, &str)) -> Value {
        let before = self.read().await;
        let answer = self.owner().send(method, path, Some(body.to_string())).await;
        let problem = answer.expect_problem(problem.0, problem.1);
        assert_eq!(self.read().await, before, "{path} {body}");
        problem
    }
}

pub(crate) fn field(object_type: &Value, slug: &str) -> Value {
    let fields = object_type["fields"].as_array().unwrap();
    fields.iter().find(|field| field["slug"] == slug).cloned().unwrap_or_default()
}

fn faults(problem: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|fault| (text(&fault["pointer"]), text(&fault["code"]))).collect()
}

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

#[tokio::test]
async fn a_type_gets_another_name_and_the_old_one_is_free_a_minute_later() {
    let place = Place::new().await;
    let object = place.world.contact(json!({"name": "Ada"})).await;
    let deals = json!({"slug": "deals", "singular_label": "D", "plural_label": "Ds", "fields": [
        {"slug": "contact", "label": "Contact", "type": "relationship", "settings": {"object_type": "contacts"}},
        {"slug": "next", "label": "Next", "type": "relationship", "settings": {"object_type": "deals"}},
    ]});
    let deals = place.owner().post(&place.world.types(), deals).await.expect(201);
    assert_eq!(field(&deals, "next")["settings"]["object_type"], deals["id"]);
    let patch = json!({"slug": "people", "singular_label": "Person", "plural_label": "People", "item_label_fields": ["email"]});
    let answer = place.owner().patch(&place.contacts(), patch).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let changed = answer.expect(200);
    assert_eq!((&changed["slug"], &changed["plural_label"]), (&json!("people"), &json!("People")));
    place.owner().get(&place.contacts()).await.expect_problem(404, "not_found");
    let new = json!({"slug": "contacts", "singular_label": "C", "plural_label": "Cs"});
    place.owner().post(&place.world.types(), new.clone()).await.expect_problem(409, "slug_taken");
    place.known_everywhere();
    place.owner().get(&place.objects("contacts")).await.expect_problem(404, "not_found");
    let path = format!("{}/{}", place.objects("people"), object["id"].as_str().unwrap());
    let read = place.owner().get(&path).await.expect(200);
    assert_eq!((&read["label"], &read["object_type"]["slug"]), (&read["id"], &json!("people")));
    let to_object = json!({"fields": {"contact": object["id"]}});
    place.owner().post(&place.objects("deals"), to_object.clone()).await.expect(201);
    place.system.clock.advance(PROPAGATION_SECONDS);
    place.owner().post(&place.world.types(), new).await.expect(201);
    place.owner().post(&place.objects("deals"), to_object).await.expect(201);
    assert_eq!(place.owner().get(&place.objects("contacts")).await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn a_type_may_take_its_own_old_slug_back_at_once_and_no_other_s() {
    let place = Place::new().await;
    let other = json!({"slug": "deals", "singular_label": "D", "plural_label": "Ds"});
    place.owner().post(&place.world.types(), other).await.expect(201);
    let problem =
        place.refused("PATCH", &place.contacts(), json!({"slug": "deals"}), (409, "slug_taken")).await;
    assert_eq!(faults(&problem), [fault("/slug", "slug_taken")]);
    let people = format!("{}/people", place.world.types());
    place.owner().patch(&place.contacts(), json!({"slug": "people"})).await.expect(200);
    place.owner().patch(&people, json!({"slug": "contacts"})).await.expect(200);
    assert_eq!(place.read().await["version"], json!(3));
}

#[tokio::test]
async fn a_change_of_an_old_version_is_refused() {
    let place = Place::new().await;
    place.owner().patch(&place.contacts(), json!({"singular_label": "Person"})).await.expect(200);
    let before = place.read().await;
    let late = place.owner().header("If-Match", "\"1\"");
    for (method, path, body) in [
        ("PATCH", place.contacts(), Some(json!({"singular_label": "X"}))),
        ("DELETE", place.contacts(), None),
        ("DELETE", format!("{}/force", place.contacts()), None),
        (
            "POST",
            format!("{}/fields", place.contacts()),
            Some(json!({"slug": "a", "label": "A", "type": "text"})),
        ),
        ("PATCH", place.field("name"), Some(json!({"label": "X"}))),
        ("DELETE", place.field("company"), None),
    ] {
        let answer = late.send(method, &path, body.map(|body| body.to_string())).await;
        assert_eq!(answer.expect_problem(412, "stale")["current_version"], json!(2), "{method} {path}");
    }
    assert_eq!(place.read().await, before);
    place
        .owner()
        .header("If-Match", "\"2\"")
        .patch(&place.field("name"), json!({"label": "X"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn all_faults_of_a_change_are_told_at_once_at_their_places_in_the_body() {
    let place = Place::new().await;
    let patch =
        json!({"singular_label": "", "item_label_fields": ["nope"], "fields_order": ["name", "email"]});
    let problem = place.refused("PATCH", &place.contacts(), patch, (422, "invalid_data")).await;
    assert_eq!(
        faults(&problem),
        [
            fault("/fields_order", "not_the_fields"),
            fault("/singular_label", "required"),
            fault("/item_label_fields/0", "unknown_field"),
        ]
    );
    let new = json!({"slug": "email", "label": "", "type": "dropdown"});
    let path = format!("{}/fields", place.contacts());
    let problem = place.refused("POST", &path, new, (422, "invalid_data")).await;
    assert_eq!(
        faults(&problem),
        [
            fault("/label", "required"),
            fault("/settings/options", "out_of_range"),
            fault("/slug", "slug_taken")
        ]
    );
    let patch = json!({"type": "number", "label": "", "unique": true});
    let problem = place.refused("PATCH", &place.field("notes"), patch, (422, "invalid_data")).await;
    assert_eq!(
        faults(&problem),
        [fault("/type", "type_fixed"), fault("/label", "required"), fault("/unique", "not_possible")]
    );
    place.refused("PATCH", &place.field("nope"), json!({"label": "X"}), (404, "not_found")).await;
    place.refused("PATCH", &place.field("name"), json!({"slug": "x"}), (400, "invalid_request")).await;
}

#[tokio::test]
async fn fields_are_put_into_another_order() {
    let place = Place::new().await;
    let slugs = |object_type: &Value| -> Vec<Value> {
        object_type["fields"].as_array().unwrap().iter().map(|field| field["slug"].clone()).collect()
    };
    let mut order = slugs(&place.read().await);
    order.reverse();
    let changed = place.owner().patch(&place.contacts(), json!({"fields_order": order})).await.expect(200);
    assert_eq!(slugs(&changed), order);
}

#[tokio::test]
async fn a_duplicate_has_the_same_fields_and_no_objects() {
    let place = Place::new().await;
    place.world.contact(json!({"email": an_email()})).await;
    let path = format!("{}/duplicate", place.contacts());
    let answer = place.owner().post(&path, json!({"slug": "leads", "plural_label": "Leads"})).await;
    let location = answer.header("location");
    let made = answer.expect(201);
    let contacts = place.read().await;
    assert_eq!(
        (&made["fields"], &made["singular_label"]),
        (&contacts["fields"], &contacts["singular_label"])
    );
    assert_eq!((&made["plural_label"], &made["version"]), (&json!("Leads"), &json!(1)));
    assert_eq!(place.owner().get(&location).await.expect(200), made);
    assert_eq!(place.owner().get(&place.objects("leads")).await.expect(200)["data"], json!([]));
    place.refused("POST", &path, json!({"slug": "leads"}), (409, "slug_taken")).await;
}

#[tokio::test]
async fn a_new_field_s_default_is_for_new_objects() {
    let place = Place::new().await;
    let old = place.world.contact(json!({"name": "Old"})).await;
    let path = format!("{}/fields", place.contacts());
    let new = json!({"slug": "city", "label": "City", "type": "text", "default": "Ulm"});
    let answer = place.owner().post(&path, new).await;
    assert_eq!(
        answer.header("location"),
        format!("{}/{}", place.world.types(), old["object_type"]["id"].as_str().unwrap())
    );
    assert_eq!(field(&answer.expect(201), "city")["default"], json!("Ulm"));
    place.known_everywhere();
    let read =
        place.owner().get(&format!("{}/{}", place.objects("contacts"), old["id"].as_str().unwrap())).await;
    assert_eq!(read.expect(200)["fields"]["city"], Value::Null);
    assert_eq!(place.world.contact(json!({"name": "New"})).await["fields"]["city"], json!("Ulm"));
}

#[tokio::test]
async fn each_member_of_a_field_changes_and_the_others_stay() {
    let place = Place::new().await;
    for (slug, patch) in [
        ("stage", json!({"label": "Phase"})),
        ("stage", json!({"default": "Won"})),
        ("stage", json!({"locked": "once_set"})),
        ("company", json!({"visible": {"if": {"field": "newsletter", "op": "checked"}}})),
        ("company", json!({"semantics": "employer"})),
        ("company", json!({"required": "always"})),
        ("company", json!({"settings": {"max_length": 50}})),
        ("company", json!({"searchable": true})),
        ("company", json!({"unique": true})),
    ] {
        let mut expected = place.shown(slug).await;
        expected.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        let answer = place.owner().patch(&place.field(slug), patch.clone()).await.expect(200);
        let mut changed = field(&answer, slug);
        for work in ["index", "check"] {
            changed.as_object_mut().unwrap().remove(work);
            expected.as_object_mut().unwrap().remove(work);
        }
        assert_eq!(changed, expected, "{patch}");
    }
    let cleared = place.owner().patch(&place.field("company"), json!({"semantics": null})).await.expect(200);
    assert_eq!(field(&cleared, "company").get("semantics"), None);
}

#[tokio::test]
async fn what_objects_contradict_is_refused_and_names_one() {
    let place = Place::new().await;
    for name in ["Ada", "Grace", "Edsger"] {
        place.world.contact(json!({"name": name, "company": "A company"})).await;
    }
    let lacking = place.world.contact(json!({"company": "B"})).await;
    let id = lacking["id"].as_str().unwrap();
    for (slug, patch, pointer, count) in [
        ("name", json!({"required": "always"}), "/required", 1),
        ("company", json!({"settings": {"max_length": 5}}), "/settings", 3),
        ("amount", json!({"required": {"if": {"field": "name", "op": "not_empty"}}}), "/required", 3),
    ] {
        let problem = place.refused("PATCH", &place.field(slug), patch, (409, "contradicted")).await;
        assert_eq!(faults(&problem), [fault(pointer, "contradicted")]);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{count} object")) && detail.contains("obj_"), "{detail}");
        assert_eq!(detail.contains(id), slug == "name");
    }
    let new = json!({"slug": "city", "label": "City", "type": "text", "required": "always"});
    let path = format!("{}/fields", place.contacts());
    place.refused("POST", &path, new, (409, "contradicted")).await;
    place.owner().delete(&format!("{}/{id}", place.objects("contacts"))).await.expect(204);
    place.owner().patch(&place.field("name"), json!({"required": "always"})).await.expect(200);
}

#[tokio::test]
async fn who_may_not_read_objects_makes_no_rule_that_would_tell_what_they_hold() {
    let place = Place::new().await;
    place.world.contact(json!({"name": "Ada", "amount": 1500})).await;
    let before = place.owner().get(&place.contacts()).await.text;
    let blind = place.world.owner.token(&[Permission::ObjectTypeRead, Permission::ObjectTypeUpdate]).await;
    let asks = |slug: &str, op: &str, value: Value| json!({"required": {"if": {"all": [{"field": slug, "op": op, "value": value}]}}});
    let mut told = Vec::new();
    for guess in [
        asks("amount", "eq", json!(1500)),
        asks("amount", "eq", json!(1501)),
        json!({"required": "always"}),
        json!({"settings": {"max_length": 1}}),
        json!({"settings": {"max_length": 99}}),
    ] {
        let mut problem =
            blind.patch(&place.field("company"), guess).await.expect_problem(403, "insufficient_scope");
        assert_eq!(problem["required_permissions"], json!(["object:read"]));
        problem.as_object_mut().unwrap().remove("request_id");
        told.push(problem);
    }
    let new = json!({"slug": "city", "label": "City", "type": "text", "required": "always"});
    blind.post(&format!("{}/fields", place.contacts()), new).await.expect_problem(403, "insufficient_scope");
    assert!(told.iter().all(|answer| *answer == told[0]), "{told:#?}");
    assert_eq!(place.owner().get(&place.contacts()).await.text, before);
    // What no object can contradict needs no look at them.
    blind.patch(&place.field("company"), json!({"label": "Firm", "searchable": true})).await.expect(200);
    let free = json!({"slug": "city", "label": "City", "type": "text"});
    blind.post(&format!("{}/fields", place.contacts()), free).await.expect(201);
}

#[tokio::test]
async fn what_says_the_same_in_other_digits_is_no_change_of_a_field() {
    let place = Place::new().await;
    let owner = place.owner();
    let path = format!("{}/fields", place.contacts());
    let tests = |value: &str| {
        format!(
            r#"{{"if": {{"any": [{{"field": "amount", "op": "eq", "value": {value}}},
            {{"field": "amount", "op": "in", "value": [7, {value}]}}]}}}}"#
        )
    };
    let field = |slug: &str, kind: &str, default: &str, value: &str| {
        format!(
            r#"{{"slug": "{slug}", "label": "L", "type": "{kind}", "default": {default},
            "locked": {rule}, "visible": {rule}, "required": {rule}}}"#,
            rule = tests(value)
        )
    };
    let same = |default: &str, value: &str| {
        format!(
            r#"{{"default": {default}, "locked": {rule}, "visible": {rule}, "required": {rule}}}"#,
            rule = tests(value)
        )
    };
    for (slug, kind, default, others, value) in [
        ("size", "number", "2.50", ["2.5", "25e-1", "2.500"], "1.0"),
        (
            "price",
            "money",
            r#"{"amount": "1.0"}"#,
            [r#"{"amount": "1.00", "currency": "USD"}"#, r#"{"amount": 1}"#, r#"{"amount": "1.000"}"#],
            "1",
        ),
    ] {
        owner.send("POST", &path, Some(field(slug, kind, default, value))).await.expect(201);
        let before = owner.get(&place.contacts()).await.expect(200);
        for (other, value) in others.iter().zip(["1", "1.00", "10e-1"]) {
            owner.send("PATCH", &format!("{path}/{slug}"), Some(same(other, value))).await.expect(200);
            assert_eq!(owner.get(&place.contacts()).await.expect(200), before, "{slug} {other} {value}");
        }
        let changed = owner.send("PATCH", &format!("{path}/{slug}"), Some(same(default, "1.01"))).await;
        assert_ne!(changed.expect(200)["version"], before["version"]);
    }
    let ticket = json!({"slug": "ticket", "label": "T", "type": "autogenerated"});
    owner.post(&path, ticket).await.expect(201);
    owner.patch(&format!("{path}/ticket"), json!({"settings": {"start": 1}})).await.expect(200);
}

#[tokio::test]
async fn what_can_no_longer_be_chosen_stays_where_it_was_chosen() {
    let place = Place::new().await;
    let won = place.world.contact(json!({"stage": "Won"})).await;
    let patch = json!({"settings": {"options": ["New", "Closed"]}});
    place.owner().patch(&place.field("stage"), patch).await.expect(200);
    place.known_everywhere();
    let path = format!("{}/{}", place.objects("contacts"), won["id"].as_str().unwrap());
    place.owner().patch(&path, json!({"fields": {"name": "Ada"}})).await.expect(200);
    assert_eq!(place.owner().get(&path).await.expect(200)["fields"]["stage"], json!("Won"));
    let again = place.owner().patch(&path, json!({"fields": {"stage": "Won"}})).await.expect(200);
    assert_eq!(again["version"], json!(2), "what is there is no change");
    let other = place.owner().patch(&path, json!({"fields": {"stage": "Lost"}})).await;
    assert_eq!(other.expect_problem(422, "invalid_data")["errors"][0]["code"], json!("not_an_option"));
    let default = json!({"settings": {"options": ["Closed"]}});
    place.refused("PATCH", &place.field("stage"), default, (422, "invalid_data")).await;
}

#[tokio::test]
async fn a_removed_field_hides_its_values_at_once() {
    let place = Place::new().await;
    let object = place.world.contact(json!({"name": "Ada", "company": "A"})).await;
    place.refused("DELETE", &place.field("name"), json!({}), (422, "invalid_data")).await;
    place.owner().delete(&place.field("company")).await.expect(200);
    let path = format!("{}/{}", place.objects("contacts"), object["id"].as_str().unwrap());
    assert_eq!(place.owner().get(&path).await.expect(200)["fields"].get("company"), None);
    let sent = place.owner().patch(&path, json!({"fields": {"company": "B"}})).await;
    assert_eq!(sent.expect_problem(422, "invalid_data")["errors"][0]["code"], json!("unknown_field"));
    let again = json!({"slug": "company", "label": "Company", "type": "text"});
    place.refused("POST", &format!("{}/fields", place.contacts()), again, (409, "slug_taken")).await;
}
