//! Bad input: a clear refusal in the form of all refusals, never a failure, and nothing changes.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::{Value, json};
use shared::routes::RouteInfo;

use crate::{
    every_route::all,
    harness::{Answer, Api, World, an_email, system, unique},
};

const JSON: &str = "\r\nContent-Type: application/json";
const MEBIBYTE: usize = 1024 * 1024;

/// A team with one thing of each kind, so that every path leads somewhere.
struct Scene {
    world: World,
    ids: Vec<(&'static str, String)>,
    before: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
        let token = json!({"name": format!("token {}", unique()), "permissions": ["upload"]});
        let token = world.owner.api.post("/v1/tokens", token).await.expect(201);
        let invitation = json!({"email": an_email(), "role": "member"});
        let invitation = world.owner.api.post(&world.invitations(), invitation).await.expect(201);
        let contact = world.contact(json!({"email": an_email(), "name": "Ada", "number": "7"})).await;
        let ids = vec![
            ("{team}", world.team.clone()),
            ("{type}", "contacts".to_owned()),
            ("{id}", id(&contact)),
            ("{user}", world.member("member").await.id),
            ("{token}", id(&token)),
            ("{invitation}", id(&invitation)),
        ];
        let before = seen(&world).await;
        Self { world, ids, before }
    }

    /// All is as it was in the beginning.
    async fn is_unchanged(&self) {
        assert_eq!(seen(&self.world).await, self.before);
    }

    fn api(&self) -> &Api {
        &self.world.owner.api
    }

    /// The path to what is there.
    fn path(&self, info: &RouteInfo) -> String {
        let path = self.ids.iter().fold(info.route.path.clone(), |path, (name, id)| path.replace(name, id));
        path + if info.route.method == "PUT" { "?match=email" } else { "" }
    }

    fn contact(&self) -> String {
        format!("{}/{}", self.world.contacts(), self.ids[2].1)
    }

    /// Sends what no client would; `headers` begin with a line break each.
    fn raw(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        raw(
            &format!(
                "{method} {path} HTTP/1.1\r\nAuthorization: Bearer {}{headers}",
                self.api().credential()
            ),
            body,
        )
    }
}

/// All that the owner can see.
async fn seen(world: &World) -> Vec<String> {
    let of_team =
        ["object-types", "objects/contacts", "objects/contacts?trashed=only", "members", "invitations"];
    let of_team = of_team.map(|list| format!("/v1/teams/{}/{list}", world.team));
    let mut texts = Vec::new();
    for list in ["/v1/me", "/v1/teams", "/v1/tokens"].into_iter().chain(of_team.iter().map(String::as_str)) {
        texts.push(world.owner.api.get(list).await.text);
    }
    texts
}

fn raw(head: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(system().url.trim_start_matches("http://")).unwrap();
    let rest = format!("\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), rest.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    Answer { status, headers, text: text.to_owned() }
}

/// Refused by whatever code, but as a fault of the client and in the form that every refusal has.
#[track_caller]
fn refused(answer: Answer, what: &str) -> Value {
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text);
    let (status, code) = (answer.status, answer.json()["code"].as_str().unwrap_or(what).to_owned());
    answer.expect_problem(status, &code)
}

fn writing() -> impl Iterator<Item = RouteInfo> {
    all().into_iter().filter(|info| info.reads_body)
}

/// Every route that takes a name or a label, with this one.
fn named(scene: &Scene, name: &str) -> Vec<(&'static str, String, Value)> {
    let slug = format!("s{}", unique());
    let object_type = |label: &str, of_field: &str| {
        let field = json!({"slug": "a", "label": of_field, "type": "text"});
        json!({"slug": slug, "singular_label": label, "plural_label": "Things", "fields": [field]})
    };
    vec![
        ("POST", "/v1/tokens".into(), json!({"name": name, "permissions": ["upload"]})),
        ("PATCH", format!("/v1/tokens/{}", scene.ids[4].1), json!({"name": name})),
        ("POST", "/v1/teams".into(), json!({"name": name, "slug": slug})),
        ("POST", scene.world.types(), object_type(name, "A")),
        ("POST", scene.world.types(), object_type("Thing", name)),
        ("POST", scene.world.contacts(), json!({"fields": {"name": name}})),
        ("PUT", format!("{}?match=number", scene.world.contacts()), json!({"fields": {"number": name}})),
        ("PATCH", scene.contact(), json!({"fields": {"name": name}})),
    ]
}

async fn all_refuse(scene: &Scene, names: &[&str]) {
    for name in names {
        for (method, path, body) in named(scene, name) {
            let what = format!("{method} {path} {:?}", &name[..name.len().min(20)]);
            assert_eq!(scene.api().send(method, &path, Some(body.to_string())).await.status, 422, "{what}");
        }
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn what_is_no_json_is_400() {
    let scene = Scene::new().await;
    let (lists, objects) = ("[".repeat(100_000), "{\"name\":".repeat(100_000));
    let closed = format!("{{\"name\": {}{}}}", "[".repeat(130), "]".repeat(130));
    for info in writing() {
        for (body, code) in [
            (&b""[..], "invalid_json"),
            (b"{\"name\": \"Ad", "invalid_json"),
            (b"{\"name\"", "invalid_json"),
            (b"{} {}", "invalid_json"),
            (b"{'name': 1}", "invalid_json"),
            (b"{\"name\": NaN}", "invalid_json"),
            (b"{\"name\": 1e999}", "invalid_json"),
            (b"{\"name\": 01}", "invalid_json"),
            (b"{\"name\": \"a\nb\"}", "invalid_json"),
            (b"{\"name\": \"\xff\xfe\"}", "invalid_json"),
            (b"{\"name\": \"\xed\xa0\x80\"}", "invalid_json"),
            (b"{\"name\": \"\\ud800\"}", "invalid_json"),
            (b"\xef\xbb\xbf{}", "invalid_json"),
            (b"{\"name\": \"a\", \"name\": \"b\"}", "duplicate_member"),
            (b"{\"a\": {\"b\": 1, \"\\u0062\": 2}}", "duplicate_member"),
            (lists.as_bytes(), "invalid_json"),
            (objects.as_bytes(), "invalid_json"),
            (closed.as_bytes(), "invalid_json"),
            (b"[]", "wrong_type"),
            (b"\"name\"", "wrong_type"),
            (b"null", "wrong_type"),
            (b"7", "wrong_type"),
            (b"\0{}", "invalid_json"),
        ] {
            let problem = scene
                .raw(&info.route.method, &scene.path(&info), JSON, body)
                .expect_problem(400, "invalid_request");
            assert_eq!(problem["errors"][0]["code"], json!(code), "{} {problem}", info.id);
        }
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn a_value_of_another_kind_is_refused_for_every_member_of_every_body() {
    let scene = Scene::new().await;
    let document = scene.api().get("/v1/openapi.json").await.expect(200);
    let digits = "9".repeat(400);
    for info in writing() {
        let body = &document["paths"][&info.route.path][info.route.method.to_lowercase()]["requestBody"];
        let name = body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
        for member in
            document.pointer(&format!("{}/properties", &name[1..])).unwrap().as_object().unwrap().keys()
        {
            for value in
                ["[[[]]]", "{\"a\": {\"b\": []}}", "-1", "1.5", "1e308", "18446744073709551616", &digits]
            {
                let (what, body) =
                    (format!("{} {member} {value}", info.id), format!("{{\"{member}\": {value}}}"));
                refused(scene.api().send(&info.route.method, &scene.path(&info), Some(body)).await, &what);
            }
        }
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_read_and_one_byte_more_is_413() {
    let scene = Scene::new().await;
    let body = |length: usize| format!("{{\"no-such-member\":{}1}}", " ".repeat(length - 20));
    for info in writing() {
        let send =
            async |length| scene.api().send(&info.route.method, &scene.path(&info), Some(body(length))).await;
        let problem = send(MEBIBYTE).await.expect_problem(400, "invalid_request");
        assert_eq!(problem["errors"][0]["code"], json!("unknown_member"), "{}", info.id);
        send(MEBIBYTE + 1).await.expect_problem(413, "too_large");
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn more_faults_than_fit_an_answer_are_a_refusal_too() {
    let scene = Scene::new().await;
    let many = (0..90_000).map(|n| format!("\"a{n}\":0")).collect::<Vec<_>>().join(",");
    for body in [format!("{{\"fields\":{{{many}}}}}"), format!("{{\"{}\":0}}", "~".repeat(900_000))] {
        let api = scene.api().header("idempotency-key", &unique().to_string());
        let answer = api.send("POST", &scene.world.contacts(), Some(body)).await;
        assert!(answer.text.len() < MEBIBYTE, "an answer of {} bytes", answer.text.len());
        refused(answer, "many faults");
    }
}

#[tokio::test]
async fn names_with_control_characters_or_without_end_are_422() {
    let scene = Scene::new().await;
    let (long, marks) = ("x".repeat(50_001), "\u{301}".repeat(50_001));
    let names = [
        "a\0b",
        "a\nb",
        "a\u{7f}b",
        "a\u{85}b",
        "\u{1b}[31m",
        "\u{202e}a",
        "a\u{2066}b",
        "a\u{200e}",
        &long,
        &marks,
    ];
    all_refuse(&scene, &names).await;
}

#[tokio::test]
async fn names_of_which_a_part_is_not_seen_are_422() {
    let scene = Scene::new().await;
    all_refuse(
        &scene,
        &["\u{200b}", "Ad\u{200b}a", "\u{feff}", "Ad\u{2060}a", "Ad\u{ad}a", "a\u{2028}b", "a\u{61c}b"],
    )
    .await;
}

#[tokio::test]
async fn ids_of_another_form_lead_nowhere() {
    let scene = Scene::new().await;
    for info in all() {
        for (name, id) in scene.ids.iter().filter(|(name, _)| info.route.path.contains(name)) {
            let long = "a".repeat(5_000);
            for other in [
                &format!("{id}0"),
                &id[1..],
                &id.to_uppercase(),
                "x",
                "-",
                "~",
                "...",
                "0",
                "null",
                "__proto__",
                &long,
            ] {
                let path = scene.path(&info).replace(id.as_str(), other);
                let body = info.reads_body.then(|| "{}".to_owned());
                let what = format!("{} {name} {}", info.id, &other[..other.len().min(30)]);
                refused(scene.api().send(&info.route.method, &path, body).await, &what);
            }
        }
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn a_path_has_one_spelling() {
    let scene = Scene::new().await;
    for info in all() {
        let path = scene.path(&info).replace("?match=email", "");
        let (head, tail) = path.rsplit_once('/').unwrap();
        let encoded = format!("%{:02x}{}", tail.as_bytes()[0], &tail[1..]);
        for odd in [
            format!("{path}/"),
            format!("/{path}"),
            format!("{head}//{tail}"),
            format!("{head}/./{tail}"),
            format!("{head}/x/../{tail}"),
            format!("{head}/%2e/{tail}"),
            format!("{head}/x/%2e%2e/{tail}"),
            format!("{head}%2f{tail}"),
            format!("{head}/{encoded}"),
            format!("{path};a=b"),
            format!("{path}%00"),
            format!("{path}%20"),
            format!("{head}\\{tail}"),
            path.replace("/v1", "/V1"),
            format!("{path}%ff"),
            format!("{path}%"),
            format!("{path}%zz"),
            format!("{path}|"),
            format!("{head}/*"),
            format!("{path}é"),
        ] {
            scene.raw(&info.route.method, &odd, JSON, b"{}").expect_problem(404, "not_found");
        }
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn a_method_in_small_letters_or_unknown_is_405() {
    let scene = Scene::new().await;
    for info in all() {
        for method in [&info.route.method.to_lowercase(), "OPTIONS", "TRACE", "BREW", "M-SEARCH"] {
            let answer = scene.raw(method, &scene.path(&info), JSON, b"{}");
            assert!(
                answer.header("allow").contains(&info.route.method),
                "{method} {}: {}",
                info.id,
                answer.text
            );
            answer.expect_problem(405, "method_not_allowed");
        }
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn odd_headers_are_refused() {
    let scene = Scene::new().await;
    let key = |key: &str| (format!("{JSON}\r\nIdempotency-Key: {key}"), 400);
    for info in writing() {
        let types = [
            "",
            "\r\nContent-Type:",
            "\r\nContent-Type: text/plain",
            "\r\nContent-Type: application/jsonx",
            "\r\nContent-Type: é",
        ];
        let types = types.map(|kind| (kind.to_owned(), 415));
        for (headers, status) in types.into_iter().chain([key(""), key(&"k".repeat(256)), key("é")]) {
            let answer = scene.raw(&info.route.method, &scene.path(&info), &headers, b"{}");
            assert_eq!(refused(answer, &headers)["status"], json!(status), "{} {headers}", info.id);
        }
        let if_match =
            ["1", "\"1", "W/\"1\"", "", "é", "*, \"1\""].into_iter().filter(|_| info.route.method == "PATCH");
        for headers in if_match.map(|tag| format!("{JSON}\r\nIf-Match: {tag}")) {
            scene.raw("PATCH", &scene.path(&info), &headers, b"{}").expect_problem(400, "invalid_request");
        }
    }
    let session = scene.api().credential();
    for header in [
        "Basic {}",
        "Token {}",
        "{}",
        "Bearer",
        "Bearer \"{}\"",
        "Bearer {}, Bearer {}",
        "Bearer {} {}",
        "Bearer\t{}",
        "Bearer {}é",
    ] {
        let head = format!("GET /v1/me HTTP/1.1\r\nAuthorization: {}", header.replace("{}", session));
        raw(&head, b"").expect_problem(401, "invalid_token");
    }
    scene.is_unchanged().await;
}

#[tokio::test]
async fn two_credentials_are_none() {
    let scene = Scene::new().await;
    let session = scene.api().credential();
    for (one, other) in [(session, "x"), ("x", session), (session, session)] {
        let head =
            format!("GET /v1/me HTTP/1.1\r\nAuthorization: Bearer {one}\r\nAuthorization: Bearer {other}");
        raw(&head, b"").expect_problem(401, "invalid_token");
    }
}
