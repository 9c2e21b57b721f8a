//! `Idempotency-Key`: a request that was done and is sent again gets the first answer again, and is not done twice.
//!
//! The answer of a run can be lost in many ways: with its function, with a database that does what it is asked and says that it
//! has failed, or because it cannot be kept. So each run of a request has [`Once`] from the first of them, by which what one of
//! them has made is found by the next.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest as _, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::caller::{Caller, Once};
use base::error::{Code, Error, Fault, Result, Violation, render};
use keys::{KeyRing, Platform};
use table::{AttributeValue, Condition, Item, Key, WriteError, deadline::Deadline, decode, text};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Answers are kept this long.
const KEEP_SECONDS: i64 = 24 * 60 * 60;
/// A request that has not ended by then has died with its function: longer than API Gateway and Lambda let one run.
const RUNNING_SECONDS: i64 = 35;
pub(crate) const KEY_LENGTH_MAX: usize = 255;
/// The headers that belong to the answer.
const KEPT_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::CACHE_CONTROL];

/// The record of a request. Beside it stands the attribute [`ANSWER`], once there is one.
#[derive(Serialize, Deserialize)]
struct Record {
    fingerprint: String,
    running_until: i64,
    expires: i64,
    /// What its runs have in common; a version before has left it out.
    #[serde(default)]
    once: Option<Once>,
    /// Which run it is: one that finds itself here has lost no more than the answer of the database.
    #[serde(default)]
    run: String,
}

/// What came of asking for a run.
enum Claimed {
    /// It may begin.
    Mine(Record),
    /// It has been, and this was its answer.
    Done(Response),
}

/// The answer, sealed: it may hold a secret that is shown only this once.
const ANSWER: &str = "answer";

/// The head of an answer that is kept; its body stands behind it, to the byte.
#[derive(Serialize, Deserialize)]
struct StoredAnswer {
    status: u16,
    headers: Vec<(String, String)>,
}

/// What stands between the head of a kept answer and its body.
const BREAK: u8 = b'\n';
/// A longer answer does not fit into an item: of it the head is kept, which tells that it was done and where it is.
const KEPT_LENGTH_MAX: usize = 380_000;

/// Runs the request, or answers what it answered before.
pub(crate) async fn run(platform: &Platform, request: Request, next: Next) -> Result<Response> {
    let Some(key) = key(request.headers())? else { return Ok(next.run(request).await) };
    let Some(mut caller) = request.extensions().get::<Caller>().cloned() else {
        return Ok(next.run(request).await);
    };
    // Before anything is done: without a key no answer could be kept.
    let ring = platform.keys.ring().await?;
    let (mut parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let body = body.map_err(|_| Error::too_large())?;
    let owner = caller.token.as_ref().map_or(caller.user.as_str(), |token| token.as_str());
    // Hashed, as what a client takes for a key may be a secret.
    let record_key = Key::new(format!("IDEMPOTENCY#{owner}"), digest(&[key.as_bytes()]));
    let fingerprint = fingerprint(&parts, &body);

    let record = match claim(platform, &record_key, fingerprint).await? {
        Claimed::Mine(record) => record,
        Claimed::Done(answer) => return Ok(answer),
    };
    let request_id = caller.request_id.clone();
    caller.once = record.once.clone();
    parts.extensions.insert(caller);
    // What does not end in time may have been done, as after any other failure: the key is free for the same request then.
    let deadline = Deadline::of(parts.extensions.get()).a_moment_before();
    let response = deadline.limit(next.run(Request::from_parts(parts, Body::from(body)))).await;
    let response = render(response.unwrap_or_else(Error::into_response), &request_id);
    if response.status().is_success() {
        return keep(platform, (&record_key, &ring), record, response).await;
    }
    let freed = if response.status().is_server_error() {
        // It may have been done: only the same request may be sent again, and finds what this one has made.
        platform.activity.put(record_key, &Record { running_until: 0, ..record })?
    } else {
        // Nothing was done: the key is free for the request as it will be when it is mended.
        platform.activity.delete(record_key)
    };
    if let Err(error) = platform.activity.write(freed).await {
        tracing::warn!(code = Error::from(error).code.name(), "an Idempotency-Key could not be given free");
    }
    Ok(response)
}

/// Marks the request as running, or finds what came of a run before this one.
async fn claim(platform: &Platform, record_key: &Key, fingerprint: String) -> Result<Claimed> {
    let now = platform.clock.now();
    let run = uuid::Uuid::now_v7().to_string();
    let mut record = Record {
        fingerprint,
        running_until: now.seconds() + RUNNING_SECONDS,
        expires: now.seconds() + KEEP_SECONDS,
        once: Some(Once { at: now, nonce: run.clone() }),
        run,
    };
    let seconds = |seconds: i64| AttributeValue::N(seconds.to_string());
    let is_free = Condition::Any(vec![
        Condition::ItemMissing,
        Condition::Below("expires".into(), seconds(now.seconds())),
    ]);
    let Some(item) = put(platform, record_key, &record, is_free).await? else {
        return Ok(Claimed::Mine(record));
    };
    let found: Record = decode(item.clone())?;
    let has_died = found.fingerprint == record.fingerprint
        && !item.contains_key(ANSWER)
        && found.running_until < now.seconds();
    if !has_died {
        return replay(platform, record_key, &record.fingerprint, (&item, &found)).await.map(Claimed::Done);
    }
    record.once = found.once.or(record.once);
    let is_as_found = Condition::AttributeMissing(ANSWER.into())
        .and(Condition::Is("running_until".into(), seconds(found.running_until)))
        .and(Condition::is_text("fingerprint", &record.fingerprint));
    match put(platform, record_key, &record, is_as_found).await? {
        None => Ok(Claimed::Mine(record)),
        Some(_) => Err(in_progress()),
    }
}

/// Writes the record of this run; what stands in its way, if something does.
async fn put(
    platform: &Platform,
    record_key: &Key,
    record: &Record,
    when: Condition,
) -> Result<Option<Item>> {
    match platform.activity.write(platform.activity.put(record_key.clone(), record)?.when(when)).await {
        Ok(_) => Ok(None),
        Err(WriteError::ConditionFailed(mut refused)) => {
            match refused.writes.pop().and_then(|(_, item)| item) {
                Some(item) if text(&item, "run") == Some(&record.run) => Ok(None),
                Some(item) => Ok(Some(item)),
                None => Err(in_progress()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn replay(
    platform: &Platform,
    record_key: &Key,
    fingerprint: &str,
    (item, record): (&Item, &Record),
) -> Result<Response> {
    let sealed = item.get(ANSWER).and_then(|answer| answer.as_b().ok());
    // As long as it runs, it may still be refused, and its key be free for another one.
    let is_running = sealed.is_none() && record.running_until > platform.clock.now().seconds();
    if record.fingerprint != fingerprint && !is_running {
        return Err(Error::new(
            Code::IdempotencyKeyReused,
            "This Idempotency-Key came with another request before.",
        ));
    }
    let Some(sealed) = sealed else { return Err(in_progress()) };
    let plain = platform.keys.ring().await?.open(&context(record_key), sealed.as_ref());
    let plain = plain.ok_or_else(|| anyhow::anyhow!("a kept answer does not open"))?;
    let end = plain.iter().position(|byte| *byte == BREAK).unwrap_or(plain.len());
    let StoredAnswer { status, headers } =
        serde_json::from_slice(&plain[..end]).map_err(anyhow::Error::from)?;
    let body = plain.get(end + 1..).unwrap_or_default().to_vec();
    let mut response = (StatusCode::from_u16(status).map_err(anyhow::Error::from)?, body).into_response();
    response.headers_mut().clear();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

async fn keep(
    platform: &Platform,
    (record_key, ring): (&Key, &KeyRing),
    record: Record,
    response: Response,
) -> Result<Response> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(anyhow::Error::from)?;
    let header =
        |name: &HeaderName| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned()));
    let answer = StoredAnswer {
        status: parts.status.as_u16(),
        headers: KEPT_HEADERS.iter().filter_map(header).collect(),
    };
    let mut plain = serde_json::to_vec(&answer).map_err(anyhow::Error::from)?;
    if body.len() <= KEPT_LENGTH_MAX {
        plain.push(BREAK);
        plain.extend_from_slice(&body);
    }
    let sealed = ring.seal(&context(record_key), &plain)?;
    let now = platform.clock.now().seconds();
    let record = Record { running_until: now, expires: now + KEEP_SECONDS, ..record };
    let mut item: Item = serde_dynamo::to_item(record).map_err(anyhow::Error::from)?;
    item.insert(ANSWER.to_owned(), AttributeValue::B(sealed.into()));
    // The request is done: its answer counts even when it cannot be kept.
    if let Err(error) = platform.activity.write(platform.activity.put_item(record_key.clone(), item)).await {
        tracing::warn!(
            code = Error::from(error).code.name(),
            "an answer could not be kept for its Idempotency-Key"
        );
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY_LENGTH_MAX).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        let detail = format!("Send 1 to {KEY_LENGTH_MAX} visible ASCII characters.");
        Error::invalid(vec![Fault::new("Idempotency-Key", Violation::Invalid, detail)])
    })
}

/// What makes two requests the same: method, path and query, the preconditions, and the body to the byte.
fn fingerprint(Parts { method, uri, headers, .. }: &Parts, body: &[u8]) -> String {
    let lines =
        |name| headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b',');
    let (if_match, if_none_match) = (lines(header::IF_MATCH), lines(header::IF_NONE_MATCH));
    let head = format!("{method} {uri} ");
    let none_match: &[&[u8]] = if if_none_match.is_empty() { &[] } else { &[b" !", &if_none_match] };
    digest(&[&[head.as_bytes(), &if_match], none_match, &[&[0], body]].concat())
}

fn digest(parts: &[&[u8]]) -> String {
    hex::encode(parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize())
}

fn context(record_key: &Key) -> String {
    format!("idempotency {} {}", record_key.pk, record_key.sk)
}

fn in_progress() -> Error {
    Error::new(Code::IdempotencyInProgress, "A request with this Idempotency-Key is still running.")
}
