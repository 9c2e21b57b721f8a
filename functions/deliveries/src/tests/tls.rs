//! Receivers with invalid certificates, and one with a valid one.

use std::{sync::Arc, time::Instant};

use delivery::target::TargetRules;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

use super::{
    SHORT_TO_CONNECT, Scripted, TIMEOUTS, post_by,
    receiver::{Receiver, answer, read_request},
};
use crate::{Timeouts, client::Client, failure::Failure};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer() -> Issuer {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A TLS receiver with a certificate for this name, valid in these years.
async fn receiver(name: &str, years: (i32, i32), issuer: &Issuer) -> Receiver {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    let certificate: CertificateDer<'static> = params.signed_by(&key, issuer).unwrap().der().clone();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Receiver::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            read_request(&mut stream).await;
            let _ = stream.write_all(answer("200 OK").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

async fn outcome(receiver: &Receiver, trusted: &Issuer) -> Result<u16, Failure> {
    outcome_in(receiver, trusted, TIMEOUTS).await
}

async fn outcome_in(receiver: &Receiver, trusted: &Issuer, timeouts: Timeouts) -> Result<u16, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let client = Client::with_roots(Scripted::new(&[&["127.0.0.1"]]), roots, timeouts).unwrap();
    let rules = TargetRules::default().with_hosts("hooks.example.com");
    let url = format!("https://hooks.example.com:{}/", receiver.address.port());
    post_by(&client, &rules, &url).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_certificate_must_be_of_the_name_in_time_and_of_a_known_authority() {
    let (known, unknown) = (issuer(), issuer());
    for (name, years, by, expected) in [
        ("hooks.example.com", (2020, 2090), &known, Ok(200)),
        ("*.example.com", (2020, 2090), &known, Ok(200)),
        ("other.example.com", (2020, 2090), &known, Err(Failure::Tls)),
        ("hooks.example.com", (2020, 2021), &known, Err(Failure::Tls)),
        ("hooks.example.com", (2089, 2090), &known, Err(Failure::Tls)),
        ("hooks.example.com", (2020, 2090), &unknown, Err(Failure::Tls)),
    ] {
        let receiver = receiver(name, years, by).await;
        assert_eq!(outcome(&receiver, &known).await, expected, "{name} {years:?}");
        assert_eq!(receiver.connections(), 1);
    }
}

#[tokio::test]
async fn who_does_not_speak_tls_is_told_as_that() {
    let known = issuer();
    let plain = Receiver::start(|mut stream| async move {
        let _ = stream.write_all(answer("200 OK").as_bytes()).await;
        std::future::pending::<()>().await;
    });
    assert_eq!(outcome(&plain.await, &known).await, Err(Failure::Tls));
    let closing = Receiver::start(|stream| async move { drop(stream) }).await;
    assert_eq!(outcome(&closing, &known).await, Err(Failure::Closed));
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_a_timeout_of_the_connection() {
    let known = issuer();
    let silent = Receiver::start(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    let begun = Instant::now();
    assert_eq!(outcome_in(&silent.await, &known, SHORT_TO_CONNECT).await, Err(Failure::Timeout));
    assert!(begun.elapsed() >= SHORT_TO_CONNECT.connect);
}
