//! A store of one's own for each test, and who talks to it.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Region, retry::RetryConfig},
    presigning::{PresignedRequest, PresigningConfig},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use local::object_store::{self, ObjectStore, Settings};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc::{self, UnboundedReceiver},
};

pub(crate) const BUCKET: &str = "uploads";
pub(crate) const ORIGIN: &str = "http://console.test:8080";
pub(crate) const SECRET: &str = "a secret that nobody knows";

pub(crate) struct World {
    pub(crate) store: ObjectStore,
    pub(crate) s3: Client,
    pub(crate) http: reqwest::Client,
    pub(crate) created: UnboundedReceiver<String>,
}

/// A store in memory.
pub(crate) async fn world() -> World {
    world_in(None).await
}

/// A store over a folder.
pub(crate) async fn world_in(folder: Option<PathBuf>) -> World {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (created, receiver) = mpsc::unbounded_channel();
    let settings = Settings {
        folder,
        bucket: BUCKET.to_owned(),
        access_key: "AKIDENGINE".to_owned(),
        secret_key: SECRET.to_owned(),
        origins: vec!["http://other.test".to_owned(), ORIGIN.to_owned()],
        created,
    };
    let store = object_store::start(listener, settings).await.unwrap();
    let s3 = client(store.url(), SECRET);
    World { store, s3, http: reqwest::Client::new(), created: receiver }
}

pub(crate) fn client(url: &str, secret: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIDENGINE", secret, None, None, "test"))
        .endpoint_url(url)
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

pub(crate) fn for_a_minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
}

/// A URL that ended a while ago.
pub(crate) fn over() -> PresigningConfig {
    let start = SystemTime::now() - Duration::from_hours(1);
    PresigningConfig::builder().start_time(start).expires_in(Duration::from_mins(1)).build().unwrap()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

/// A URL for exactly these bytes, as uploads get it.
pub(crate) async fn put_url(
    s3: &Client,
    key: &str,
    bytes: &[u8],
    until: PresigningConfig,
) -> PresignedRequest {
    let put = s3.put_object().bucket(BUCKET).key(key).content_type("image/png").if_none_match("*");
    put.content_length(i64::try_from(bytes.len()).unwrap())
        .checksum_sha256(sha256(bytes))
        .presigned(until)
        .await
        .unwrap()
}

/// A request as it was signed, with other headers where these say so; an empty one is left out.
pub(crate) async fn raw(
    method: &str,
    signed: &PresignedRequest,
    changed: &[(&str, &str)],
    body: &[u8],
) -> (u16, String) {
    let uri: http::Uri = signed.uri().parse().unwrap();
    let mut head = format!("{method} {} HTTP/1.1\r\n", uri.path_and_query().unwrap());
    let mut headers: Vec<(String, String)> = vec![
        ("host".to_owned(), uri.authority().unwrap().to_string()),
        ("connection".to_owned(), "close".to_owned()),
    ];
    headers.extend(signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
    headers.retain(|(name, _)| !changed.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
    headers.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let headers = headers.iter().filter(|(_, value)| !value.is_empty());
    head.extend(headers.map(|(name, value)| format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    send(uri.authority().unwrap().as_str(), &[head.as_bytes(), body].concat()).await
}

/// A connection on which the head of a request has gone out as it was signed.
pub(crate) async fn open(method: &str, url: &PresignedRequest) -> TcpStream {
    let uri: http::Uri = url.uri().parse().unwrap();
    let (path, host) = (uri.path_and_query().unwrap(), uri.authority().unwrap());
    let headers: String = url.headers().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n");
    let mut stream = TcpStream::connect(host.as_str()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Sends these bytes; the status is 0 if there is no answer.
pub(crate) async fn send(address: &str, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, answer)
}

pub(crate) async fn bytes_of(s3: &Client, key: &str) -> Option<Vec<u8>> {
    let got = s3.get_object().bucket(BUCKET).key(key).send().await.ok()?;
    Some(got.body.collect().await.unwrap().to_vec())
}

pub(crate) async fn put(s3: &Client, key: &str, bytes: &'static [u8]) -> String {
    let put = s3.put_object().bucket(BUCKET).key(key).body(bytes.to_vec().into()).send().await.unwrap();
    put.e_tag().unwrap().to_owned()
}

pub(crate) async fn keys(s3: &Client) -> Vec<String> {
    let listed = s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

/// How many files there are.
pub(crate) fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("objects")).unwrap().count()
}

/// The code of an error of the SDK.
pub(crate) fn code<T, E>(result: Result<T, aws_sdk_s3::error::SdkError<E>>) -> String
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::fmt::Debug,
    T: std::fmt::Debug,
{
    match result {
        Ok(answer) => panic!("not refused: {answer:?}"),
        Err(error) => match error.as_service_error() {
            Some(refused) => refused.code().unwrap_or("none").to_owned(),
            None => panic!("no answer: {error:?}"),
        },
    }
}
