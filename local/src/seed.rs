//! The demo: a person, a team with companies and contacts, a webhook, and a first token, all made over HTTP.

mod content;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    receiver,
};

const EMAIL: &str = "demo@example.com";
const TEAM: &str = "demo";
const OBJECT_TYPE: &str = "contacts";
const TOKEN: &str = "Form platform";

/// Makes what is missing of the demo and tells how to use it.
///
/// # Errors
/// When the server refuses a step.
pub(crate) async fn demo(url: &str) -> anyhow::Result<String> {
    let session = sign_in(url).await?;
    let client = Client::new(url).with_session(&session);
    let (team, is_new_team) = team(&client).await.context("making the demo team")?;
    let is_new_type = object_type(&client, &team).await.context("making the object type")?;
    // What somebody has made of an older demo stays as it is.
    if is_new_team {
        fill(&client, url, &team).await.context("filling the demo team")?;
    }
    // A token that its owner has revoked does not come back: only a new demo gets one.
    let token =
        if is_new_team || is_new_type { token(&client).await.context("making the token")? } else { None };
    let head = format!(
        "console  {url}/console (sign in as {EMAIL}, or as anyone)\n\
         team     {TEAM} ({team}) with the object type {OBJECT_TYPE}\n\
         receiver {url}{} (shows what webhooks send)\n\
         session  {session}\n",
        receiver::PATH
    );
    Ok(head
        + &token.map_or_else(|| on_later_token(url, &session), |token| on_first_token(url, &team, &token)))
}

fn on_first_token(url: &str, team: &str, token: &str) -> String {
    format!(
        "token    {token} ({TOKEN}: object:create object:update; shown this once)\n\n\
         Paste this; the first time it creates a contact, from then on it updates it:\n\
         curl -sS -X PUT '{url}/v1/teams/{team}/objects/{OBJECT_TYPE}?match=email' -H 'Authorization: Bearer {token}' \
         -H 'Content-Type: application/json' -d '{{\"fields\":{{\"email\":\"ada@example.com\",\"name\":\"Ada Lovelace\"}}}}'\n"
    )
}

fn on_later_token(url: &str, session: &str) -> String {
    format!(
        "token    was shown at the first start, that once\n\n\
         Paste this to make another one (each needs a name of its own):\n\
         curl -sS -X POST '{url}/v1/tokens' -H 'Authorization: Bearer {session}' -H 'Content-Type: application/json' \
         -d '{{\"name\":\"Another form platform\",\"permissions\":[\"object:create\",\"object:update\"]}}'\n"
    )
}

async fn sign_in(url: &str) -> anyhow::Result<String> {
    let answer = Client::new(url).post("/local/session", &json!({"email": EMAIL, "name": "Demo"})).await?;
    answer.expect_text("session").context("signing in")
}

/// The team's id, and whether it is new.
async fn team(client: &Client) -> anyhow::Result<(String, bool)> {
    let teams = client.get("/v1/teams?limit=100").await?.expect_success()?;
    let known = teams["data"].as_array().and_then(|teams| teams.iter().find(|team| team["slug"] == TEAM));
    if let Some(id) = known.and_then(|team| team["id"].as_str()) {
        return Ok((id.to_owned(), false));
    }
    let answer = client.post("/v1/teams", &json!({"name": "Demo", "slug": TEAM})).await?;
    if answer.status == 409 {
        bail!("the slug {TEAM} belongs to a team that {EMAIL} is not in: start with --seed none");
    }
    Ok((answer.expect_text("id")?, true))
}

/// Whether the type is new.
async fn object_type(client: &Client, team: &str) -> anyhow::Result<bool> {
    let path = format!("/v1/teams/{team}/object-types");
    match client.get(&format!("{path}/{OBJECT_TYPE}")).await? {
        Answer { status: 404, .. } => {
            client.post(&path, &content::contacts()).await?.expect_success().map(|_| true)
        }
        answer => answer.expect_success().map(|_| false),
    }
}

/// The token, unless there is one of this name.
async fn token(client: &Client) -> anyhow::Result<Option<String>> {
    let body = json!({"name": TOKEN, "permissions": ["object:create", "object:update"]});
    match client.post("/v1/tokens", &body).await? {
        Answer { status: 409, .. } => Ok(None),
        answer => answer.expect_text("token").map(Some),
    }
}

/// Makes what there is to look at: companies, contacts, a webhook that tells of them, an open invitation, and some history.
async fn fill(client: &Client, url: &str, team: &str) -> anyhow::Result<()> {
    let path = format!("/v1/teams/{team}");
    let make = async |place: &str, body: &Value| {
        client.post(&format!("{path}{place}"), body).await?.expect_success()
    };
    make("/object-types", &content::companies()).await?;
    make(&format!("/object-types/{OBJECT_TYPE}/fields"), &content::employer()).await?;
    let companies = ids(&make("/objects/companies/batch", &content::new_companies()).await?)?;
    let contacts_batch = format!("/objects/{OBJECT_TYPE}/batch");
    let contacts = ids(&make(&contacts_batch, &content::new_contacts(&companies)).await?)?;
    make("/objects/companies/batch", &content::main_contacts(&companies, &contacts)).await?;
    // From here on the receiver hears of it.
    make("/webhooks", &content::webhook(&format!("{url}{}", receiver::PATH))).await?;
    make(&contacts_batch, &content::changes(&contacts)).await?;
    make("/invitations", &json!({"email": "grace@example.com", "role": "member"})).await?;
    Ok(())
}

/// The ids that a batch has made.
fn ids(answer: &Value) -> anyhow::Result<Vec<String>> {
    ensure!(answer["failed"] == 0, "the batch was refused: {answer}");
    let results = answer["results"].as_array().into_iter().flatten();
    Ok(results.filter_map(|result| result["object"]["id"].as_str()).map(str::to_owned).collect())
}
