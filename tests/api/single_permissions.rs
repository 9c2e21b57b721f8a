//! What a token with a single permission learns: it calls each route that the permission opens, on things full of marked
//! texts, and no answer holds a mark that the permission's description does not promise. No route is named as one to be called:
//! one that is new is called here, and the test says so if it does not know how.

use std::collections::BTreeSet;

use api::routes::RouteInfo;
use base::{
    Permission::{self, AuditLogRead, FormRead, ObjectRead, ObjectTypeRead, TeamManageMembers, WebhookRead},
    access::Access,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    every_route,
    harness::{Answer, Api, Person, System, World, unique},
    jobs::until,
    upload_parts, uploads,
};

/// What a mark stands in, and the words of a description that promise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Value,
    Definition,
    FieldLabel,
    Hook,
    Form,
    PersonName,
    PersonEmail,
    TokenName,
    FileName,
    ViewName,
}

const KINDS: [Kind; 10] = [
    Kind::Value,
    Kind::Definition,
    Kind::FieldLabel,
    Kind::Hook,
    Kind::Form,
    Kind::PersonName,
    Kind::PersonEmail,
    Kind::TokenName,
    Kind::FileName,
    Kind::ViewName,
];

/// Which kinds the descriptions promise. Whatever is not here promises nothing.
fn promised(permission: Permission) -> &'static [Kind] {
    match permission {
        ObjectRead => &[Kind::Value, Kind::FieldLabel, Kind::PersonName, Kind::TokenName, Kind::FileName],
        ObjectTypeRead => &[Kind::Definition, Kind::FieldLabel],
        WebhookRead => &[Kind::Hook],
        FormRead => &[Kind::Form],
        TeamManageMembers => &[Kind::PersonName, Kind::PersonEmail],
        Permission::Upload => &[Kind::FileName],
        // Of objects what a restricted view shows.
        Permission::ViewRead => &[Kind::ViewName, Kind::Value],
        AuditLogRead => &KINDS,
        _ => &[],
    }
}

/// A text that no other text can hold by chance: it is long, and nothing else here is called so.
fn mark(kind: Kind) -> String {
    format!("marked-{}", format!("{kind:?}-").to_lowercase().repeat(3))
}

/// A team full of marked things, some of each of them in the trash.
struct Scene {
    world: World,
    /// What stands for each segment of a path; in the trash behind the bar.
    ids: Vec<(&'static str, String, String)>,
    /// A restricted table, another one in the trash, a plain one, a board, a calendar and a chart.
    views: Vec<String>,
    /// An object for batches, which may delete it.
    spare: String,
}

impl Scene {
    async fn new(nobody: &Api, has_delivery: bool) -> Self {
        let email = format!("{}{}@example.com", mark(Kind::PersonEmail), unique());
        let member = Person::called(nobody, &email, &mark(Kind::PersonName)).await;
        let world = World::of(Person::at(nobody).await, definition("contacts")).await;
        let owner = world.owner.api.clone();
        world.join(&member, "owner").await;
        let about = json!({"name": mark(Kind::TokenName), "permissions": Permission::ALL});
        let token = member.api.post("/v1/tokens", about).await.expect(201);
        let token = nobody.and(token["token"].as_str().unwrap());

        let types = world.types();
        let binned = owner.post(&types, definition("binned")).await.expect(201)["id"].clone();
        owner.delete(&format!("{types}/binned")).await.expect(204);
        let fields = || json!({"fields": {"name": format!("{} {}", mark(Kind::Value), unique())}});
        let made = token.post(&world.contacts(), fields()).await.expect(201)["id"].clone();
        let spare = token.post(&world.contacts(), fields()).await.expect(201)["id"].clone();
        let trashed = token.post(&world.contacts(), fields()).await.expect(201)["id"].clone();
        token.delete(&format!("{}/{}", world.contacts(), text(&trashed))).await.expect(204);

        let hooks = format!("/v1/teams/{}/webhooks", world.team);
        let [hook, old_hook] = with_hooks(&owner, &hooks).await;
        owner.patch(&format!("{}/{}", world.contacts(), text(&made)), fields()).await.expect(200);
        let deliveries = format!("{hooks}/{}/deliveries", text(&hook));
        let delivery = if has_delivery { delivered(&owner, &deliveries).await } else { String::new() };
        let invitee = format!("{}{}@example.org", mark(Kind::PersonEmail), unique());
        let invitation = json!({"email": invitee, "role": "member"});
        let invitation = owner.post(&world.invitations(), invitation).await.expect(201)["id"].clone();
        let file = format!("{}.txt", mark(Kind::FileName));
        let upload = uploads::sent(&owner, &world, &file, b"text").await["id"].clone();
        let in_parts = upload_parts::begin(&owner, &world, &file, 4).await["id"].clone();
        let (forms, key, submission) = with_forms(&owner, &world).await;
        let views = views(&owner, &world).await;
        let both = |name, id: &Value| (name, text(id), text(id));
        let ids = vec![
            ("{team}", world.team.clone(), world.team.clone()),
            ("{type}", "contacts".to_owned(), text(&binned)),
            ("{slug}", "stage".to_owned(), "stage".to_owned()),
            ("{field}", "parent".to_owned(), "parent".to_owned()),
            ("{id}", text(&made), text(&trashed)),
            ("{webhook}", text(&hook), text(&old_hook)),
            both("{delivery}", &json!(delivery)),
            both("{user}", &json!(member.id)),
            both("{invitation}", &invitation),
            ("{upload}", text(&upload), text(&in_parts)),
            ("{form}", forms[0].clone(), forms[1].clone()),
            both("{submission}", &submission),
            both("{key}", &key),
            ("{view}", views[0].clone(), views[1].clone()),
        ];
        is_told(&owner, &world, &text(&made)).await;
        Self { world, ids, views, spare: text(&spare) }
    }

    /// The path to the thing that is there, or to the one in the trash or, of uploads, in parts.
    fn path(&self, info: &RouteInfo) -> String {
        let is_of_trash = ["/restore", "/force", "/parts"].iter().any(|end| info.route.path.ends_with(end));
        let view = match info.route.path.rsplit('/').next() {
            Some("duplicate") => &self.views[2],
            Some("groups" | "board") => &self.views[3],
            Some("range") => &self.views[4],
            Some("data") => &self.views[5],
            _ if is_of_trash => &self.views[1],
            _ => &self.views[0],
        };
        // An object in the trash is one of a type that is not.
        let is_object = info.route.path.contains("/objects/");
        let filled = self.ids.iter().fold(info.route.path.clone(), |path, (name, there, trashed)| {
            let is_trashed = is_of_trash && !(is_object && *name == "{type}");
            let there = if *name == "{view}" { view } else { there };
            path.replace(name, if is_trashed { trashed } else { there })
        });
        assert!(!filled.contains('{'), "what stands for it in {filled}?");
        filled
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A type of which everything that people can name is marked.
fn definition(slug: &str) -> Value {
    let (about, label) = (mark(Kind::Definition), mark(Kind::FieldLabel));
    json!({
        "slug": slug, "singular_label": about, "plural_label": about, "item_label_fields": ["name"],
        "fields": [
            {"slug": "name", "label": label, "type": "text", "searchable": true, "unique": true},
            {"slug": "stage", "label": label, "type": "dropdown", "default": "New", "settings": {"options": ["New", about]}},
            {"slug": "parent", "label": label, "type": "relationship", "searchable": true, "settings": {"object_type": slug}},
            {"slug": "due", "label": label, "type": "date", "searchable": true},
        ],
    })
}

/// A webhook, and one in the trash.
async fn with_hooks(owner: &Api, path: &str) -> [Value; 2] {
    let hook = owner.post(path, webhook()).await.expect(201)["id"].clone();
    let old_hook = owner.post(path, webhook()).await.expect(201)["id"].clone();
    owner.delete(&format!("{path}/{}", text(&old_hook))).await.expect(204);
    [hook, old_hook]
}

/// A form, one in the trash, the key of the first, and a submission of it that is held.
async fn with_forms(owner: &Api, world: &World) -> ([String; 2], Value, Value) {
    let path = format!("/v1/teams/{}/forms", world.team);
    let made = owner.post(&path, form("open")).await.expect(201);
    let trashed = owner.post(&path, form("draft")).await.expect(201);
    owner.delete(&format!("{path}/{}", text(&trashed["id"]))).await.expect(204);
    let sent = json!({"fields": {"name": format!("{} {}", mark(Kind::Value), unique())}});
    let public = format!("/v1/forms/{}/submissions", text(&made["key"]));
    owner.post(&public, sent).await.expect(201);
    let held = owner.get(&format!("{path}/{}/submissions", text(&made["id"]))).await.expect(200);
    ([text(&made["id"]), text(&trashed["id"])], made["key"].clone(), held["data"][0]["id"].clone())
}

fn form(status: &str) -> Value {
    let about = mark(Kind::Form);
    json!({
        "name": about, "title": about, "object_type": "contacts", "status": status,
        "pages": [{"items": [{"field": "name", "label": about}]}],
        "protection": {"token": false, "min_seconds": 0, "hold": "always"},
    })
}

/// A restricted table, another table in the trash, a plain one, and a restricted board, calendar and chart.
async fn views(owner: &Api, world: &World) -> Vec<String> {
    let (views, name) = (format!("/v1/teams/{}/views", world.team), mark(Kind::ViewName));
    let shown = json!([{"field": "name"}, {"field": "parent"}, {"field": "due"}]);
    let mut made = Vec::new();
    for (kind, restricted, part, value) in [
        ("table", true, "sort", json!("name")),
        ("table", false, "sort", json!("name")),
        ("table", false, "sort", json!("name")),
        ("board", true, "group", json!({"field": "parent"})),
        ("calendar", true, "date", json!({"start": "due"})),
        ("chart", true, "chart", json!({"type": "bar", "x": {"field": "due"}, "series": [{"fn": "count"}]})),
    ] {
        let new = json!({"name": name, "kind": kind, "object_type": "contacts", "restricted": restricted, "fields": shown, part: value});
        made.push(text(&owner.post(&views, new).await.expect(201)["id"]));
    }
    owner.delete(&format!("{views}/{}", made[1])).await.expect(204);
    made
}

fn webhook() -> Value {
    let about = mark(Kind::Hook);
    let url = format!("https://{}.invalid/{about}", unique());
    json!({"name": about, "description": about, "url": url, "topics": ["object.updated"]})
}

/// Waits until the log tells of all that is marked, and of the change of an object.
async fn is_told(owner: &Api, world: &World, object: &str) {
    let (log, object) = (
        format!("/v1/teams/{}/audit-logs?limit=100", world.team),
        format!("{}/{object}/history", world.contacts()),
    );
    until(|| async {
        let (log, history) = (owner.get(&log).await.text, owner.get(&object).await.expect(200));
        let is_changed = history["data"].as_array().unwrap().len() == 2;
        is_changed && KINDS.iter().all(|kind| log.contains(&mark(*kind)))
    })
    .await;
}

/// The delivery of a change, once it was tried.
async fn delivered(owner: &Api, path: &str) -> String {
    let found = async || owner.get(path).await.expect(200)["data"][0].clone();
    until(|| async { found().await["tries"].as_u64().is_some_and(|tries| tries > 0) }).await;
    text(&found().await["id"])
}

/// The bodies with which routes can be called, so that they do what they are for. Nothing in them is marked.
fn body(info: &RouteInfo) -> Option<Value> {
    let (method, path) = (info.route.method.as_str(), info.route.path.as_str());
    let end = path.trim_start_matches("/v1").trim_start_matches("/teams/{team}");
    let slug = format!("t{}", unique());
    Some(match (method, end) {
        ("POST", "/object-types") => json!({"slug": slug, "singular_label": "A", "plural_label": "B"}),
        ("POST", "/object-types/{type}/duplicate") => json!({"slug": slug}),
        ("POST", "/object-types/{type}/fields") => json!({"slug": slug, "label": "F", "type": "text"}),
        ("PATCH", "/object-types/{type}") => json!({"singular_label": "Other"}),
        ("PATCH", "/object-types/{type}/fields/{slug}") => json!({"searchable": true}),
        ("POST", "/objects/{type}/query") => {
            json!({"filter": {"field": "name", "op": "starts_with", "value": "m"}})
        }
        ("POST", "/objects/{type}") | ("PATCH", "/objects/{type}/{id}") => json!({"fields": {"name": slug}}),
        ("POST", "/webhooks") => {
            json!({"name": "H", "url": "https://hooks.invalid/", "topics": ["object.send"]})
        }
        ("PATCH", "/webhooks/{webhook}") => json!({"active": true}),
        ("POST", "/webhooks/{webhook}/recover") => json!({"since": "2020-01-01T00:00:00Z"}),
        ("POST", "/forms") => {
            json!({"name": "F", "object_type": "contacts", "pages": [{"items": [{"field": "name"}]}]})
        }
        ("PATCH", "/forms/{form}") => json!({"status": "closed"}),
        ("POST", "/invitations") => json!({"email": "somebody@example.net", "role": "view-only"}),
        ("POST", "/uploads") => json!({"filename": "a.txt", "size": 4}),
        ("POST", "/uploads/{upload}/parts") => json!({"numbers": [1]}),
        ("POST", "/views") => json!({"name": "V", "kind": "table", "object_type": "contacts"}),
        ("PATCH", "/views/{view}") => json!({"name": "Other"}),
        ("PATCH", "/members/{user}") => json!({"role": "owner"}),
        ("PATCH", "") => json!({"name": "Another name"}),
        _ => return None,
    })
}

/// Operations of a batch, by the permission that each needs.
fn batch(permission: Permission, id: &str) -> Value {
    let operation = match permission {
        Permission::ObjectCreate => json!({"op": "create", "fields": {"name": format!("b{}", unique())}}),
        Permission::ObjectUpdate => {
            json!({"op": "update", "id": id, "fields": {"name": format!("b{}", unique())}})
        }
        _ => json!({"op": "delete", "id": id}),
    };
    json!({"operations": [operation]})
}

/// Whether the permission alone opens the route.
fn opens(permission: Permission, access: &Access) -> bool {
    match access {
        Access::Needs(needed) => *needed == [permission],
        Access::NeedsAny(any) => any.contains(&permission),
        Access::SelfOr(other) => *other == permission,
        Access::Public | Access::Anyone | Access::Session | Access::Token | Access::Owner => false,
    }
}

/// What a token with one permission is answered by a route, with a query where it needs one.
async fn called(scene: &Scene, token: &Api, permission: Permission, info: &RouteInfo) -> Vec<Answer> {
    let path = scene.path(info);
    let sent = match info.route.path.as_str() {
        path if path.ends_with("/batch") => Some(batch(permission, &scene.spare)),
        _ => body(info),
    };
    let sent = sent.or_else(|| info.reads_body.then(|| json!({}))).map(|body| body.to_string());
    let is_list = ["/object-types", "/webhooks", "/forms", "/views", "/objects/{type}"]
        .iter()
        .any(|end| info.route.path.ends_with(end));
    let queries: &[&str] = if is_list && info.route.method == "GET" { &["", "?trashed=only"] } else { &[""] };
    let is_range = info.route.path.ends_with("/range");
    let queries = if is_range { &["?from=2026-01-01&to=2026-12-31"] } else { queries };
    let mut answers = Vec::new();
    for query in queries {
        answers.push(token.send(&info.route.method, &format!("{path}{query}"), sent.clone()).await);
    }
    answers
}

/// The order in which routes are called on one scene: what destroys comes last.
fn order(info: &RouteInfo) -> (usize, bool) {
    let place = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    let is_of_field = info.route.path.contains("/fields/");
    (place.iter().position(|method| *method == info.route.method).unwrap(), !is_of_field)
}

/// Calls each of the routes with a token that has this permission alone; the kinds of marks that it was shown.
async fn tried(nobody: Api, permission: Permission, mut routes: Vec<RouteInfo>) -> Vec<(Permission, Kind)> {
    let has_delivery = routes.iter().any(|info| info.route.path.contains("{delivery}"));
    let scene = Scene::new(&nobody, has_delivery).await;
    let token = scene.world.owner.token(&[permission]).await;
    let mut seen = Vec::new();
    routes.sort_by_key(order);
    for info in &routes {
        for answer in called(&scene, &token, permission, info).await {
            let (method, path, status) = (&info.route.method, &info.route.path, answer.status);
            // A token that may do nothing itself gives and takes no role.
            let is_refused = status == 403 && permission == TeamManageMembers && method != "GET";
            assert!(status < 300 || is_refused, "{permission} {method} {path}: {status} {}", answer.text);
            let whole = format!("{:?} {}", answer.headers, answer.text);
            for kind in KINDS.into_iter().filter(|kind| whole.contains(&mark(*kind))) {
                let is_promised = promised(permission).contains(&kind);
                assert!(is_promised, "{permission} {method} {path} shows {kind:?}: {whole}");
                seen.push((permission, kind));
            }
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_holds_a_mark_that_the_description_does_not_promise() {
    let system = System::isolated();
    let mut running = JoinSet::new();
    for permission in Permission::ALL.iter().copied() {
        let routes = every_route::all().into_iter().filter(|info| opens(permission, &info.route.access));
        let routes: Vec<_> = routes.collect();
        if !routes.is_empty() {
            running.spawn(tried(Api::at(&system.url), permission, routes));
        }
    }
    assert!(running.len() > 15, "{}", running.len());
    let seen: BTreeSet<_> = running.join_all().await.into_iter().flatten().collect();
    // All that is promised was there to be seen: else the marks are in no place that is looked at.
    for permission in Permission::ALL {
        for kind in promised(*permission) {
            assert!(seen.contains(&(*permission, *kind)), "{permission} never showed {kind:?}");
        }
    }
}
