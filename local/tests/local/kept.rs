//! What a version has stored opens with the next ones: data directories of versions that were released lie in `tests/kept`,
//! each with what its own version answered of it.
//!
//! `make keep ARGS=name` adds the directory of this version. It is made fifty years from now, so that nothing in it is ever
//! old: the clock of a system that opens it is set to that time.

mod making;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use base::Timestamp;
use serde_json::{Value, json};

use crate::{
    http::{client, send, session},
    key_ring::system,
    process::Directory,
};

use self::making::make;

/// What was answered stands here, in the directory.
const ANSWERS: &str = "answers.json";
/// More than the time between two looks for jobs that are late.
const LATE_SECONDS: i64 = 30 * 60;
/// So often it is looked for what goes on beside answers, each time after a tenth of a second.
const LOOKS_MAX: usize = 1_200;

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kept")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, copied).unwrap();
        }
    }
}

/// Whether all that was answered is answered still; members that are new may stand beside it.
fn holds(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            then.iter().all(|(name, then)| now.get(name).is_some_and(|now| holds(now, then)))
        }
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| holds(now, then))
        }
        _ => now == then,
    }
}

/// Opens a copy of a directory and compares what is there with what was there.
async fn open(directory: &Path) {
    let answers = fs::read_to_string(directory.join(ANSWERS)).unwrap();
    let answers: Value = serde_json::from_str(&answers).unwrap();
    let data = Directory::new();
    copy(directory, &data.0);
    let running = system(&data.0, &[]).await;
    let made_at: Timestamp = answers["made_at"].as_str().unwrap().parse().unwrap();
    let clock = running.clock().clone();
    clock.advance(made_at.seconds() - clock.now().seconds());
    let url = running.url().to_owned();
    let ada = session(&url, "ada@example.com").await;
    for read in answers["reads"].as_array().unwrap() {
        let path = read["path"].as_str().unwrap();
        let (status, body) = send(client().get(format!("{url}{path}")).bearer_auth(&ada)).await;
        assert_eq!(status, 200, "{}: {path}: {body}", directory.display());
        assert!(
            holds(&body, &read["body"]),
            "{}: {path}: {body:#}\nwas {:#}",
            directory.display(),
            read["body"]
        );
    }
    work_goes_on(&url, &answers, &ada).await;
    // The message about a job went with the process: the job is found again by the schedule, when it is late.
    clock.advance(LATE_SECONDS);
    what_was_under_way_ends(&url, &answers, &ada).await;
    running.shutdown().await;
}

/// Secrets, unique values, numbers and the trash are what they were.
async fn work_goes_on(url: &str, answers: &Value, ada: &str) {
    let text = |name: &str| answers[name].as_str().unwrap();
    let objects = format!("{url}{}", text("objects"));
    let upsert = json!({"fields": {"email": "ada@example.com", "name": "Ada L."}});
    let upsert = client().put(format!("{objects}?match=email")).bearer_auth(text("token")).json(&upsert);
    let (status, body) = send(upsert).await;
    assert_eq!((status, &body["id"]), (200, &answers["object"]), "{body}");
    let (status, body) = send(client().get(&objects).bearer_auth(text("revoked"))).await;
    assert_eq!((status, &body["code"]), (401, &json!("invalid_token")));
    let new = client().post(&objects).bearer_auth(ada).json(&json!({"fields": {"email": "new@example.com"}}));
    let (status, body) = send(new).await;
    let number: u64 = body["fields"]["number"].as_str().unwrap().parse().unwrap();
    assert!(status == 201 && number > answers["last_number"].as_u64().unwrap(), "{body}");
    for path in answers["trash"].as_array().unwrap() {
        let restore = client().post(format!("{url}{}/restore", path.as_str().unwrap())).bearer_auth(ada);
        let (status, body) = send(restore).await;
        assert_eq!(status, 200, "{path}: {body}");
    }
    let accept = json!({"secret": text("invitation")});
    let bob = session(url, "bob@example.com").await;
    let (status, body) =
        send(client().post(format!("{url}/v1/invitations/accept")).bearer_auth(bob).json(&accept)).await;
    assert_eq!(status, 201, "{body}");
}

/// A field that was made searchable a moment before is searched by.
async fn what_was_under_way_ends(url: &str, answers: &Value, ada: &str) {
    let objects = answers["objects"].as_str().unwrap();
    let found = format!("{url}{objects}?filter[city][eq]=Ulm");
    for _ in 0..LOOKS_MAX {
        let (status, body) = send(client().get(&found).bearer_auth(ada)).await;
        if status == 200 {
            assert_eq!(body["data"].as_array().unwrap().len(), 1, "{body}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the work that was under way does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn this_version_opens_what_it_has_stored() {
    let data = Directory::new();
    make(&data.0).await;
    open(&data.0).await;
    if let Ok(name) = std::env::var("KEEP") {
        copy(&data.0, &kept().join(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_earlier_versions_have_stored_opens() {
    let mut opened = 0;
    for entry in fs::read_dir(kept()).unwrap() {
        open(&entry.unwrap().path()).await;
        opened += 1;
    }
    assert!(opened > 0, "no version is kept");
}
