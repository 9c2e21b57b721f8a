//! What the functions talk to: the database and a stand-in for Secrets Manager, over plain HTTP and over TLS.

use std::sync::Arc;

use anyhow::Context as _;
use hyper::{Request, Response, body::Bytes};
use serde_json::json;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::http::{answer, serve};

/// What functions trust on Lambda; parsing it is a part of their cold start.
const AMAZON_ROOTS: &str = include_str!("../../../shared/table/src/amazon_roots.pem");

/// The addresses of the stand-ins, and whom to trust.
pub(crate) struct Cloud {
    /// URL of the database.
    pub(crate) dynamodb: String,
    /// URL of the database, over TLS.
    pub(crate) dynamodb_tls: String,
    /// URL of Secrets Manager.
    pub(crate) secrets: String,
    /// URL of Secrets Manager, over TLS.
    pub(crate) secrets_tls: String,
    /// The file with the roots of AWS and of the stand-ins.
    pub(crate) roots: String,
}

impl Cloud {
    /// Starts all but the database, and writes down in `roots` whom to trust.
    pub(crate) async fn start(database: &str, key_ring: &str, roots: String) -> anyhow::Result<Self> {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        std::fs::write(&roots, format!("{AMAZON_ROOTS}\n{}", cert.pem())).context("writing the roots")?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let tls = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)?;
        let tls = TlsAcceptor::from(Arc::new(tls));
        let secrets = secrets_manager(key_ring.to_owned()).await?;
        Ok(Self {
            dynamodb: format!("http://{database}"),
            dynamodb_tls: format!("https://{}", behind_tls(tls.clone(), database.to_owned()).await?),
            secrets: format!("http://{secrets}"),
            secrets_tls: format!("https://{}", behind_tls(tls, secrets).await?),
            roots,
        })
    }
}

/// A Secrets Manager that knows one secret: the key ring.
async fn secrets_manager(key_ring: String) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let secret =
        Bytes::from(json!({ "Name": "key-ring", "SecretString": key_ring, "VersionId": "1" }).to_string());
    tokio::spawn(serve(listener, move |request: Request<Bytes>| {
        let is_read = request
            .headers()
            .get("x-amz-target")
            .is_some_and(|target| target == "secretsmanager.GetSecretValue");
        let secret = secret.clone();
        async move {
            if is_read { json_answer(secret) } else { answer(400, r#"{"__type":"InvalidRequestException"}"#) }
        }
    }));
    Ok(address)
}

fn json_answer(body: Bytes) -> Response<Bytes> {
    let mut response = answer(200, body);
    let kind = hyper::header::HeaderValue::from_static("application/x-amz-json-1.1");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}

/// Ends TLS in front of `host:port` and passes on what comes.
async fn behind_tls(tls: TlsAcceptor, upstream: String) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(tunnel(tls.clone(), stream, upstream.clone()));
        }
    });
    Ok(address)
}

async fn tunnel(tls: TlsAcceptor, stream: TcpStream, upstream: String) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = tls.accept(stream).await?;
    let mut upstream = TcpStream::connect(upstream).await?;
    upstream.set_nodelay(true)?;
    copy_bidirectional(&mut stream, &mut upstream).await?;
    Ok(())
}
