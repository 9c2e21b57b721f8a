//! The request that needs the most memory: an atomic batch of objects that are together as large as it may be.

use anyhow::Context as _;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::process::Life;
use crate::{
    budget::BudgetResult,
    fixture::{Fixture, contact, succeeded},
    http::Connection,
    report::{megabytes, say},
};

/// Objects of the batch: with their search keys just below the 3.5 MB that an atomic batch may be about.
const OBJECTS: usize = 17;
/// Characters of four bytes in the notes of each: the most that the field holds.
const CHARACTERS: usize = 50_000;
/// The most bytes of memory: half of what the function has.
const PEAK_MAX: u64 = 128_000_000;

/// Creates the objects and tells their ids.
pub(crate) async fn create(fixture: &Fixture) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(&fixture.address).await?;
    let mut ids = Vec::with_capacity(OBJECTS);
    for number in 0..OBJECTS {
        let mut contact = contact(1_000 + number, 0);
        contact["fields"]["notes"] = "𝄞".repeat(CHARACTERS).into();
        let request = fixture.request("POST", &fixture.objects(""), Some(&contact))?;
        let created: Value = serde_json::from_slice(succeeded(connection.send(request).await?)?.body())?;
        ids.push(created["id"].as_str().context("an object was created without an id")?.to_owned());
    }
    Ok(ids)
}

/// The event of an upsert, made to be that of the batch.
pub(crate) fn event(fixture: &Fixture, upsert: &[u8], ids: &[String]) -> anyhow::Result<Bytes> {
    let mut event: Value = serde_json::from_slice(upsert)?;
    let operations: Vec<_> =
        ids.iter().map(|id| json!({ "op": "update", "id": id, "fields": { "name": "Changed" } })).collect();
    let body = json!({ "atomic": true, "operations": operations });
    let path = fixture.objects("/batch");
    event["requestContext"]["path"] = format!("/live{path}").into();
    event["path"] = path.into();
    event["httpMethod"] = "POST".into();
    event["requestContext"]["httpMethod"] = "POST".into();
    event["pathParameters"]["proxy"] = format!("{}/batch", fixture.object_type).into();
    event["queryStringParameters"] = Value::Null;
    event["multiValueQueryStringParameters"] = Value::Null;
    event["requestContext"]["authorizer"]["permissions"] = "object:read object:update".into();
    event["body"] = body.to_string().into();
    event["isBase64Encoded"] = false.into();
    Ok(Bytes::from(event.to_string()))
}

/// What the life took, beside its budget.
pub(crate) fn result(life: &Life) -> anyhow::Result<BudgetResult> {
    let answer: Value = serde_json::from_slice(&life.answer)?;
    anyhow::ensure!(answer["statusCode"] == 200, "the largest atomic batch was answered with {answer}");
    let peak = format!("{} MB", megabytes(life.peak));
    say(&format!(
        "The largest atomic batch, {OBJECTS} objects of {} KB: {peak} of memory at the most, {} ms for the first answer.",
        CHARACTERS * 4 / 1000,
        life.first.as_millis()
    ))?;
    Ok(BudgetResult::new("peak memory of the largest atomic batch", "≤ 128 MB", peak, life.peak <= PEAK_MAX))
}
