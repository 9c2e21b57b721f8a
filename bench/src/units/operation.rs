//! The operations whose cost is counted, and their budgets.

use anyhow::{Context as _, ensure};
use hyper::{Request, Response, body::Bytes, header::HeaderValue};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, contact, succeeded},
    http::Connection,
    signed,
};

/// Objects of the team that all is done in.
const FEW: usize = 60;
/// Objects of the team whose list is to cost no more.
const MANY: usize = 600;
/// Numbers that no prepared object has.
const NEW: usize = 10_000;
/// Operations of a batch.
const BATCH: usize = 100;
/// What is in each file.
const OFFER: &[u8] = b"An offer.";
/// Files that are sent to know of those before them that they were looked at, and how often it is asked for that.
const LATER: usize = 2;
const ASKED_MAX: usize = 10;

/// What is done.
#[derive(Clone, Copy)]
enum Act {
    Malformed,
    Refused,
    Create,
    CreateAnew,
    CreateWithKey,
    Read,
    List,
    ListOfMany,
    PatchNote,
    PatchState,
    PatchAll,
    UpsertNew,
    UpsertKnown,
    UpsertEqual,
    Trash,
    ListTrash,
    BatchNew,
    BatchKnown,
    BatchEqual,
    BeginUpload,
    CompleteUpload,
    NameFile,
}

/// The most that an operation may cost behind the gate.
#[derive(Clone, Copy, Default)]
pub(crate) struct Budget {
    /// Round trips.
    pub(crate) round_trips: Option<usize>,
    /// Write units.
    pub(crate) writes: Option<f64>,
}

/// One operation.
pub(crate) struct Operation {
    /// How the table calls it.
    pub(crate) name: &'static str,
    /// What it may cost; some have no budget.
    pub(crate) budget: Option<Budget>,
    act: Act,
}

/// All operations, in the order in which they are done.
pub(crate) fn operations() -> Vec<Operation> {
    let of = |round_trips, writes| Some(Budget { round_trips, writes });
    let rows = [
        (Act::Malformed, "mistyped token (401)", of(Some(0), Some(0.0))),
        (Act::Refused, "refused (403)", of(Some(0), Some(0.0))),
        (Act::Create, "create", of(Some(1), Some(12.0))),
        (Act::CreateAnew, "create, the first of its type in a function's life, named by slug", None),
        (Act::CreateWithKey, "create with Idempotency-Key", None),
        (Act::Read, "read", None),
        (Act::List, "list 50 of 60", of(Some(1), None)),
        (Act::ListOfMany, "list 50 of 600", of(Some(1), None)),
        (Act::PatchNote, "patch of a field that is not searchable", of(Some(1), Some(8.0))),
        (Act::PatchState, "patch of one searchable field", of(Some(1), Some(8.0))),
        (Act::PatchAll, "patch of all but the unique field", None),
        (Act::UpsertNew, "upsert that creates", of(Some(2), Some(14.0))),
        (Act::UpsertKnown, "upsert that changes 4 searchable fields", of(Some(2), Some(14.0))),
        (Act::UpsertEqual, "upsert, equal", of(Some(2), Some(0.0))),
        (Act::Trash, "trash", None),
        (Act::ListTrash, "list the trash (5 objects)", of(Some(2), None)),
        (Act::BatchNew, "batch of 100 upserts that create", of(Some(BATCH + 1), Some(1400.0))),
        (
            Act::BatchKnown,
            "batch of 100 upserts that change 4 searchable fields",
            of(Some(BATCH + 1), Some(1400.0)),
        ),
        (Act::BatchEqual, "batch of 100 upserts, equal", of(Some(2), Some(0.0))),
        (Act::BeginUpload, "begin an upload", None),
        (Act::CompleteUpload, "complete an upload that was looked at", None),
        (Act::NameFile, "patch that names a file", of(Some(3), Some(8.0))),
    ];
    rows.into_iter().map(|(act, name, budget)| Operation { name, budget, act }).collect()
}

/// What is there before anything is counted.
pub(crate) struct Prepared {
    ids: Vec<String>,
    many: Fixture,
    /// Their type was never asked for, so that no function has it in memory.
    fresh: Vec<Fixture>,
    uploads: Vec<String>,
}

impl Prepared {
    pub(crate) async fn set_up(
        few: &Fixture,
        connection: &mut Connection,
        times: usize,
    ) -> anyhow::Result<Self> {
        let many = Fixture::set_up(&few.address, "units-many").await?;
        let mut fresh = Vec::with_capacity(times);
        for time in 0..times {
            fresh.push(Fixture::set_up(&few.address, &format!("units-fresh-{time}")).await?);
        }
        for first in (0..MANY).step_by(BATCH) {
            let batch = many.request("POST", &many.objects("/batch"), Some(&upserts_from(first, 0)))?;
            ensure!(each(&succeeded(connection.send(batch).await?)?, 201)?, "a batch was not created whole");
        }
        let mut ids = Vec::with_capacity(FEW);
        for number in 0..FEW {
            ids.push(create(few, number, connection).await?);
        }
        let uploads = uploads(few, times, connection).await?;
        Ok(Self { ids, many, fresh, uploads })
    }
}

/// Uploads whose bytes were looked at, and which are not completed.
async fn uploads(
    fixture: &Fixture,
    times: usize,
    connection: &mut Connection,
) -> anyhow::Result<Vec<String>> {
    let mut sent = Vec::with_capacity(times + LATER);
    for _ in 0..times + LATER {
        let begin = fixture.request("POST", &fixture.uploads(""), Some(&offer()))?;
        let begun: Value = serde_json::from_slice(succeeded(connection.send(begin).await?)?.body())?;
        let (address, put) = signed::put(&begun["put"], Bytes::from_static(OFFER))?;
        succeeded(Connection::open(&address).await?.send(put).await?)?;
        sent.push(begun["id"].as_str().context("an upload has no id")?.to_owned());
    }
    // Files are looked at in their order, two at a time: when two that came later are ready, one at the most is not.
    for later in sent.split_off(times) {
        ensure!(is_ready(fixture, &later, connection).await?, "a file was not looked at");
    }
    Ok(sent)
}

async fn is_ready(fixture: &Fixture, id: &str, connection: &mut Connection) -> anyhow::Result<bool> {
    for _ in 0..ASKED_MAX {
        let request =
            fixture.request("POST", &fixture.uploads(&format!("/{id}/complete")), Some(&json!({})))?;
        let upload: Value = serde_json::from_slice(succeeded(connection.send(request).await?)?.body())?;
        if upload["status"] == "ready" {
            return Ok(true);
        }
    }
    Ok(false)
}

fn offer() -> Value {
    json!({ "filename": "offer.txt", "size": OFFER.len() })
}

async fn create(fixture: &Fixture, number: usize, connection: &mut Connection) -> anyhow::Result<String> {
    let request = fixture.request("POST", &fixture.objects(""), Some(&contact(number, 0)))?;
    let object: Value = serde_json::from_slice(succeeded(connection.send(request).await?)?.body())?;
    Ok(object["id"].as_str().context("a created object has no id")?.to_owned())
}

/// A batch of contacts in this edition, others each time.
fn upserts(time: usize, edition: usize) -> Value {
    upserts_from(4 * NEW + time * BATCH, edition)
}

/// A batch of contacts from this number on.
fn upserts_from(first: usize, edition: usize) -> Value {
    let upsert = |number| {
        let fields = contact(number, edition)["fields"].take();
        json!({ "op": "upsert", "match": "email", "fields": fields })
    };
    json!({ "operations": (first..first + BATCH).map(upsert).collect::<Vec<_>>() })
}

/// Whether each operation of a batch has this status.
fn each(answer: &Response<Bytes>, status: u16) -> anyhow::Result<bool> {
    let answer: Value = serde_json::from_slice(answer.body())?;
    let results = answer["results"].as_array().context("a batch was answered without results")?;
    Ok(results.len() == BATCH && results.iter().all(|result| result["status"] == status))
}

impl Operation {
    /// Whether the database is asked who it is.
    pub(crate) fn is_through_gate(&self) -> bool {
        !matches!(self.act, Act::Malformed)
    }

    /// Whether it is a page of a list that may be longer.
    pub(crate) fn is_page(&self) -> bool {
        matches!(self.act, Act::List | Act::ListOfMany)
    }

    /// The request that does it for the so-manieth time; each time with another object.
    pub(crate) fn request(
        &self,
        fixture: &Fixture,
        prepared: &Prepared,
        time: usize,
    ) -> anyhow::Result<Request<Bytes>> {
        let at = |number: usize| fixture.objects(&format!("/{}", prepared.ids[number + time]));
        let patch = |number: usize, fields: Value| {
            fixture.request("PATCH", &at(number), Some(&json!({ "fields": fields })))
        };
        let all = fixture.objects("");
        let upsert = fixture.objects("?match=email");
        match self.act {
            Act::Malformed => {
                Fixture { token: fixture.token.replace("ea_pat_", "ea_pat_0"), ..fixture.clone() }
                    .request("GET", &all, None)
            }
            Act::Refused => fixture.refused("GET", &all, None),
            Act::Create => fixture.request("POST", &all, Some(&contact(NEW + time, 0))),
            Act::CreateAnew => {
                let fresh = &prepared.fresh[time];
                let by_slug = format!("/v1/teams/{}/objects/contacts", fresh.team);
                fresh.request("POST", &by_slug, Some(&contact(0, 0)))
            }
            Act::CreateWithKey => {
                let mut request = fixture.request("POST", &all, Some(&contact(2 * NEW + time, 0)))?;
                let key = HeaderValue::from_str(&format!("\"key-{time}\""))?;
                request.headers_mut().insert("idempotency-key", key);
                Ok(request)
            }
            Act::Read => fixture.request("GET", &at(0), None),
            Act::List => fixture.request("GET", &fixture.objects("?limit=50"), None),
            Act::ListOfMany => prepared.many.request("GET", &prepared.many.objects("?limit=50"), None),
            Act::PatchNote => patch(0, json!({ "notes": "Wants to be called in spring." })),
            Act::PatchState => patch(10, json!({ "amount": 77 })),
            Act::PatchAll => {
                let mut fields = contact(20 + time, 5)["fields"].take();
                fields.as_object_mut().and_then(|fields| fields.remove("email"));
                patch(20, fields)
            }
            Act::UpsertNew => fixture.request("PUT", &upsert, Some(&contact(3 * NEW + time, 0))),
            Act::UpsertKnown => fixture.request("PUT", &upsert, Some(&contact(30 + time, 7))),
            Act::UpsertEqual => fixture.request("PUT", &upsert, Some(&contact(50 + time, 0))),
            Act::ListTrash => fixture.request("GET", &fixture.objects("?trashed=only"), None),
            Act::Trash => fixture.request("DELETE", &at(40), None),
            Act::BatchNew => fixture.request("POST", &fixture.objects("/batch"), Some(&upserts(time, 0))),
            Act::BatchKnown | Act::BatchEqual => {
                fixture.request("POST", &fixture.objects("/batch"), Some(&upserts(time, 7)))
            }
            Act::BeginUpload => fixture.request("POST", &fixture.uploads(""), Some(&offer())),
            Act::CompleteUpload => {
                let path = fixture.uploads(&format!("/{}/complete", prepared.uploads[time]));
                fixture.request("POST", &path, Some(&json!({})))
            }
            Act::NameFile => patch(0, json!({ "files": [prepared.uploads[time]] })),
        }
    }

    /// Whether it was answered as it must be.
    pub(crate) fn check(&self, answer: &Response<Bytes>) -> anyhow::Result<()> {
        let status = answer.status().as_u16();
        let is_right = match self.act {
            Act::Malformed => status == 401,
            Act::Refused => status == 403,
            Act::BatchNew => status == 200 && each(answer, 201)?,
            Act::BatchKnown | Act::BatchEqual => status == 200 && each(answer, 200)?,
            _ => (200..300).contains(&status),
        };
        ensure!(is_right, "{} was answered {status}: {}", self.name, String::from_utf8_lossy(answer.body()));
        Ok(())
    }
}
