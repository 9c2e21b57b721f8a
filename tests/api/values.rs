//! Values that can be written in more than one way, through HTTP: each is the same value in objects, in what is unique, in
//! upserts and in filters.

mod emails;

use serde_json::{Value, json};

use crate::harness::{Answer, Person, World, unique};

/// One domain as it is read and as it is sent.
const READ: &str = "bücher.example";
const SENT: &str = "xn--bcher-kva.example";

/// A team with things that have a searchable field of each of these types.
struct Things {
    world: World,
    path: String,
}

impl Things {
    async fn with(fields: Value) -> Self {
        let world = World::new().await;
        let things =
            json!({"slug": "things", "singular_label": "Thing", "plural_label": "Things", "fields": fields});
        world.owner.api.post(&world.types(), things).await.expect(201);
        let path = format!("/v1/teams/{}/objects/things", world.team);
        Self { world, path }
    }

    async fn of(r#type: &str, settings: Value) -> Self {
        Self::with(json!([
            {"slug": "it", "label": "It", "type": r#type, "searchable": true, "settings": settings},
        ]))
        .await
    }

    async fn send(&self, value: impl Into<Value>) -> Answer {
        self.world.owner.api.post(&self.path, json!({"fields": {"it": value.into()}})).await
    }

    async fn make(&self, value: impl Into<Value>) -> Value {
        self.send(value).await.expect(201)
    }

    /// The values of what is found, in order.
    async fn found(&self, op: &str, value: impl Into<Value>) -> Vec<String> {
        found(&self.world, &self.path, "it", op, value.into()).await
    }

    /// The fault of a value that is refused, and nothing is made of it.
    async fn refused(&self, value: &str) -> Value {
        let count = async || {
            let list = self.world.owner.api.get(&self.path).await.expect(200);
            list["data"].as_array().unwrap().len()
        };
        let before = count().await;
        let problem = self.send(value).await.expect_problem(422, "invalid_data");
        assert_eq!(count().await, before, "{value}");
        problem["errors"][0].clone()
    }
}

async fn found(world: &World, path: &str, field: &str, op: &str, value: Value) -> Vec<String> {
    let query = json!({"filter": {"field": field, "op": op, "value": value}});
    let list = world.owner.api.post(&format!("{path}/query"), query).await.expect(200);
    let values = list["data"].as_array().unwrap().iter().map(|object| &object["fields"][field]);
    values.map(|value| value.as_str().unwrap().to_owned()).collect()
}

mod options {
    use super::*;

    const COMPOSED: &str = "Caf\u{e9}";
    const APART: &str = "Cafe\u{301}";

    #[tokio::test]
    async fn are_the_same_however_their_letters_are_composed() {
        for defined in [COMPOSED, APART] {
            let things = Things::of("dropdown", json!({"options": [defined, "Tea"]})).await;
            let shown =
                things.world.owner.api.get(&format!("{}/things", things.world.types())).await.expect(200);
            assert_eq!(shown["fields"][0]["settings"]["options"], json!([COMPOSED, "Tea"]));
            for sent in [COMPOSED, APART] {
                assert_eq!(things.make(sent).await["fields"]["it"], json!(COMPOSED));
            }
            things.make("Tea").await;
            for asked in [COMPOSED, APART] {
                for (op, value) in
                    [("eq", json!(asked)), ("in", json!([asked])), ("starts_with", json!(asked))]
                {
                    assert_eq!(things.found(op, value).await, [COMPOSED, COMPOSED], "{op} {asked:?}");
                }
                assert_eq!(things.found("ne", asked).await, ["Tea"]);
                let query = format!("{}/stats?filter[it][eq]={asked}", things.path);
                assert_eq!(things.world.owner.api.get(&query).await.expect(200)["count"], json!(2));
            }
        }
    }

    #[tokio::test]
    async fn that_only_differ_in_composition_are_one_and_stand_once() {
        let world = World::new().await;
        let things = json!({"slug": "things", "singular_label": "T", "plural_label": "Ts", "fields": [
            {"slug": "it", "label": "It", "type": "radio", "settings": {"options": [COMPOSED, APART]}},
        ]});
        let problem = world.owner.api.post(&world.types(), things).await.expect_problem(422, "invalid_data");
        let fault = &problem["errors"][0];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&json!("/fields/0/settings/options/1"), &json!("duplicate"))
        );
        world.owner.api.get(&format!("{}/things", world.types())).await.expect_problem(404, "not_found");
    }

    #[tokio::test]
    async fn of_checkboxes_and_conditions_are_the_same_too() {
        let options = json!({"options": [APART, "Tea"]});
        let things = Things::with(json!([
            {"slug": "it", "label": "It", "type": "dropdown", "searchable": true, "settings": options},
            {"slug": "all", "label": "All", "type": "checkboxes", "settings": options},
            {"slug": "why", "label": "Why", "type": "text",
                "required": {"if": {"field": "it", "op": "eq", "value": APART}}},
        ]))
        .await;
        let api = &things.world.owner.api;
        let made = api.post(&things.path, json!({"fields": {"all": ["Tea", APART]}})).await.expect(201);
        assert_eq!(made["fields"]["all"], json!([COMPOSED, "Tea"]));
        assert_eq!(things.refused(COMPOSED).await["pointer"], json!("/fields/why"));
    }
}

mod texts {
    use super::*;

    const HEBREW: &str = "\u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{2066}API\u{2069}\u{200e}\u{61c}!";

    #[tokio::test]
    async fn keep_the_marks_that_their_direction_needs_and_no_others() {
        for r#type in ["text", "name"] {
            let things = Things::of(r#type, json!({})).await;
            assert_eq!(things.make(HEBREW).await["fields"]["it"], json!(HEBREW));
            assert_eq!(things.found("eq", HEBREW).await, [HEBREW]);
            for turned in ["a\u{202e}b", "\u{202a}a\u{202c}", "a\u{202d}"] {
                assert_eq!(things.refused(turned).await["code"], json!("control_character"), "{turned:?}");
            }
        }
        let things = Things::with(json!([{"slug": "it", "label": "It", "type": "textarea"}])).await;
        let text = format!("{HEBREW}\n{HEBREW}");
        assert_eq!(things.make(text.as_str()).await["fields"]["it"], json!(text));
        assert_eq!(things.refused("a\u{202e}b").await["code"], json!("control_character"));
    }

    #[tokio::test]
    async fn that_name_tokens_and_teams_have_none() {
        let person = Person::new().await;
        let tokens = async || person.api.get("/v1/tokens").await.expect(200)["data"].clone();
        let name = format!("Name {}\u{200f}", unique());
        let body = json!({"name": name, "permissions": ["object:read"]});
        let team = json!({"name": name, "slug": format!("team-{}", unique())});
        for (path, body) in [("/v1/tokens", body), ("/v1/teams", team)] {
            let problem = person.api.post(path, body).await.expect_problem(422, "invalid_data");
            assert_eq!(problem["errors"][0]["code"], json!("control_character"), "{path}");
        }
        assert_eq!(tokens().await, json!([]));
        assert_eq!(person.api.get("/v1/teams").await.expect(200)["data"], json!([]));
    }
}

mod phones {
    use super::*;

    #[tokio::test]
    async fn lose_what_cannot_be_seen_and_the_scheme_of_a_link() {
        let things = Things::of("phone", json!({})).await;
        for sent in [
            "\u{202a}+49 30 123456\u{202c}",
            "\u{200e}+49\u{a0}30\u{a0}123456",
            "\u{feff}+49\u{202f}30\u{2009}12\u{200b}34\u{2060}56",
            "tel:+49-30-123456",
        ] {
            assert_eq!(things.make(sent).await["fields"]["it"], json!("+4930123456"), "{sent:?}");
        }
        assert_eq!(things.found("eq", "tel:\u{202d}+49 30 123456\u{202e}").await.len(), 4);
    }

    #[tokio::test]
    async fn with_an_extension_are_refused_and_told_so() {
        let things = Things::of("phone", json!({"default_country": "US"})).await;
        for (number, extension) in [
            ("+1 212 555 0123 ext. 12", "ext. 12"),
            ("(212) 555-0123 x123", "x123"),
            ("tel:+1-212-555-0123;ext=12", ";ext=12"),
            ("212-555-0123 #7", "#7"),
        ] {
            let fault = things.refused(number).await;
            assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/fields/it"), &json!("not_a_phone")));
            let detail = fault["detail"].as_str().unwrap();
            assert!(detail.contains(&format!("leave \"{extension}\" out")), "{detail}");
        }
    }
}

mod urls {
    use super::*;

    #[tokio::test]
    async fn are_found_by_their_domain_as_it_is_read_and_as_it_is_sent() {
        let things = Things::of("url", json!({})).await;
        let kept = format!("https://{SENT}/Shop");
        for sent in
            [format!("https://{READ}/Shop"), format!("{SENT}/Shop"), "https://BÜCHER.example/Shop".to_owned()]
        {
            assert_eq!(things.make(sent.as_str()).await["fields"]["it"], json!(kept), "{sent}");
        }
        things.make("https://bucher.example/").await;
        for (op, value) in [
            ("contains", "bücher"),
            ("contains", "BÜCHER.example/shop"),
            ("contains", "bu\u{308}cher"),
            ("contains", "xn--bcher-kva"),
            ("starts_with", "https://büch"),
            ("starts_with", "https://xn--bch"),
            ("eq", "bücher.example/Shop"),
            ("eq", "https://xn--bcher-kva.example/Shop"),
        ] {
            assert_eq!(things.found(op, value).await, [kept.as_str(); 3], "{op} {value}");
        }
        assert!(things.found("contains", "ücher.example/other").await.is_empty());
        assert!(things.found("eq", "bücher.example/shop").await.is_empty());
    }

    #[tokio::test]
    async fn have_a_host_that_can_be_one() {
        let things = Things::of("url", json!({})).await;
        let label = "a".repeat(64);
        for sent in
            ["https://.com", "http://a..b", "a..example.com", "https://.", &format!("https://{label}.com")]
        {
            assert_eq!(things.refused(sent).await["code"], json!("not_a_url"), "{sent}");
        }
        things.make(format!("https://{}.com", &label[1..])).await;
        let hooks = format!("/v1/teams/{}/webhooks", things.world.team);
        for url in ["https://a..example.com/", &format!("https://{label}.example.com/")] {
            let hook = json!({"name": "A", "url": url, "topics": ["object.created"]});
            let problem = things.world.owner.api.post(&hooks, hook).await.expect_problem(422, "invalid_data");
            assert_eq!(problem["errors"][0]["pointer"], json!("/url"), "{url}");
        }
        assert_eq!(things.world.owner.api.get(&hooks).await.expect(200)["data"], json!([]));
    }
}
