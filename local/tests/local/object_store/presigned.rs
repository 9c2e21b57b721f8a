//! What a signed URL allows, and that it allows nothing else.

use std::time::Duration;

use aws_sdk_s3::presigning::PresignedRequest;
use http::header;

use crate::object_store::support::{
    BUCKET, World, bytes_of, client, for_a_minute, keys, over, put, put_url, raw, send, sha256, world,
};

const BYTES: &[u8] = b"exactly these bytes";

async fn refuses(world: &World, method: &str, url: &PresignedRequest, changed: &[(&str, &str)], body: &[u8]) {
    let (status, answer) = raw(method, url, changed, body).await;
    assert_eq!(status, 403, "{method} with {changed:?}: {answer}");
    assert!(keys(&world.s3).await.is_empty(), "{method} with {changed:?} left something");
}

#[tokio::test]
async fn a_put_as_it_was_signed_is_taken_and_told() {
    let mut world = world().await;
    let url = put_url(&world.s3, "t/1/u", BYTES, for_a_minute()).await;
    let (status, answer) = raw("PUT", &url, &[], BYTES).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(bytes_of(&world.s3, "t/1/u").await.unwrap(), BYTES);
    assert_eq!(world.created.recv().await.unwrap(), "t/1/u");
    assert!(world.created.try_recv().is_err(), "told twice");
}

#[tokio::test]
async fn each_signed_header_must_be_what_was_signed() {
    let world = world().await;
    let url = put_url(&world.s3, "k", BYTES, for_a_minute()).await;
    let names: Vec<&str> = url.headers().map(|(name, _)| name).collect();
    for name in ["content-length", "content-type", "x-amz-checksum-sha256", "if-none-match"] {
        assert!(names.contains(&name), "{name} is not signed: {names:?}");
    }
    let longer = [BYTES, b"!"].concat();
    refuses(&world, "PUT", &url, &[("content-length", "20")], &longer).await;
    refuses(&world, "PUT", &url, &[("content-length", "18")], &BYTES[1..]).await;
    refuses(&world, "PUT", &url, &[("content-type", "text/html")], BYTES).await;
    let other = sha256(b"other bytes");
    refuses(&world, "PUT", &url, &[("x-amz-checksum-sha256", &other)], BYTES).await;
    refuses(&world, "PUT", &url, &[("if-none-match", "\"other\"")], BYTES).await;
    let twice = [("content-type", "image/png"), ("content-type", "text/html")];
    refuses(&world, "PUT", &url, &twice, BYTES).await;
    let both = [("x-amz-checksum-sha256", &*other), ("x-amz-checksum-sha256", &*sha256(BYTES))];
    refuses(&world, "PUT", &url, &both, BYTES).await;
}

#[tokio::test]
async fn a_signed_header_that_is_missing_is_refused() {
    let world = world().await;
    let url = put_url(&world.s3, "k", BYTES, for_a_minute()).await;
    for name in ["content-type", "x-amz-checksum-sha256", "if-none-match"] {
        refuses(&world, "PUT", &url, &[(name, "")], BYTES).await;
    }
    let chunked = [&b"13\r\n"[..], BYTES, b"\r\n0\r\n\r\n"].concat();
    refuses(&world, "PUT", &url, &[("content-length", ""), ("transfer-encoding", "chunked")], &chunked).await;
}

#[tokio::test]
async fn a_header_that_was_not_signed_changes_nothing() {
    let world = world().await;
    let url = put_url(&world.s3, "k", BYTES, for_a_minute()).await;
    for added in [
        ("x-amz-copy-source", "uploads/other"),
        ("x-amz-meta-note", "mine"),
        ("x-amz-acl", "public-read"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-tagging", "a=b"),
    ] {
        refuses(&world, "PUT", &url, &[added], BYTES).await;
    }
}

#[tokio::test]
async fn a_put_is_no_copy_of_what_another_has() {
    let world = world().await;
    put(&world.s3, "t/2/secret", b"of another team").await;
    let plain = world.s3.put_object().bucket(BUCKET).key("t/1/mine").presigned(for_a_minute()).await.unwrap();
    let (status, _) = raw("PUT", &plain, &[("x-amz-copy-source", "uploads/t/2/secret")], b"").await;
    assert_eq!(status, 403);
    assert_eq!(keys(&world.s3).await, ["t/2/secret"]);
}

#[tokio::test]
async fn another_method_key_query_or_time_is_refused() {
    let world = world().await;
    let url = put_url(&world.s3, "k", BYTES, for_a_minute()).await;
    for method in ["GET", "DELETE", "POST", "HEAD"] {
        refuses(&world, method, &url, &[], BYTES).await;
    }
    let text = url.uri();
    let changes = [
        text.replace("/uploads/k?", "/uploads/l?"),
        text.replace("/uploads/k?", "/others/k?"),
        format!("{text}&partNumber=1&uploadId=u"),
        format!("{text}&response-content-type=text%2Fhtml"),
        text.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        text.replace("AKIDENGINE", "AKIDOTHER1"),
        text.replace("x-amz-checksum-sha256", "x-amz-checksum-sha1"),
        text.replace("if-none-match%3B", ""),
    ];
    for changed in changes {
        assert_ne!(changed, text);
        let mut request = world.http.put(&changed).body(BYTES);
        for (name, value) in url.headers().filter(|(name, _)| *name != "content-length") {
            request = request.header(name, value);
        }
        let status = request.send().await.unwrap().status();
        assert_eq!(status, 403, "{changed}");
    }
    let ended = put_url(&world.s3, "k", BYTES, over()).await;
    refuses(&world, "PUT", &ended, &[], BYTES).await;
    let stranger = put_url(&client(world.store.url(), "guessed"), "k", BYTES, for_a_minute()).await;
    refuses(&world, "PUT", &stranger, &[], BYTES).await;
}

#[tokio::test]
async fn bytes_with_another_checksum_are_refused_and_leave_nothing() {
    let mut world = world().await;
    let url = put_url(&world.s3, "k", BYTES, for_a_minute()).await;
    let (status, answer) = raw("PUT", &url, &[], b"exactly other bytes").await;
    assert_eq!((status, answer.contains("<Code>BadDigest</Code>")), (400, true), "{answer}");
    assert!(keys(&world.s3).await.is_empty());
    assert!(world.created.try_recv().is_err());
}

#[tokio::test]
async fn a_body_that_ends_early_leaves_nothing() {
    let world = world().await;
    let url = put_url(&world.s3, "k", BYTES, for_a_minute()).await;
    let answer = tokio::time::timeout(Duration::from_millis(300), raw("PUT", &url, &[], &BYTES[..5])).await;
    assert!(answer.is_err(), "{answer:?}");
    assert!(keys(&world.s3).await.is_empty());
}

#[tokio::test]
async fn a_second_put_is_refused_and_the_first_stays() {
    let world = world().await;
    let url = put_url(&world.s3, "k", BYTES, for_a_minute()).await;
    assert_eq!(raw("PUT", &url, &[], BYTES).await.0, 200);
    assert_eq!(raw("PUT", &url, &[], BYTES).await.0, 412);
    assert_eq!(bytes_of(&world.s3, "k").await.unwrap(), BYTES);
}

#[tokio::test]
async fn who_signs_nothing_is_refused_everything() {
    let world = world().await;
    put(&world.s3, "k", BYTES).await;
    let object = format!("{}/{BUCKET}/k", world.store.url());
    let bucket = format!("{}/{BUCKET}", world.store.url());
    let http = &world.http;
    for request in [
        http.get(&object),
        http.head(&object),
        http.put(&object).body("x"),
        http.delete(&object),
        http.get(&bucket),
        http.get(world.store.url()),
        http.get(format!("{object}?X-Amz-SignedHeaders=host")),
        http.get(&object).header(header::AUTHORIZATION, "AWS AKIDENGINE:c2lnbmF0dXJl"),
        http.get(format!("{object}?AWSAccessKeyId=AKIDENGINE&Expires=99999999999&Signature=c2ln")),
        http.post(&bucket).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b").body("--b--"),
    ] {
        let request = request.build().unwrap();
        let told = format!("{request:?}");
        assert_eq!(http.execute(request).await.unwrap().status(), 403, "{told}");
    }
    assert_eq!(bytes_of(&world.s3, "k").await.unwrap(), BYTES);
}

#[tokio::test]
async fn a_form_of_a_browser_is_refused_before_it_is_read() {
    let world = world().await;
    let head = format!(
        "POST /{BUCKET} HTTP/1.1\r\nhost: h\r\ncontent-length: 5000000000\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=b\r\n\r\n--b"
    );
    let address = world.store.url().trim_start_matches("http://");
    assert_eq!(send(address, head.as_bytes()).await.0, 403);
}

#[tokio::test]
async fn a_get_serves_with_the_type_and_name_that_were_signed() {
    let world = world().await;
    put(&world.s3, "k", b"<script>").await;
    let get = world.s3.get_object().bucket(BUCKET).key("k");
    let get = get.response_content_type("application/octet-stream");
    let get = get.response_content_disposition("attachment; filename*=UTF-8''%C3%A4.html");
    let url = get.presigned(for_a_minute()).await.unwrap();
    let answer = world.http.get(url.uri()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename*=UTF-8''%C3%A4.html");
    let changed = url.uri().replace("octet-stream", "xhtml%2Bxml");
    assert_eq!(world.http.get(changed).send().await.unwrap().status(), 403);
    let ended = world.s3.get_object().bucket(BUCKET).key("k").presigned(over()).await.unwrap();
    assert_eq!(world.http.get(ended.uri()).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_part_is_bound_to_its_length_number_and_upload() {
    let world = world().await;
    let upload = world.s3.create_multipart_upload().bucket(BUCKET).key("k").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let part = world.s3.upload_part().bucket(BUCKET).key("k").upload_id(id).part_number(1);
    let url = part.content_length(19).presigned(for_a_minute()).await.unwrap();
    assert_eq!(raw("PUT", &url, &[("content-length", "18")], &BYTES[1..]).await.0, 403);
    let longer = [BYTES, b"!"].concat();
    assert_eq!(raw("PUT", &url, &[("content-length", "20")], &longer).await.0, 403);
    let other = url.uri().replace("partNumber=1", "partNumber=2");
    assert_eq!(world.http.put(other).body(BYTES).send().await.unwrap().status(), 403);
    let (status, answer) = raw("PUT", &url, &[], BYTES).await;
    assert_eq!((status, answer.to_lowercase().contains("etag: \"")), (200, true), "{answer}");
}
