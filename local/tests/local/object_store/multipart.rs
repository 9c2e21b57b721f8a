//! Uploads in parts.

use std::slice;

use aws_sdk_s3::{
    Client,
    types::{CompletedMultipartUpload, CompletedPart, Part},
};

use crate::object_store::support::{BUCKET, bytes_of, code, files, keys, put, sha256, world, world_in};

const FIVE_MIB: usize = 5 << 20;

async fn start(s3: &Client, key: &str) -> String {
    let create = s3.create_multipart_upload().bucket(BUCKET).key(key).content_type("video/mp4");
    create.metadata("x", "1").send().await.unwrap().upload_id().unwrap().to_owned()
}

async fn send(s3: &Client, id: &str, number: i32, bytes: Vec<u8>) -> CompletedPart {
    let part = s3.upload_part().bucket(BUCKET).key("k").upload_id(id).part_number(number);
    let sent = part.body(bytes.into()).send().await.unwrap();
    CompletedPart::builder().part_number(number).e_tag(sent.e_tag().unwrap()).build()
}

fn parts(parts: &[CompletedPart]) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts.to_vec())).build()
}

async fn complete(s3: &Client, id: &str, named: &[CompletedPart]) -> Result<String, String> {
    let complete = s3.complete_multipart_upload().bucket(BUCKET).key("k").upload_id(id);
    match complete.multipart_upload(parts(named)).send().await {
        Ok(completed) => Ok(completed.e_tag().unwrap().to_owned()),
        refused => Err(code(refused)),
    }
}

#[tokio::test]
async fn parts_become_one_object_in_their_order() {
    let mut world = world().await;
    let s3 = &world.s3;
    let id = start(s3, "k").await;
    let last = send(s3, &id, 9, b"end".to_vec()).await;
    let first = send(s3, &id, 1, vec![1; FIVE_MIB]).await;
    let second = send(s3, &id, 3, vec![2; FIVE_MIB + 1]).await;
    assert!(keys(s3).await.is_empty(), "nothing is there before it is complete");
    assert!(world.created.try_recv().is_err());
    let etag = complete(s3, &id, &[first, second, last]).await.unwrap();
    assert!(etag.ends_with("-3\""), "{etag}");
    let whole = [vec![1; FIVE_MIB], vec![2; FIVE_MIB + 1], b"end".to_vec()].concat();
    assert!(bytes_of(s3, "k").await.unwrap() == whole);
    let head = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!((head.content_type(), head.e_tag()), (Some("video/mp4"), Some(etag.as_str())));
    assert_eq!(head.metadata().unwrap()["x"], "1");
    assert_eq!(world.created.recv().await.unwrap(), "k");
    assert_eq!(complete(s3, &id, &[]).await, Err("NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn what_is_named_wrongly_makes_no_object_and_the_upload_goes_on() {
    let world = world().await;
    let s3 = &world.s3;
    let id = start(s3, "k").await;
    let (one, two) = (send(s3, &id, 1, vec![1; FIVE_MIB]).await, send(s3, &id, 2, vec![2; 10]).await);
    let wrong = CompletedPart::builder().part_number(2).e_tag(one.e_tag().unwrap()).build();
    let absent = CompletedPart::builder().part_number(3).e_tag(one.e_tag().unwrap()).build();
    let refused = |code: &str| Err(code.to_owned());
    assert_eq!(complete(s3, &id, &[one.clone(), wrong]).await, refused("InvalidPart"));
    assert_eq!(complete(s3, &id, &[one.clone(), absent]).await, refused("InvalidPart"));
    assert_eq!(complete(s3, &id, &[two.clone(), one.clone()]).await, refused("InvalidPartOrder"));
    assert_eq!(complete(s3, &id, &[one.clone(), one.clone()]).await, refused("InvalidPartOrder"));
    assert_eq!(complete(s3, "other", slice::from_ref(&one)).await, refused("NoSuchUpload"));
    let third = send(s3, &id, 3, vec![3; 10]).await;
    assert_eq!(complete(s3, &id, &[one.clone(), two.clone(), third]).await, refused("EntityTooSmall"));
    assert!(keys(s3).await.is_empty());
    complete(s3, &id, &[one, two]).await.unwrap();
    assert_eq!(bytes_of(s3, "k").await.unwrap().len(), FIVE_MIB + 10);
}

#[tokio::test]
async fn a_part_is_verified_and_may_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_in(Some(folder.path().to_owned())).await;
    let s3 = &world.s3;
    let id = start(s3, "k").await;
    let earlier = send(s3, &id, 1, b"earlier".to_vec()).await;
    let part = || s3.upload_part().bucket(BUCKET).key("k").upload_id(&id).body(b"part".to_vec().into());
    let refused = part().part_number(1).checksum_sha256(sha256(b"other")).send().await;
    assert_eq!(code(refused), "BadDigest");
    assert_eq!(code(part().part_number(10_001).send().await), "InvalidArgument");
    assert_eq!(code(part().part_number(0).send().await), "InvalidArgument");
    assert_eq!(code(part().part_number(1).upload_id("other").send().await), "NoSuchUpload");
    assert_eq!(code(part().part_number(1).key("other").send().await), "NoSuchUpload");
    assert_eq!(files(folder.path()), 1, "refused parts leave nothing");
    let later = send(s3, &id, 1, b"later".to_vec()).await;
    assert_eq!(files(folder.path()), 1);
    assert_eq!(complete(s3, &id, &[earlier]).await, Err("InvalidPart".to_owned()));
    complete(s3, &id, &[later]).await.unwrap();
    assert_eq!(bytes_of(s3, "k").await.unwrap(), b"later");
    assert_eq!(files(folder.path()), 1);
}

#[tokio::test]
async fn a_completion_keeps_its_condition() {
    let world = world().await;
    let s3 = &world.s3;
    let id = start(s3, "k").await;
    let part = send(s3, &id, 1, b"part".to_vec()).await;
    put(s3, "k", b"there").await;
    let complete = s3.complete_multipart_upload().bucket(BUCKET).key("k").upload_id(&id).if_none_match("*");
    let refused = complete.clone().multipart_upload(parts(slice::from_ref(&part))).send().await;
    assert_eq!(code(refused), "PreconditionFailed");
    assert_eq!(bytes_of(s3, "k").await.unwrap(), b"there");
    s3.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    complete.multipart_upload(parts(&[part])).send().await.unwrap();
    assert_eq!(bytes_of(s3, "k").await.unwrap(), b"part");
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_in(Some(folder.path().to_owned())).await;
    let s3 = &world.s3;
    let id = start(s3, "k").await;
    let part = send(s3, &id, 1, b"part".to_vec()).await;
    let abort = || s3.abort_multipart_upload().bucket(BUCKET).key("k").upload_id(&id);
    abort().send().await.unwrap();
    assert_eq!(code(abort().send().await), "NoSuchUpload");
    assert_eq!(complete(s3, &id, &[part]).await, Err("NoSuchUpload".to_owned()));
    assert_eq!(files(folder.path()), 0);
}

#[tokio::test]
async fn parts_and_uploads_are_listed_page_by_page() {
    let world = world().await;
    let s3 = &world.s3;
    let mut ids = Vec::new();
    for key in ["a", "k", "k", "z"] {
        ids.push((key, start(s3, key).await));
    }
    ids.sort();
    let (mut found, mut next) = (Vec::new(), (None, None));
    loop {
        let list = s3.list_multipart_uploads().bucket(BUCKET).max_uploads(1);
        let page = list.set_key_marker(next.0).set_upload_id_marker(next.1).send().await.unwrap();
        found.extend(
            page.uploads().iter().map(|u| (u.key().unwrap().to_owned(), u.upload_id().unwrap().to_owned())),
        );
        if page.is_truncated() != Some(true) {
            break;
        }
        next = (page.next_key_marker().map(str::to_owned), page.next_upload_id_marker().map(str::to_owned));
    }
    assert_eq!(found, ids.iter().map(|(key, id)| ((*key).to_owned(), id.clone())).collect::<Vec<_>>());
    let of_prefix = s3.list_multipart_uploads().bucket(BUCKET).prefix("k").send().await.unwrap();
    assert_eq!(of_prefix.uploads().len(), 2);
    let id = &ids[1].1;
    for number in [3, 1, 2] {
        send(s3, id, number, vec![0; 10]).await;
    }
    let list = || s3.list_parts().bucket(BUCKET).key("k").upload_id(id).max_parts(2);
    let first = list().send().await.unwrap();
    let second = list().set_part_number_marker(first.next_part_number_marker().map(str::to_owned));
    let second = second.send().await.unwrap();
    let numbers = |page: &[Part]| page.iter().filter_map(Part::part_number).collect::<Vec<_>>();
    assert_eq!((numbers(first.parts()), first.is_truncated()), (vec![1, 2], Some(true)));
    assert_eq!((numbers(second.parts()), second.is_truncated()), (vec![3], Some(false)));
    assert_eq!(second.parts()[0].size(), Some(10));
}
