//! Files that are two things at once: what is taken of them, and how it is served.

use std::{fs, path::Path};

use media::corpus;
use serde_json::json;

use crate::{
    harness::World,
    uploads::{fetched, sent, uploads},
};

/// Where the files go, for the test that opens them in a browser.
const FOLDER: &str = "../target/polyglots";
/// The types in which nothing can run.
const INERT: [&str; 10] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "video/mp4",
    "video/webm",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "application/pdf",
];

#[tokio::test]
async fn none_is_served_as_what_could_run() {
    let world = World::new().await;
    let owner = &world.owner.api;
    fs::create_dir_all(FOLDER).unwrap();
    let (mut names, mut shown) = (Vec::new(), 0);
    for polyglot in corpus() {
        let name = polyglot.name;
        // Some have no extension that is taken at all.
        let told = json!({"filename": name, "size": polyglot.bytes.len()});
        if owner.post(&uploads(&world), told).await.status == 422 {
            assert!(!polyglot.agrees, "{name} is not taken");
            continue;
        }
        fs::write(Path::new(FOLDER).join(names.len().to_string()), &polyglot.bytes).unwrap();
        names.push(name);
        let upload = sent(owner, &world, name, &polyglot.bytes).await;
        let status = if polyglot.agrees { "ready" } else { "rejected" };
        assert_eq!(upload["status"], status, "{name}: {upload}");
        if !polyglot.agrees {
            continue;
        }
        for query in ["", "?disposition=inline"] {
            let (found, response) = fetched(owner, &world, &upload, query).await;
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            let (served, disposition) = (header("content-type"), header("content-disposition"));
            assert_eq!(found["content_type"], served, "{name}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
            if disposition.starts_with("inline;") {
                assert!(INERT.contains(&&*served) && !query.is_empty(), "{name} is shown as {served}");
                shown += 1;
            } else {
                assert!(disposition.starts_with("attachment;"), "{name}: {disposition}");
                assert_eq!(served, "application/octet-stream", "{name}");
            }
            let bytes = response.bytes().await.unwrap();
            assert_eq!(upload["size"], bytes.len(), "{name}");
        }
    }
    assert!(names.len() >= 40 && shown > 0, "{} files, {shown} shown", names.len());
    fs::write(Path::new(FOLDER).join("names.json"), json!(names).to_string()).unwrap();
}
