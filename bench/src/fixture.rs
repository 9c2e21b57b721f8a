//! What the measured requests work on: a person, a team, an object type, two tokens.

use anyhow::{Context as _, ensure};
use hyper::{Request, Response, body::Bytes, header};
use serde_json::{Value, json};

use crate::http::Connection;

/// The values of the dropdown.
const STATES: [&str; 3] = ["new", "warm", "won"];

/// A team with a type of five searchable fields, one of them unique.
#[derive(Clone)]
pub(crate) struct Fixture {
    /// `host:port` of the API.
    pub(crate) address: String,
    /// The id of the team.
    pub(crate) team: String,
    /// The id of the object type.
    pub(crate) object_type: String,
    /// The id of the person.
    pub(crate) user: String,
    /// The id of the token that may do much.
    pub(crate) token_id: String,
    /// A token that may create, read, update and delete objects, send files, read the audit log and make webhooks.
    pub(crate) token: String,
    /// A token that may only read object types.
    pub(crate) weak_token: String,
}

impl Fixture {
    /// Makes it all through the API; the name tells it apart from others.
    pub(crate) async fn set_up(address: &str, name: &str) -> anyhow::Result<Self> {
        let mut api = Api { connection: Connection::open(address).await?, session: String::new() };
        let person = json!({ "email": format!("{name}@bench.example") });
        api.session = api.made("/local/session", &person, "session").await?;
        let team = api.made("/v1/teams", &json!({ "name": name, "slug": name }), "id").await?;
        let object_type = api.made(&format!("/v1/teams/{team}/object-types"), &contacts(), "id").await?;
        let powers = [
            "object:create",
            "object:read",
            "object:update",
            "object:delete",
            "audit-log:read",
            "webhook:create",
            "upload",
        ];
        let strong = api.post("/v1/tokens", &json!({ "name": "all", "permissions": powers })).await?;
        let weak = json!({ "name": "little", "permissions": ["object-type:read"] });
        let weak_token = api.made("/v1/tokens", &weak, "token").await?;
        let (token, token_id) = (text(&strong, "token")?, text(&strong, "id")?);
        let user = api.user().await?;
        Ok(Self { address: address.to_owned(), team, object_type, user, token_id, token, weak_token })
    }

    /// The path of the objects, with what is to follow it.
    pub(crate) fn objects(&self, rest: &str) -> String {
        format!("/v1/teams/{}/objects/{}{rest}", self.team, self.object_type)
    }

    /// The path of the audit log, with what is to follow it.
    pub(crate) fn logs(&self, rest: &str) -> String {
        format!("/v1/teams/{}/audit-logs{rest}", self.team)
    }

    /// The path of the webhooks.
    pub(crate) fn webhooks(&self) -> String {
        format!("/v1/teams/{}/webhooks", self.team)
    }

    /// The path of the uploads, with what is to follow it.
    pub(crate) fn uploads(&self, rest: &str) -> String {
        format!("/v1/teams/{}/uploads{rest}", self.team)
    }

    /// A request with the token.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Request<Bytes>> {
        request(&self.address, &self.token, method, path, body)
    }

    /// A request with the token that may not make it.
    pub(crate) fn refused(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Request<Bytes>> {
        request(&self.address, &self.weak_token, method, path, body)
    }
}

/// Contact number so and so, in its first or a later edition.
pub(crate) fn contact(number: usize, edition: usize) -> Value {
    json!({ "fields": {
        "email": email(number),
        "name": format!("Person {number} of edition {edition}"),
        "state": STATES[(number + edition) % STATES.len()],
        "amount": number * 10 + edition,
        "since": format!("2026-{:02}-{:02}", number % 12 + 1, (number + edition) % 28 + 1),
        "notes": "Met at the fair; wants to hear of the new edition and of prices for teams of five to ten people.",
    } })
}

/// The address of a contact.
pub(crate) fn email(number: usize) -> String {
    format!("person-{number}@bench.example")
}

fn contacts() -> Value {
    let field = |slug: &str, kind: &str, searchable: bool| json!({ "slug": slug, "label": slug, "type": kind, "searchable": searchable });
    let mut fields = vec![
        field("email", "email", true),
        field("name", "name", true),
        field("state", "dropdown", true),
        field("amount", "number", true),
        field("since", "date", true),
        field("notes", "textarea", false),
        field("files", "file", false),
    ];
    fields[0]["unique"] = true.into();
    fields[2]["settings"] = json!({ "options": STATES });
    json!({
        "slug": "contacts", "singular_label": "Contact", "plural_label": "Contacts",
        "item_label_fields": ["name"], "fields": fields,
    })
}

/// The API as a person with a session uses it.
struct Api {
    connection: Connection,
    session: String,
}

impl Api {
    async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = request("127.0.0.1", &self.session, "POST", path, Some(body))?;
        let answer =
            succeeded(self.connection.send(request).await?).with_context(|| format!("POST {path}"))?;
        Ok(serde_json::from_slice(answer.body())?)
    }

    /// Posts the body and takes one text out of the answer.
    async fn made(&mut self, path: &str, body: &Value, member: &str) -> anyhow::Result<String> {
        text(&self.post(path, body).await?, member)
    }

    /// The id of the person whose session it is.
    async fn user(&mut self) -> anyhow::Result<String> {
        let request = request("127.0.0.1", &self.session, "GET", "/v1/me", None)?;
        let me: Value = serde_json::from_slice(succeeded(self.connection.send(request).await?)?.body())?;
        text(&me["user"], "id")
    }
}

fn text(answer: &Value, member: &str) -> anyhow::Result<String> {
    Ok(answer[member].as_str().with_context(|| format!("the API answered without {member:?}"))?.to_owned())
}

/// The answer, if it is a success.
pub(crate) fn succeeded(answer: Response<Bytes>) -> anyhow::Result<Response<Bytes>> {
    let text = String::from_utf8_lossy(answer.body());
    ensure!(answer.status().is_success(), "the API answered {}: {text}", answer.status());
    Ok(answer)
}

fn request(
    host: &str,
    credential: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Request<Bytes>> {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, host);
    if !credential.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {credential}"));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    Ok(request.body(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default())?)
}
