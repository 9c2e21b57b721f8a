//! Hostile receivers, addresses that must not be reached, and what is recorded of each attempt.

mod addresses;
mod hostile;
mod lossy;
mod order;
mod receiver;
mod tls;
mod twice;
mod worker;
mod world;

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use delivery::target::TargetRules;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio_rustls::rustls::RootCertStore;

use crate::{
    Resolver, Resolving, SystemResolver, Timeouts,
    client::{Client, Response},
    failure::Failure,
};

/// Timeouts so long that they do not expire on a busy machine either.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_mins(1),
    response: Duration::from_secs(90),
    body: Duration::from_millis(300),
};
/// Short timeouts, for tests in which they expire.
const SHORT: Timeouts = Timeouts {
    connect: Duration::from_millis(300),
    response: Duration::from_millis(600),
    body: Duration::from_millis(300),
};
/// A short timeout for the connection alone, for tests in which that is to expire.
const SHORT_TO_CONNECT: Timeouts = Timeouts { connect: SHORT.connect, ..TIMEOUTS };
/// The longest that a request takes in a test: less than the timeouts together.
const LONGEST: Duration = Duration::from_secs(80);

/// A resolver that returns these addresses, one list after the other, and the last one again and again.
struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>);

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().map(parse).collect())))
    }
}

impl Resolver for Scripted {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(async move { Ok(answer.unwrap_or_default()) })
    }
}

fn client() -> Client {
    Client::with_roots(Arc::new(SystemResolver), RootCertStore::empty(), TIMEOUTS).unwrap()
}

fn hasty(timeouts: Timeouts) -> Client {
    Client::with_roots(Arc::new(SystemResolver), RootCertStore::empty(), timeouts).unwrap()
}

/// One request by a client that trusts no certificate authority, to a target at any address.
async fn post(url: &str) -> Result<Response, Failure> {
    post_by(&client(), &TargetRules::anywhere(), url).await
}

async fn post_by(client: &Client, rules: &TargetRules, url: &str) -> Result<Response, Failure> {
    let target = rules.check("/url", url).map_err(|_| Failure::RefusedTarget)?;
    let id = (HeaderName::from_static("webhook-id"), HeaderValue::from_static("evt_1"));
    let posting = client.post(&target, HeaderMap::from_iter([id]), r#"{"type":"object.created"}"#.to_owned());
    tokio::time::timeout(LONGEST, posting).await.expect("a request ends in time")
}
