//! What browsers ask and are told.

use http::Method;

use crate::object_store::support::{BUCKET, ORIGIN, World, for_a_minute, put, world};

async fn preflight(world: &World, origin: &str, method: &str) -> reqwest::Response {
    let request = world.http.request(Method::OPTIONS, format!("{}/{BUCKET}/k", world.store.url()));
    let request = request.header("origin", origin).header("access-control-request-method", method);
    request
        .header("access-control-request-headers", "content-type,x-amz-checksum-sha256")
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_preflight_of_the_console_is_answered_without_a_signature() {
    let world = world().await;
    for method in ["GET", "PUT", "HEAD"] {
        let answer = preflight(&world, ORIGIN, method).await;
        let headers = answer.headers();
        assert_eq!(answer.status(), 204);
        assert_eq!(headers["access-control-allow-origin"], ORIGIN);
        assert_eq!(headers["access-control-allow-methods"], "GET, PUT, HEAD");
        assert_eq!(headers["access-control-allow-headers"], "content-type,x-amz-checksum-sha256");
        assert_eq!(headers["vary"], "Origin");
    }
}

#[tokio::test]
async fn another_origin_or_method_is_allowed_nothing() {
    let world = world().await;
    for (origin, method) in
        [("http://evil.test", "GET"), ("null", "GET"), ("http://console.test", "PUT"), (ORIGIN, "DELETE")]
    {
        let answer = preflight(&world, origin, method).await;
        assert_eq!(answer.status(), 403);
        assert!(!answer.headers().contains_key("access-control-allow-methods"), "{origin} {method}");
    }
}

#[tokio::test]
async fn the_console_reads_the_etag_and_another_origin_nothing() {
    let world = world().await;
    put(&world.s3, "k", b"bytes").await;
    let url = world.s3.get_object().bucket(BUCKET).key("k").presigned(for_a_minute()).await.unwrap();
    let mine = world.http.get(url.uri()).header("origin", ORIGIN).send().await.unwrap();
    assert_eq!(mine.status(), 200);
    assert_eq!(mine.headers()["access-control-allow-origin"], ORIGIN);
    assert_eq!(mine.headers()["access-control-expose-headers"], "ETag");
    let other = world.http.get(url.uri()).header("origin", "http://evil.test").send().await.unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
    assert!(!other.headers().contains_key("access-control-expose-headers"));
}

#[tokio::test]
async fn every_answer_says_that_nothing_in_it_may_run() {
    let world = world().await;
    put(&world.s3, "k", b"<script>").await;
    let signed = world.s3.get_object().bucket(BUCKET).key("k").presigned(for_a_minute()).await.unwrap();
    let missing = world.s3.get_object().bucket(BUCKET).key("l").presigned(for_a_minute()).await.unwrap();
    let anonymous = format!("{}/{BUCKET}/k", world.store.url());
    for (url, status) in [(signed.uri(), 200), (missing.uri(), 404), (anonymous.as_str(), 403)] {
        let answer = world.http.get(url).send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(answer.status(), status);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
        assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers.contains_key("content-type"), "{url}");
    }
    let answer = preflight(&world, ORIGIN, "GET").await;
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let world = world().await;
    let etag = put(&world.s3, "k", b"bytes").await;
    let url = world.s3.get_object().bucket(BUCKET).key("k").presigned(for_a_minute()).await.unwrap();
    let again = world.http.get(url.uri()).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert!(again.bytes().await.unwrap().is_empty());
}
