//! The bucket by its own client: on the store of one machine, and on another one where the tests run on another engine.

use std::time::Duration;

use base::id::{TeamId, UploadId};
use bucket::{Bucket, FileKey, NewFile, SignedUpload};
use reqwest::Client;
use table::config::{AccessKeys, Config};

use crate::harness::{another_engine, system};

const LIFE: Duration = Duration::from_mins(1);

/// A bucket of the store, and keys that nobody else has.
async fn bucket() -> (Bucket, FileKey) {
    (bucket_of_engine().await, FileKey::upload(&TeamId::new(), &UploadId::new()))
}

/// The bucket of the engine that the tests run on.
pub(crate) async fn bucket_of_engine() -> Bucket {
    let Some(endpoint) = another_engine() else { return system().bucket.clone() };
    let (any, name) = (|| "test".to_owned(), "files".to_owned());
    // It may be there.
    Client::new().put(format!("{endpoint}/{name}")).send().await.unwrap();
    let config = Config {
        region: "us-east-1".to_owned(),
        credentials: Some(AccessKeys { id: any(), secret: any(), session: None }),
        s3_endpoint: Some(endpoint),
        bucket: Some(name),
        ..Config::default()
    };
    Bucket::on_aws(&config).unwrap()
}

async fn put(signed: &SignedUpload, bytes: &[u8]) -> u16 {
    let headers = signed.headers.iter().filter(|(name, _)| *name != "content-length" && *name != "host");
    let request = Client::new().put(&signed.url).body(bytes.to_vec());
    let request = headers.fold(request, |request, (name, value)| request.header(name, value));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_file_is_sent_once_read_in_pieces_replaced_and_removed() {
    let (bucket, key) = bucket().await;
    assert_eq!(bucket.head(&key).await.unwrap(), None);
    assert_eq!(bucket.get(&key).await.unwrap(), None);
    let file = NewFile { size: 11, content_type: "text/plain", sha256: None, keep_metadata: true };
    let signed = bucket.sign_put(&key, file, LIFE).await.unwrap();
    assert_eq!((put(&signed, b"hello world").await, put(&signed, b"hello again").await), (200, 412));
    let head = bucket.head(&key).await.unwrap().unwrap();
    assert_eq!((head.size, head.content_type.as_str(), &head.sent_sha256), (11, "text/plain", &None));
    assert!(head.keep_metadata);
    assert_eq!(bucket.read(&key, &head, 6, 100).await.unwrap(), b"world");
    assert!(bucket.uploads().await.unwrap().contains(&key.to_string()));

    let url = bucket.sign_get(&key, ("image/png", "attachment; filename=\"a b.png\""), LIFE).await.unwrap();
    let answer = Client::new().get(url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"a b.png\"");
    assert_eq!(&answer.bytes().await.unwrap()[..], b"hello world");

    bucket.replace(&key, &head, b"hello".to_vec(), "as it was").await.unwrap();
    let after = bucket.head(&key).await.unwrap().unwrap();
    assert_eq!((after.size, after.sent_sha256.as_deref()), (5, Some("as it was")));
    assert!(bucket.replace(&key, &head, b"late".to_vec(), "x").await.is_err(), "it is another one by now");
    assert!(bucket.read(&key, &head, 0, 100).await.is_err(), "nothing is read of another one");
    assert_eq!(bucket.get(&key).await.unwrap().as_deref(), Some(&b"hello"[..]));
    for _ in 0..2 {
        bucket.delete(&key).await.unwrap();
    }
    assert_eq!(bucket.head(&key).await.unwrap(), None);
}

#[tokio::test]
async fn parts_are_listed_joined_once_and_given_up() {
    let (bucket, key) = bucket().await;
    let id = bucket.begin_parts(&key, "text/plain", false).await.unwrap();
    assert_eq!(bucket.sent_parts(&key, &id).await.unwrap(), Some(Vec::new()));
    let (large, small) = (vec![b'a'; 5 * 1024 * 1024], b"end".to_vec());
    for (number, bytes) in [(2, &small), (1, &large)] {
        let size = bytes.len().try_into().unwrap();
        let signed = bucket.sign_part((&key, &id), (number, size), LIFE).await.unwrap();
        assert_eq!(put(&signed, bytes).await, 200);
    }
    let parts = bucket.sent_parts(&key, &id).await.unwrap().unwrap();
    let seen: Vec<_> = parts.iter().map(|part| (part.number, part.size)).collect();
    assert_eq!(seen, [(1, 5 * 1024 * 1024), (2, 3)]);
    assert_eq!(bucket.head(&key).await.unwrap(), None, "parts are no file");
    bucket.join_parts(&key, &id, &parts).await.unwrap();
    let head = bucket.head(&key).await.unwrap().unwrap();
    assert_eq!((head.size, head.content_type.as_str()), (5 * 1024 * 1024 + 3, "text/plain"));
    // Whoever comes second finds it done.
    bucket.join_parts(&key, &id, &parts).await.unwrap();
    assert_eq!(bucket.sent_parts(&key, &id).await.unwrap(), None);
    bucket.abort_parts(&key, &id).await.unwrap();
    assert_eq!(bucket.read(&key, &head, 5 * 1024 * 1024, 10).await.unwrap(), b"end");

    let other = FileKey::upload(&TeamId::new(), &UploadId::new());
    let id = bucket.begin_parts(&other, "text/plain", false).await.unwrap();
    let signed = bucket.sign_part((&other, &id), (1, 3), LIFE).await.unwrap();
    assert_eq!(put(&signed, &small).await, 200);
    bucket.abort_parts(&other, &id).await.unwrap();
    assert_eq!(put(&signed, &small).await, 404, "what was given up takes nothing more");
    assert_eq!(bucket.sent_parts(&other, &id).await.unwrap(), None);
}
