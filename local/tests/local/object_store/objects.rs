//! Objects as a whole.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumMode, Delete, EncodingType, MetadataDirective, ObjectIdentifier},
};
use futures_util::future;

use crate::object_store::support::{BUCKET, bytes_of, code, keys, put, sha256, world};

#[tokio::test]
async fn an_object_comes_back_as_it_was_sent() {
    let mut world = world().await;
    let bytes = b"some bytes";
    let put = world.s3.put_object().bucket(BUCKET).key("k").body(ByteStream::from_static(bytes));
    let put = put.content_type("text/plain; charset=utf-8").metadata("note", "for you");
    let put = put.checksum_sha256(sha256(bytes)).send().await.unwrap();
    assert_eq!(world.created.recv().await.unwrap(), "k");
    let get = world.s3.get_object().bucket(BUCKET).key("k").checksum_mode(ChecksumMode::Enabled);
    let got = get.send().await.unwrap();
    assert_eq!(got.content_type().unwrap(), "text/plain; charset=utf-8");
    assert_eq!(got.metadata().unwrap()["note"], "for you");
    assert_eq!(got.checksum_sha256().unwrap(), sha256(bytes));
    assert_eq!((got.content_length(), got.e_tag()), (Some(10), put.e_tag()));
    assert_eq!(got.body.collect().await.unwrap().to_vec(), bytes);
    let head = world.s3.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!((head.content_length(), head.e_tag()), (Some(10), put.e_tag()));
}

#[tokio::test]
async fn the_etag_is_the_md5() {
    let world = world().await;
    assert_eq!(put(&world.s3, "k", b"").await, "\"d41d8cd98f00b204e9800998ecf8427e\"");
    assert_eq!(put(&world.s3, "k", b"hello").await, "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(bytes_of(&world.s3, "k").await.unwrap(), b"hello");
}

#[tokio::test]
async fn every_kind_of_checksum_of_the_sdk_is_verified() {
    let world = world().await;
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let put = world.s3.put_object().bucket(BUCKET).key("k").checksum_algorithm(algorithm.clone());
        put.body(ByteStream::from_static(b"bytes")).send().await.unwrap();
    }
    let put = || world.s3.put_object().bucket(BUCKET).key("l").body(ByteStream::from_static(b"bytes"));
    assert_eq!(code(put().checksum_crc32("AAAAAA==").send().await), "BadDigest");
    assert_eq!(code(put().checksum_sha256(sha256(b"other")).send().await), "BadDigest");
    assert_eq!(code(put().content_md5("1B2M2Y8AsgTpgAmY7PhCfg==").send().await), "BadDigest");
    assert_eq!(keys(&world.s3).await, ["k"]);
}

#[tokio::test]
async fn ranges_are_served() {
    let world = world().await;
    put(&world.s3, "k", b"0123456789").await;
    for (range, bytes, told) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-5", "2345", "bytes 2-5/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let got = world.s3.get_object().bucket(BUCKET).key("k").range(range).send().await.unwrap();
        assert_eq!(got.content_range().unwrap(), told);
        assert_eq!(got.body.collect().await.unwrap().to_vec(), bytes.as_bytes());
    }
    let beyond = world.s3.get_object().bucket(BUCKET).key("k").range("bytes=10-").send().await;
    assert_eq!(code(beyond.map(|_| ())), "InvalidRange");
    put(&world.s3, "empty", b"").await;
    assert_eq!(bytes_of(&world.s3, "empty").await.unwrap(), b"");
    let none = world.s3.get_object().bucket(BUCKET).key("empty").range("bytes=-1").send().await;
    assert_eq!(code(none.map(|_| ())), "InvalidRange");
}

#[tokio::test]
async fn writes_and_reads_keep_their_conditions() {
    let world = world().await;
    let s3 = &world.s3;
    let write = || s3.put_object().bucket(BUCKET).key("k").body(ByteStream::from_static(b"new"));
    assert_eq!(code(write().if_match("\"any\"").send().await), "NoSuchKey");
    let etag = put(s3, "k", b"old").await;
    assert_eq!(code(write().if_none_match("*").send().await), "PreconditionFailed");
    assert_eq!(code(write().if_match("\"other\"").send().await), "PreconditionFailed");
    assert_eq!(bytes_of(s3, "k").await.unwrap(), b"old");
    write().if_match(&etag).send().await.unwrap();
    assert_eq!(bytes_of(s3, "k").await.unwrap(), b"new");
    let read = s3.get_object().bucket(BUCKET).key("k").if_match(&etag).send().await;
    assert_eq!(code(read.map(|_| ())), "PreconditionFailed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_writes_at_once_that_want_to_be_first_one_is() {
    let mut world = world().await;
    let writes = (0..50_u8).map(|writer| {
        let put = world.s3.put_object().bucket(BUCKET).key("k").if_none_match("*");
        tokio::spawn(put.body(vec![writer; 10_000].into()).send())
    });
    let ended = future::join_all(writes).await;
    let won: Vec<usize> = (0..50).filter(|writer| ended[*writer].as_ref().unwrap().is_ok()).collect();
    assert_eq!(won.len(), 1, "{won:?}");
    for lost in ended.into_iter().map(Result::unwrap).filter(Result::is_err) {
        assert_eq!(code(lost), "PreconditionFailed");
    }
    let first = u8::try_from(won[0]).unwrap();
    assert_eq!(bytes_of(&world.s3, "k").await.unwrap(), vec![first; 10_000]);
    assert_eq!(world.created.recv().await.unwrap(), "k");
    assert!(world.created.try_recv().is_err());
}

#[tokio::test]
async fn a_key_is_data() {
    let world = world().await;
    let long = "k".repeat(1_024);
    let names = [
        "../../x",
        "/",
        "//",
        "a//b",
        "./a",
        "a/..",
        "a/../b",
        "a",
        "a/b",
        "a b+c%2F?&#",
        "\u{20ac}/\u{1f600}",
        "'; DROP TABLE objects; --",
        "objects.sqlite",
        "%",
        "*",
        &long,
    ];
    for name in names {
        let put = world.s3.put_object().bucket(BUCKET).key(name).body(name.as_bytes().to_vec().into());
        put.send().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
    for name in names {
        assert_eq!(bytes_of(&world.s3, name).await.as_deref(), Some(name.as_bytes()), "{name}");
    }
    let mut sorted = names.map(str::to_owned).to_vec();
    sorted.sort();
    assert_eq!(keys(&world.s3).await, sorted);
    for key in ["k".repeat(1_025), "\u{20ac}".repeat(342)] {
        let put = world.s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from_static(b"x"));
        assert_eq!(code(put.send().await), "KeyTooLongError");
    }
}

#[tokio::test]
async fn a_key_that_xml_cannot_hold_is_listed_encoded() {
    let world = world().await;
    put(&world.s3, "con\u{7}trol &/x", b"x").await;
    let list = world.s3.list_objects_v2().bucket(BUCKET).prefix("con").encoding_type(EncodingType::Url);
    let listed = list.send().await.unwrap();
    assert_eq!(listed.encoding_type(), Some(&EncodingType::Url));
    assert_eq!(listed.contents()[0].key(), Some("con%07trol+%26%2Fx"));
}

#[tokio::test]
async fn deleting_takes_objects_and_is_no_error_without() {
    let world = world().await;
    for key in ["a", "b", "c", "d"] {
        put(&world.s3, key, b"x").await;
    }
    world.s3.delete_object().bucket(BUCKET).key("a").send().await.unwrap();
    world.s3.delete_object().bucket(BUCKET).key("a").send().await.unwrap();
    let ids = ["b", "c", "never"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(ids.to_vec())).build().unwrap();
    let deleted = world.s3.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (3, 0));
    assert_eq!(keys(&world.s3).await, ["d"]);
    let gone = world.s3.get_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(code(gone.map(|_| ())), "NoSuchKey");
    assert!(world.s3.head_object().bucket(BUCKET).key("a").send().await.is_err());
}

#[tokio::test]
async fn lists_go_on_page_by_page_within_a_prefix() {
    let world = world().await;
    for key in ["t", "t/1/a", "t/1/b", "t/1/c", "t/1/d", "t/1/e", "t/10/a", "t/2/a"] {
        put(&world.s3, key, b"x").await;
    }
    let list = || world.s3.list_objects_v2().bucket(BUCKET).prefix("t/1/");
    let mut pages = list().max_keys(2).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        found.push(page.contents().iter().map(|o| o.key().unwrap().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(found, [vec!["t/1/a", "t/1/b"], vec!["t/1/c", "t/1/d"], vec!["t/1/e"]]);
    let after = list().start_after("t/1/c").send().await.unwrap();
    let after: Vec<&str> = after.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(after, ["t/1/d", "t/1/e"]);
    let none = list().max_keys(0).send().await.unwrap();
    assert_eq!((none.contents().len(), none.is_truncated()), (0, Some(false)));
    assert_eq!(code(list().continuation_token("no token").send().await), "InvalidArgument");
}

#[tokio::test]
async fn a_copy_is_an_object_of_its_own() {
    let mut world = world().await;
    let put = world.s3.put_object().bucket(BUCKET).key("a b/\u{e4}").content_type("image/png");
    put.metadata("x", "1").body(ByteStream::from_static(b"bytes")).send().await.unwrap();
    let copy = || world.s3.copy_object().bucket(BUCKET).copy_source("uploads/a%20b/%C3%A4");
    copy().key("same").send().await.unwrap();
    copy()
        .key("new")
        .content_type("text/plain")
        .metadata_directive(MetadataDirective::Replace)
        .send()
        .await
        .unwrap();
    world.s3.delete_object().bucket(BUCKET).key("a b/\u{e4}").send().await.unwrap();
    let same = world.s3.get_object().bucket(BUCKET).key("same").send().await.unwrap();
    assert_eq!((same.content_type(), same.metadata().unwrap().len()), (Some("image/png"), 1));
    assert_eq!(same.body.collect().await.unwrap().to_vec(), b"bytes");
    let new = world.s3.head_object().bucket(BUCKET).key("new").send().await.unwrap();
    assert_eq!((new.content_type(), new.metadata().unwrap().len()), (Some("text/plain"), 0));
    assert_eq!(code(copy().key("again").send().await), "NoSuchKey");
    let onto = world.s3.copy_object().bucket(BUCKET).copy_source("uploads/same").key("same").send().await;
    assert_eq!(code(onto), "InvalidRequest");
    for key in ["a b/\u{e4}", "same", "new"] {
        assert_eq!(world.created.recv().await.unwrap(), key);
    }
}

#[tokio::test]
async fn there_is_one_bucket() {
    let world = world().await;
    world.s3.head_bucket().bucket(BUCKET).send().await.unwrap();
    assert!(world.s3.head_bucket().bucket("another").send().await.is_err());
    assert_eq!(code(world.s3.list_objects_v2().bucket("another").send().await), "NoSuchBucket");
    assert_eq!(code(world.s3.create_bucket().bucket("another").send().await), "NoSuchBucket");
    assert_eq!(code(world.s3.delete_bucket().bucket(BUCKET).send().await), "NotImplemented");
}
