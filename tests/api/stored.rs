//! What a family gets from the mechanism of resources when it brings no more than a body: here memos, which no other test knows.

use api::{
    Member, Routes,
    extract::{IfMatch, Path, State},
    response::{Created, Versioned},
    thin::{ForReader, Sent},
};
use audit::Kind;
use base::{
    Permission::{self, FormCreate, FormDelete, FormForceDelete, FormRead, FormUpdate},
    Result,
    id::{TeamId, UserId, WebhookId},
};
use lambda_http::{Context, request::LambdaRequest};
use resources::{
    TRASH_SECONDS,
    resource::{
        Body, Change, Count, Full, Resource as _, Resources, Stored,
        handlers::{ResourcePath, View, destroy, list, read, restore, trash},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use table::{AttributeValue, Item};

use crate::{authorizer, harness::system, invocation::invoke};

const MEMOS_MAX: u64 = 3;

/// A memo. The kind and the id are borrowed of webhooks, as those are known to all of the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Memo {
    text: String,
}

impl Body for Memo {
    type Id = WebhookId;
    const KIND: Kind = Kind::Webhook;
    const NOUN: &'static str = "memo";
    const PREFIX: &'static str = "MEMO#";
    const COUNT: Option<Count> = Some(Count { key: "MEMOS", max: MEMOS_MAX, full: Full::Refuse });
    const AUDITED: &'static [(&'static str, &'static str)] = &[("text", "Text")];

    fn label(&self) -> &str {
        &self.text
    }
}

type Store = Resources<Stored<Memo>>;

#[derive(Serialize, JsonSchema)]
struct MemoView {
    id: WebhookId,
    text: String,
    version: u64,
}

impl View<Stored<Memo>> for MemoView {
    const READ: Permission = FormRead;

    fn of(memo: Stored<Memo>) -> Self {
        Self { id: memo.id, text: memo.body.text, version: memo.version }
    }
}

async fn create(
    member: Member,
    State(store): State<Store>,
    new: Sent<Memo>,
) -> Result<ForReader<Created<MemoView>>> {
    let memo = Stored::new(&member, new.body, store.now());
    store.create(&member, &memo).await?;
    let (id, version) = (memo.id.clone(), memo.version);
    let created = Created { location: format!("/memos/{id}"), version, body: MemoView::of(memo) };
    Ok(ForReader::new(&member, MemoView::READ, id, new.members, created))
}

async fn update(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ResourcePath<WebhookId>>,
    if_match: IfMatch,
    sent: Sent<Memo>,
) -> Result<ForReader<Versioned<MemoView>>> {
    member.may_compare(&if_match, MemoView::READ)?;
    let change = |memo: Stored<Memo>| {
        let is_other = memo.body != sent.body;
        std::future::ready(Ok(is_other.then(|| Change::from(memo.with_body(sent.body.clone())))))
    };
    let memo = store.change(&member, path.id.as_str(), &if_match, change).await?;
    let whole = Versioned(memo.version, MemoView::of(memo));
    Ok(ForReader::new(&member, MemoView::READ, path.id, sent.members, whole))
}

fn routes() -> Routes<Store> {
    Routes::new("Memos", "/v1/teams/{team}/memos")
        .family("memos")
        .post("", FormCreate, "Create a memo", create)
        .get("", FormRead, "List the memos", list::<Stored<Memo>, MemoView>)
        .get("/{id}", FormRead, "Read a memo", read::<Stored<Memo>, MemoView>)
        .patch("/{id}", FormUpdate, "Change a memo", update)
        .delete("/{id}", FormDelete, "Move a memo to the trash", trash::<Stored<Memo>, MemoView>)
        .delete("/{id}/force", FormForceDelete, "Destroy a memo", destroy::<Stored<Memo>, MemoView>)
        .post("/{id}/restore", FormUpdate, "Restore a memo", restore::<Stored<Memo>, MemoView>)
}

/// A member of a team of their own.
struct Caller {
    team: TeamId,
    user: UserId,
    permissions: Vec<Permission>,
}

impl Caller {
    fn new() -> Self {
        let permissions = vec![FormCreate, FormRead, FormUpdate, FormDelete, FormForceDelete];
        Self { team: TeamId::new(), user: UserId::of_subject("memos", "ada"), permissions }
    }

    /// The same member with a token that may do less.
    fn without(&self, permission: Permission) -> Self {
        let mut permissions = self.permissions.clone();
        permissions.retain(|one| *one != permission);
        Self { team: self.team.clone(), user: self.user.clone(), permissions }
    }

    /// The status of the answer, its `ETag` and its body.
    async fn send(&self, (method, behind): (&str, &str), if_match: Option<&str>, body: Value) -> Answer {
        let platform = authorizer::platform(&system().dynamodb);
        let store = Store::new(&platform);
        let mut event: Value = serde_json::from_str(include_str!("../../events/webhooks-list.json")).unwrap();
        let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
        let path = format!("/v1/teams/{}/memos{path}", self.team);
        let permissions: Vec<_> = self.permissions.iter().map(|permission| permission.name()).collect();
        let caller = &mut event["requestContext"]["authorizer"];
        caller["user_id"] = json!(self.user);
        caller["team_id"] = json!(self.team);
        caller["permissions"] = json!(permissions.join(" "));
        let query = query.split_once('=').map(|(name, value)| json!({name: [value]}));
        let headers = if_match.map_or(
            json!({"content-type": ["application/json"]}),
            |tag| json!({"content-type": ["application/json"], "if-match": [tag]}),
        );
        for (name, value) in [
            ("httpMethod", json!(method)),
            ("path", json!(path)),
            ("headers", json!({})),
            ("multiValueHeaders", headers),
            ("multiValueQueryStringParameters", json!(query)),
            ("body", if body.is_null() { Value::Null } else { json!(body.to_string()) }),
        ] {
            event[name] = value;
        }
        let event: LambdaRequest = serde_json::from_value(event).unwrap();
        let router = routes().router(store, Some(platform));
        let answer = invoke(router, event, Context::default()).await;
        let etag = answer["multiValueHeaders"]["etag"][0].as_str().map(str::to_owned);
        let body = answer["body"].as_str().filter(|body| !body.is_empty());
        let body = body.map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
        Answer { status: answer["statusCode"].as_u64().unwrap(), etag, body }
    }

    async fn create(&self, text: &str) -> String {
        let made = self.send(("POST", ""), None, json!({"text": text})).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    async fn texts(&self, behind: &str) -> Vec<String> {
        let list = self.send(("GET", behind), None, Value::Null).await.expect(200);
        let text = |memo: &Value| memo["text"].as_str().unwrap().to_owned();
        list["data"].as_array().unwrap().iter().map(text).collect()
    }
}

#[derive(Debug)]
struct Answer {
    status: u64,
    etag: Option<String>,
    body: Value,
}

impl Answer {
    #[track_caller]
    fn expect(self, status: u64) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    #[track_caller]
    fn refused(self, status: u64, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
    }
}

#[tokio::test]
async fn a_body_is_all_that_a_kind_of_resource_needs() {
    let ada = Caller::new();
    let id = ada.create("a").await;
    let one = format!("/{id}");
    let found = ada.send(("GET", &one), None, Value::Null).await;
    assert_eq!((found.etag.as_deref(), &found.body["version"]), (Some("\"1\""), &json!(1)));

    let change = ada.send(("PATCH", &one), Some("\"1\""), json!({"text": "b"})).await;
    assert_eq!(change.etag.as_deref(), Some("\"2\""));
    let same = ada.send(("PATCH", &one), None, json!({"text": "b"})).await.expect(200);
    assert_eq!(same, json!({"id": id, "text": "b", "version": 2}), "what changes nothing is no change");
    for (method, path) in
        [("PATCH", one.clone()), ("DELETE", one.clone()), ("DELETE", format!("{one}/force"))]
    {
        let body = if method == "PATCH" { json!({"text": "c"}) } else { Value::Null };
        let answer = ada.send((method, &path), Some("\"1\""), body).await;
        answer.refused(412, "stale");
    }
    assert_eq!(ada.send(("GET", &one), None, Value::Null).await.expect(200), same);

    assert_eq!(ada.send(("DELETE", &one), None, Value::Null).await.expect(204), Value::Null);
    ada.send(("GET", &one), None, Value::Null).await.refused(404, "not_found");
    ada.send(("PATCH", &one), None, json!({"text": "c"})).await.refused(404, "not_found");
    assert_eq!((ada.texts("").await, ada.texts("?trashed=only").await), (vec![], vec!["b".to_owned()]));
    let restored = ada.send(("POST", &format!("{one}/restore")), None, Value::Null).await.expect(200);
    assert_eq!(restored["text"], "b");
    assert_eq!((ada.texts("").await, ada.texts("?trashed=only").await), (vec!["b".to_owned()], vec![]));
    ada.send(("DELETE", &format!("{one}/force")), None, Value::Null).await.expect(204);
    for (method, path) in [("GET", one.clone()), ("DELETE", one.clone()), ("POST", format!("{one}/restore"))]
    {
        ada.send((method, &path), None, Value::Null).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_team_has_so_many_and_no_other_team_sees_them() {
    let (ada, other) = (Caller::new(), Caller::new());
    let first = ada.create("0").await;
    for text in ["1", "2"] {
        ada.create(text).await;
    }
    ada.send(("POST", ""), None, json!({"text": "3"})).await.refused(409, "limit_reached");
    // Those in the trash count too, as they can come back.
    ada.send(("DELETE", &format!("/{first}")), None, Value::Null).await.expect(204);
    ada.send(("POST", ""), None, json!({"text": "3"})).await.refused(409, "limit_reached");
    for path in [format!("/{first}"), format!("/{first}?trashed=only")] {
        other.send(("GET", &path), None, Value::Null).await.refused(404, "not_found");
    }
    other.send(("DELETE", &format!("/{first}/force")), None, Value::Null).await.refused(404, "not_found");
    assert_eq!(other.texts("").await, [] as [&str; 0]);
    ada.send(("DELETE", &format!("/{first}/force")), None, Value::Null).await.expect(204);
    ada.create("3").await;
    assert_eq!(ada.texts("").await, ["1", "2", "3"]);
}

#[tokio::test]
async fn whoever_may_not_read_is_told_the_id_and_what_was_sent() {
    let ada = Caller::new();
    let writer = ada.without(FormRead);
    let made = writer.send(("POST", ""), None, json!({"text": "a"})).await;
    assert_eq!(made.etag, None, "the version is not for everybody");
    let made = made.expect(201);
    let (id, one) = (made["id"].clone(), format!("/{}", made["id"].as_str().unwrap()));
    assert_eq!(made, json!({"id": id, "text": "a"}));
    let change = writer.send(("PATCH", &one), None, json!({"text": "b"})).await;
    assert_eq!((change.etag.clone(), change.expect(200)), (None, json!({"id": id, "text": "b"})));
    for (method, path) in [
        ("PATCH", one.clone()),
        ("DELETE", one.clone()),
        ("DELETE", format!("{one}/force")),
        ("POST", format!("{one}/restore")),
    ] {
        let body = if method == "PATCH" { json!({"text": "c"}) } else { Value::Null };
        for version in ["\"1\"", "\"2\""] {
            let answer = writer.send((method, &path), Some(version), body.clone()).await;
            answer.refused(403, "insufficient_scope");
        }
    }
    writer.send(("GET", &one), None, Value::Null).await.refused(403, "insufficient_scope");
    writer.send(("DELETE", &one), None, Value::Null).await.expect(204);
    let restored = writer.send(("POST", &format!("{one}/restore")), None, Value::Null).await;
    assert_eq!((restored.etag.clone(), restored.expect(200)), (None, json!({"id": id})));
    assert_eq!(ada.texts("").await, ["b"]);
}

/// The form in which every version of the system has to find resources again.
#[test]
fn a_resource_is_stored_as_it_was_landed() {
    let definition = json!({
        "id": "whk_0000000000000000000001", "team": "team_0000000000000000000001", "body": {"text": "a"}, "version": 7,
        "created_at": "2026-11-29T10:00:00.000Z", "created_by": "usr_0000000000000000000001",
        "updated_at": "2026-11-29T11:00:00.000Z", "actor": {"user": "usr_0000000000000000000001", "credential": "session", "token": null, "ip": "192.0.2.1", "source": "app", "request_id": "r"},
        "trashed_at": "2026-11-29T12:00:00.000Z", "purge_job": "job_0000000000000000000001",
    });
    let item: Item = [("definition".to_owned(), AttributeValue::S(definition.to_string()))].into();
    let memo = Stored::<Memo>::from_item(&item).unwrap();
    let now = memo.trashed_at.unwrap();
    assert_eq!((memo.body.text.as_str(), memo.version), ("a", 7));
    assert!(
        !memo.is_gone(now.plus_seconds(TRASH_SECONDS - 1)) && memo.is_gone(now.plus_seconds(TRASH_SECONDS))
    );
    let again = memo.to_item().unwrap();
    let text = again["definition"].as_s().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), definition);
    assert_eq!(again["revision"], AttributeValue::N("7".to_owned()));
    assert_eq!(again["trashed_at"], AttributeValue::S("2026-11-29T12:00:00.000Z".to_owned()));
}
