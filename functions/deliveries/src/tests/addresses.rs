//! Addresses that must not be reached, whatever names they have, and names whose addresses change.

use std::{io, sync::Arc, time::Instant};

use delivery::target::TargetRules;
use tokio_rustls::rustls::RootCertStore;

use super::{
    SHORT, SHORT_TO_CONNECT, Scripted, TIMEOUTS, post_by,
    receiver::{Receiver, answer},
};
use crate::{Resolver, Resolving, client::Client, failure::Failure};

const REFUSED: [&str; 44] = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

/// A resolver that always fails.
struct Broken;

impl Resolver for Broken {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(io::Error::other("no such name")) })
    }
}

/// A resolver that never responds.
struct Slow;

impl Resolver for Slow {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(std::future::pending())
    }
}

fn by(resolver: Arc<dyn Resolver>) -> Client {
    Client::with_roots(resolver, RootCertStore::empty(), TIMEOUTS).unwrap()
}

fn plain() -> TargetRules {
    TargetRules::default().with_http()
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_at_once() {
    for address in REFUSED {
        for answers in [&[address] as &[&str], &["8.8.8.8", address], &[address, "8.8.8.8"]] {
            let client = by(Scripted::new(&[answers]));
            for url in ["https://hooks.example.com/", "http://hooks.example.com:8080/"] {
                assert_eq!(post_by(&client, &plain(), url).await, Err(Failure::RefusedTarget), "{answers:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_leads_inside_is_refused_without_being_reached() {
    let receiver = Receiver::answering(answer("200 OK")).await;
    let port = receiver.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
    ] {
        let url = format!("http://{host}:{port}/");
        assert_eq!(
            post_by(&by(Scripted::new(&[&["127.0.0.1"]])), &plain(), &url).await,
            Err(Failure::RefusedTarget),
            "{host}"
        );
    }
    assert_eq!(receiver.connections(), 0);
    assert_eq!(super::post(&receiver.url()).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_name_that_changes_between_check_and_connection_gains_nothing() {
    let receiver = Receiver::answering(answer("200 OK")).await;
    let url = format!("http://hooks.example.com:{}/", receiver.address.port());
    // Nothing listens at the first address: the connection goes to what was checked, without another lookup.
    let resolver = Scripted::new(&[&["192.31.196.1"], &["127.0.0.1"]]);
    let client = Client::with_roots(resolver.clone(), RootCertStore::empty(), SHORT).unwrap();
    let outcome = post_by(&client, &plain(), &url).await;
    assert!(matches!(outcome, Err(Failure::Connect | Failure::Timeout)), "{outcome:?}");
    assert_eq!(resolver.0.lock().unwrap().len(), 1, "the name was asked for once");
    // The next request resolves the name and checks the addresses again.
    assert_eq!(post_by(&client, &plain(), &url).await, Err(Failure::RefusedTarget));
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_without_addresses_is_told_as_that() {
    assert_eq!(
        post_by(&by(Scripted::new(&[&[]])), &plain(), "http://hooks.example.com/").await,
        Err(Failure::NameNotFound)
    );
    assert_eq!(
        post_by(&by(Arc::new(Broken)), &plain(), "http://hooks.example.com/").await,
        Err(Failure::NameNotFound)
    );
}

#[tokio::test]
async fn a_name_that_takes_for_ever_is_a_timeout() {
    let client = Client::with_roots(Arc::new(Slow), RootCertStore::empty(), SHORT_TO_CONNECT).unwrap();
    let begun = Instant::now();
    assert_eq!(post_by(&client, &plain(), "http://hooks.example.com/").await, Err(Failure::Timeout));
    assert!(begun.elapsed() >= SHORT_TO_CONNECT.connect);
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_does_not_answer() {
    let receiver = Receiver::answering(answer("200 OK")).await;
    let url = format!("http://hooks.example.com:{}/", receiver.address.port());
    let rules = plain().with_hosts("hooks.example.com");
    let client = by(Scripted::new(&[&["::1", "127.0.0.1"]]));
    assert_eq!(post_by(&client, &rules, &url).await.unwrap().status, 200);
    // By other rules the same name is refused: it was the operator who allowed it.
    assert_eq!(post_by(&client, &plain(), &url).await, Err(Failure::RefusedTarget));
    assert_eq!(receiver.connections(), 1);
}
