//! Bad input: a clear refusal in the form of all refusals, never a failure, and nothing changes.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use api::routes::RouteInfo;
use base::Permission;
use serde_json::{Value, json};

use crate::{
    every_route::all,
    forms,
    harness::{Answer, Api, Person, World, an_email, system},
};

pub(crate) const JSON: &str = "Content-Type: application/json\r\n";
pub(crate) const CONTACTS: &str = "/v1/teams/{team}/objects/contacts";
pub(crate) const CONTACT: &str = "/v1/teams/{team}/objects/contacts/{id}";
const FORMS: &str = "/v1/teams/{team}/forms";
const WEBHOOKS: &str = "/v1/teams/{team}/webhooks";
const VIEWS: &str = "/v1/teams/{team}/views";
/// An address that nobody answers at (RFC 2606).
const NOBODY: &str = "https://receiver.invalid/";
/// All that an owner can see, `T` being the path of the team.
const LISTS: &str = "/v1/me /v1/teams /v1/tokens T T/object-types T/members T/invitations T/objects/contacts?limit=100 \
                     T/objects/contacts?trashed=only T/webhooks T/webhooks?trashed=only T/forms T/forms?trashed=only \
                     T/views T/views?trashed=only";
const NO_JSON: &[u8] =
    b";{\"name\": \"Ad;{} {};{'a': 1};{\"a\": NaN};{\"a\": 01};{\"a\": \"\n\"};{\"a\": \"\xff\xfe\"};\
                         {\"a\": \"\xed\xa0\x80\"};{\"a\": \"\\ud800\"};\0{};{\"a\": 1,};{/**/}";
const TWICE: &[u8] = b"{\"name\": \"a\", \"name\": \"b\"};{\"a\": {\"b\": 1, \"\\u0062\": 2}}";
const NO_OBJECT: &[u8] = b"[];\"name\";null;7;true;[[\"name\", 1]]";
const OTHER_KINDS: &str = "[[[]]] {\"a\":{\"b\":[]}} -1 1.5 1e308 18446744073709551616";
const NO_NUMBERS: &str = "1e38 -1e38 1e-39 1e308 123456789012345678901234567890123456789 \"1\" [] {} true";
/// Every body with a name or a label in it.
const NAMED: &str = r#"POST /v1/tokens {"name":NAME,"permissions":["upload"]}
PATCH /v1/tokens/{token} {"name":NAME}
POST /v1/teams {"name":NAME,"slug":"hostile"}
POST /v1/teams/{team}/object-types {"slug":"a","singular_label":"A","plural_label":"A","fields":[{"slug":"a","label":NAME,"type":"text"}]}
POST /v1/teams/{team}/objects/contacts {"fields":{"name":NAME}}
PUT /v1/teams/{team}/objects/contacts?match=number {"fields":{"number":NAME}}
PATCH /v1/teams/{team}/objects/contacts/{id} {"fields":{"name":NAME}}
POST /v1/teams/{team}/views {"name":NAME,"kind":"table","object_type":"contacts"}
PATCH /v1/teams/{team}/views/{view} {"name":NAME}"#;
/// Other spellings of a path: `<` is all but its last segment, `>` the last one, `^` that with its first letter escaped.
const SPELLINGS: &str = "</>/ /</> <//> </./> </x/../> </%2e/> </x/%2e%2e/> <%2f> </^ </>;a=b </>%00 </>%20 <\\> </>%ff \
                         </>% </>%zz </>| </* </>é </>/. </>/.. </>%2f </>/%";
const QUERIES: &str = "no=1 %00 =x a=1&a=2 %ff=1 a[b]=1 limit=1%26cursor=2 limit=0 limit=101 limit=-1 limit=1.5 limit= \
                       limit=1e1 limit=99999999999999999999 limit=%EF%BC%95 limit=1&limit=1 cursor=x cursor=%00 \
                       trashed= trashed=only%00 trashed=all match= match=amount match=%23n0 status=x";
/// What stands in the place of, or behind, the content type, and the status.
const HEADERS: &str = "415X: 1;415Content-Type:;415Content-Type: text/plain;400+Idempotency-Key:;400+Idempotency-Key: é;\
                       400+Idempotency-Key: LONG;400+If-Match:;400+If-Match: 1;400+If-Match: \"1;400+If-Match: W/1";
const CREDENTIALS: &str = "Basic S;Token S;S;;Bearer;Bearer \"S\";Bearer S, Bearer S;Bearer S S;Bearer\tS;Bearer Sé;Bearer x\r\nAuthorization: Bearer S";
/// Words of expressions, of other languages and of our own keys.
const INJECTIONS: &str = "attribute_exists(pk);#n0 = :v0;SET fields.name = :v0;x' OR '1'='1;{\"S\": \"x\"};\"},{\"a\":\";\\;\
                          TEAM#x;$context.requestId;${jndi:ldap://x};<script>alert(1)</script>;../../etc/passwd;%00;=1+1;é";
/// Slugs that are attributes of our items, reserved words of DynamoDB, or names of JavaScript.
const SLUGS: &str = "size name status type data key values pk sk ix tx q fields unique version actor destroyed \
                     trashed_at updated_at created_by s01 s16 decimal set add expires sends or not null constructor";

/// A team with one thing of each kind, so that every path leads somewhere, and what its owner saw in the beginning.
pub(crate) struct Scene {
    pub(crate) world: World,
    /// Somebody else's, for what only a token may do.
    token: Api,
    ids: Vec<(&'static str, String)>,
    pub(crate) before: Vec<Value>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let ids = vec![("{team}", world.team.clone()), ("{user}", world.member("member").await.id)];
        let token = Person::new().await.token(&[Permission::Upload]).await;
        let mut scene = Self { world, token, ids, before: Vec::new() };
        for (name, path, body) in [
            ("{id}", CONTACTS, json!({"fields": {"name": "Ada", "number": "7"}})),
            ("{token}", "/v1/tokens", json!({"name": "a", "permissions": ["upload"]})),
            ("{invitation}", "/v1/teams/{team}/invitations", json!({"email": an_email(), "role": "member"})),
            ("{webhook}", WEBHOOKS, json!({"name": "a", "url": NOBODY, "topics": ["object.send"]})),
            ("{upload}", "/v1/teams/{team}/uploads", json!({"filename": "a.txt", "size": 1})),
            ("{form}", FORMS, forms::a_form()),
            ("{view}", VIEWS, json!({"name": "a", "kind": "table", "object_type": "contacts"})),
        ] {
            let made = scene.send("POST", path, body.to_string()).expect(201);
            scene.ids.push((name, made["id"].as_str().unwrap().to_owned()));
        }
        scene.ids.extend(scene.form());
        scene.ids.push(("{delivery}", scene.delivery().await));
        scene.ids.push(("{type}", "contacts".to_owned()));
        scene.ids.push(("{slug}", "name".to_owned()));
        scene.ids.push(("{field}", "name".to_owned()));
        scene.before = scene.seen();
        scene
    }

    /// The key of the form, and what was sent with it and is held.
    fn form(&self) -> [(&'static str, String); 2] {
        let key = self.send("GET", &format!("{FORMS}/{{form}}"), "").expect(200)["key"].clone();
        let public = format!("/v1/forms/{}", key.as_str().unwrap());
        let shown = self.send("GET", &public, "").expect(200);
        let trap = shown["trap"]["name"].as_str().unwrap();
        let trapped = json!({"token": shown["token"], "fields": {trap: "x"}});
        self.send("POST", &format!("{public}/submissions"), trapped.to_string()).expect(201);
        let held = self.send("GET", &format!("{FORMS}/{{form}}/submissions"), "").expect(200);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        [("{key}", text(&key)), ("{submission}", text(&held["data"][0]["id"]))]
    }

    /// A delivery to nobody, which waits for its third try, minutes from now: until then nothing moves.
    async fn delivery(&self) -> String {
        let made = self.send("POST", &format!("{WEBHOOKS}/{{webhook}}/test"), "").expect(202);
        let id = made["id"].as_str().unwrap().to_owned();
        let path = format!("{WEBHOOKS}/{{webhook}}/deliveries/{id}");
        for _ in 0..6_000 {
            if self.send("GET", &path, "").expect(200)["tries"] == json!(2) {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the delivery is not tried");
    }

    pub(crate) fn seen(&self) -> Vec<Value> {
        let lists = LISTS.replace('T', "/v1/teams/{team}");
        lists.split(' ').map(|list| self.send("GET", list, "").expect(200)).collect()
    }

    pub(crate) fn path(&self, path: &str) -> String {
        self.ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.send_with(JSON.trim_end(), method, path, body)
    }

    pub(crate) fn send_with(
        &self,
        headers: &str,
        method: &str,
        path: &str,
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let is_own = path.starts_with("/v1/token/") || path.split('?').next() == Some("/v1/token");
        let sender = if is_own { &self.token } else { &self.world.owner.api }.credential();
        let head = format!("{method} {} HTTP/1.1\r\nAuthorization: Bearer {sender}\r\n", self.path(path));
        raw(&(head + headers), body.as_ref())
    }

    /// Refused by whatever code, but as a fault of the client and in the form that every refusal has.
    #[track_caller]
    fn refuses(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Value {
        let answer = self.send(method, path, &body);
        let (status, sent) = (answer.status, String::from_utf8_lossy(body.as_ref()));
        assert!((400..500).contains(&status), "{method} {path} {sent:.500}: {status} {:.500}", answer.text);
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        answer.expect_problem(status, &code)
    }
}

fn raw(head: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(system().url.trim_start_matches("http://")).unwrap();
    let rest = format!("\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), rest.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    Answer { status: head[9..12].parse().unwrap(), headers, text: text.to_owned() }
}

/// The routes that read a body; an upsert says by what it matches.
pub(crate) fn writing() -> impl Iterator<Item = (RouteInfo, String)> {
    sendable().filter(|(info, _)| info.reads_body)
}

/// The same with those that change something and take no body.
pub(crate) fn sendable() -> impl Iterator<Item = (RouteInfo, String)> {
    all().into_iter().filter(|info| info.reads_body || info.writes).map(|info| {
        let query = if info.route.method == "PUT" { "?match=email" } else { "" };
        (info.clone(), format!("{}{query}", info.route.path))
    })
}

/// Sends the names to so many of the routes that take one.
async fn every_name_is_refused(names: &[&str], routes: usize) {
    let scene = Scene::new().await;
    for (line, name) in NAMED.lines().take(routes).flat_map(|line| names.iter().map(move |name| (line, name)))
    {
        let [method, path, body] = line.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
        let body = body.replace("NAME", &json!(name).to_string());
        assert_eq!(scene.refuses(method, path, &body)["status"], json!(422), "{body}");
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn what_is_no_json_object_is_400() {
    let scene = Scene::new().await;
    let deep = ["[".repeat(100_000), "{\"a\":".repeat(100_000), "[".repeat(129) + &"]".repeat(129)].join(";");
    let kinds = [NO_JSON, deep.as_bytes(), TWICE, NO_OBJECT];
    let codes = ["invalid_json", "invalid_json", "duplicate_member", "wrong_type"];
    let document = scene.send("GET", "/v1/openapi.json", "").expect(200);
    for (RouteInfo { route, .. }, path) in writing() {
        let is_optional = document["paths"][&route.path][route.method.to_lowercase()]["requestBody"]["required"]
            == json!(false);
        for (bodies, code) in kinds.iter().zip(codes) {
            for body in bodies.split(|byte| *byte == b';').filter(|body| !body.is_empty() || !is_optional) {
                let problem = scene.send(&route.method, &path, body).expect_problem(400, "invalid_request");
                assert_eq!(problem["errors"][0]["code"], json!(code), "{route:?}");
            }
        }
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn a_value_of_another_kind_is_refused_for_every_member_of_every_body() {
    let scene = Scene::new().await;
    let document = scene.send("GET", "/v1/openapi.json", "").expect(200);
    for (RouteInfo { route, .. }, path) in writing() {
        let body = &document["paths"][&route.path][route.method.to_lowercase()]["requestBody"];
        let schema = &body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap()[1..];
        for member in document.pointer(schema).unwrap()["properties"].as_object().unwrap().keys() {
            for value in OTHER_KINDS.split(' ') {
                scene.refuses(&route.method, &path, format!("{{\"{member}\": {value}}}"));
            }
        }
    }
    for number in NO_NUMBERS.split(' ') {
        scene.refuses("PATCH", CONTACT, format!("{{\"fields\": {{\"amount\": {number}}}}}"));
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn a_body_of_one_mebibyte_gets_a_small_refusal_and_one_byte_more_is_413() {
    let scene = Scene::new().await;
    let body = |length: usize| format!("{{\"no-such-member\":{}1}}", " ".repeat(length - 20));
    for (RouteInfo { route, .. }, path) in writing() {
        let problem = scene.send(&route.method, &path, body(1 << 20)).expect_problem(400, "invalid_request");
        assert_eq!(problem["errors"][0]["code"], json!("unknown_member"), "{route:?}");
        scene.send(&route.method, &path, body((1 << 20) + 1)).expect_problem(413, "too_large");
    }
    let headers = format!("{JSON}Idempotency-Key: many");
    let many = (0..90_000).map(|n| format!("\"a{n}\":0")).collect::<Vec<_>>().join(",");
    let answer = scene.send_with(&headers, "POST", CONTACTS, format!("{{\"fields\":{{{many}}}}}"));
    assert!(answer.text.len() < 1 << 20, "{} bytes", answer.text.len());
    answer.expect_problem(422, "invalid_data");
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn names_with_characters_that_are_not_seen_or_without_end_are_422() {
    let (long, marks) = ("x".repeat(50_001), "\u{301}".repeat(50_001));
    let names = ["\0", "a\nb", "a\u{85}b", "\u{202e}a", "a\u{202a}b\u{202c}", "a\u{2028}b", &long, &marks];
    every_name_is_refused(&names, 7).await;
    // Data is copied from anywhere: there, what has no width is left out, and marks of direction are kept.
    every_name_is_refused(
        &[
            "\u{2066}b",
            "\u{61c}b",
            "b\u{200f}",
            "\u{200b}",
            "A\u{200b}a",
            "\u{feff}",
            "A\u{2060}a",
            "A\u{ad}a",
        ],
        4,
    )
    .await;
}

#[tokio::test]
async fn ids_of_another_form_and_odd_queries_are_refused() {
    let scene = Scene::new().await;
    for RouteInfo { route, .. } in all() {
        for (name, id) in scene.ids.iter().filter(|(name, _)| route.path.contains(name)) {
            let (cut, capital, long) = (&id[1..], id.to_uppercase(), "a".repeat(5_000));
            for other in format!("{id}0 {cut} {capital} {long} - ~ ... null __proto__").split(' ') {
                scene.refuses(&route.method, &route.path.replace(name, other), "{}");
            }
        }
        for query in QUERIES.split_whitespace() {
            scene.refuses(&route.method, &format!("{}?{query}", route.path), "{}");
        }
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn a_path_has_one_spelling_and_a_method_too() {
    let scene = Scene::new().await;
    for RouteInfo { route, .. } in all() {
        let path = scene.path(&route.path);
        let (head, tail) = path.rsplit_once('/').unwrap();
        let escaped = format!("%{:02x}{}", tail.as_bytes()[0], &tail[1..]);
        let spelt = |other: &str| other.replace('<', head).replace('>', tail).replace('^', &escaped);
        for other in SPELLINGS.split_whitespace().map(spelt).chain([path.replace("v1", "V1")]) {
            scene.send(&route.method, &other, "{}").expect_problem(404, "not_found");
        }
        for other in [&route.method.to_lowercase(), "OPTIONS", "TRACE", "BREW", "M-SEARCH"] {
            let answer = scene.send(other, &path, "{}");
            assert!(answer.header("allow").contains(&route.method), "{other} {path} {}", answer.text);
            answer.expect_problem(405, "method_not_allowed");
        }
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn odd_headers_are_refused() {
    let scene = Scene::new().await;
    let headers = HEADERS.replace("LONG", &"k".repeat(256)).replace('+', JSON);
    for (RouteInfo { route, writes, .. }, path) in writing() {
        let counts = |line: &&str| {
            (route.method == "PATCH" || !line.contains("If-Match"))
                && (writes || !line.contains("Idempotency-Key"))
        };
        for line in headers.split(';').filter(counts) {
            let (status, headers) = line.split_at(3);
            let answer = scene.send_with(headers, &route.method, &path, "{}");
            assert_eq!(answer.status.to_string(), status, "{route:?} {line} {}", answer.text);
        }
    }
    let versions = (2..1_000).map(|version| format!("\"{version}\"")).collect::<Vec<_>>().join(",");
    let headers = format!("{JSON}If-Match: {versions}");
    scene
        .send_with(&headers, "PATCH", CONTACT, br#"{"fields": {"name": "B"}}"#)
        .expect_problem(400, "invalid_request");
    for header in CREDENTIALS.replace('S', scene.world.owner.api.credential()).split(';') {
        let head = format!("GET /v1/me HTTP/1.1\r\nAuthorization: {header}");
        raw(&head, b"").expect_problem(401, "invalid_token");
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn words_of_expressions_are_texts_and_every_zero_is_one() {
    let scene = Scene::new().await;
    for zero in ["0e5", "0E10", "-0e3", "0.0e7", "-0.0", "0e-9", "0.00", "-0"] {
        let body = format!("{{\"fields\": {{\"amount\": {zero}}}}}");
        let amount = scene.send("PATCH", CONTACT, body).expect(200)["fields"]["amount"].as_f64();
        assert_eq!(amount.map(f64::abs), Some(0.0), "{zero}");
    }
    let upsert = |text: &str| {
        let body = json!({"fields": {"name": text, "notes": text, "number": text}});
        scene.send("PUT", &format!("{CONTACTS}?match=number"), body.to_string())
    };
    for (n, text) in INJECTIONS.split(';').enumerate() {
        let (made, changed) = (upsert(text).expect(201), upsert(text).expect(200));
        assert_eq!((&made["id"], &made["fields"]["notes"]), (&changed["id"], &json!(text)));
        assert_eq!(scene.world.all_contacts().await.len(), n + 2);
        for body in [json!({"fields": {text: "x"}}), json!({text: 1}), json!({"fields": {"stage": text}})] {
            scene.refuses("PATCH", CONTACT, body.to_string());
        }
    }
}

#[tokio::test]
async fn fields_may_be_called_like_our_own_attributes() {
    let scene = Scene::new().await;
    let field = |(n, slug)| json!({"slug": slug, "label": "A", "type": "text", "searchable": n % 2 == 0, "unique": n % 3 == 0});
    let fields: Vec<_> = SLUGS.split_whitespace().enumerate().map(field).collect();
    let body = json!({"slug": "type", "singular_label": "A", "plural_label": "A", "fields": fields});
    scene.send("POST", "/v1/teams/{team}/object-types", body.to_string()).expect(201);
    let objects = CONTACTS.replace("contacts", "type");
    let object = scene.send("POST", &objects, "{\"fields\":{}}").expect(201);
    let path = format!("{objects}/{}", object["id"].as_str().unwrap());
    let values = SLUGS.split_whitespace().flat_map(|slug| [(slug, json!("a")), (slug, Value::Null)]);
    for ((slug, value), version) in values.zip(2..) {
        let mut expected = object["fields"].clone();
        expected[slug] = value.clone();
        let changed = scene.send("PATCH", &path, json!({"fields": {slug: value}}).to_string()).expect(200);
        assert_eq!((&changed["fields"], &changed["version"]), (&expected, &json!(version)), "{slug}");
    }
}
