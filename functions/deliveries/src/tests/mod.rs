//! Receivers that mean no good, addresses that must not be reached, and what is kept of each try.

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

use http::{HeaderMap, HeaderName, HeaderValue};
use shared::webhook::target::Rules;
use tokio_rustls::rustls::RootCertStore;

use crate::{
    Resolver, Resolving, System, Times,
    client::{Answer, Client, Failure},
};

/// Long times, which no machine is too busy for: what comes in time here comes in time.
const TIMES: Times = Times {
    connect: Duration::from_mins(1),
    whole: Duration::from_secs(90),
    answer: Duration::from_millis(300),
};
/// Short times, for who waits for their end.
const SHORT: Times = Times {
    connect: Duration::from_millis(300),
    whole: Duration::from_millis(600),
    answer: Duration::from_millis(300),
};
/// A short time to connect, and one for all of it that no test waits for: what ends is the connection's.
const SHORT_TO_CONNECT: Times = Times { connect: SHORT.connect, ..TIMES };
/// What a request takes at the most: less than all the time that it has.
const LONGEST: Duration = Duration::from_secs(80);

/// A resolver that gives these answers, one after the other, and the last one again and again.
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
    Client::with_roots(Arc::new(System), RootCertStore::empty(), TIMES).unwrap()
}

fn hasty(times: Times) -> Client {
    Client::with_roots(Arc::new(System), RootCertStore::empty(), times).unwrap()
}

/// One request by a client that trusts nobody, to a place that may be anywhere.
async fn post(url: &str) -> Result<Answer, Failure> {
    post_by(&client(), &Rules::anywhere(), url).await
}

async fn post_by(client: &Client, rules: &Rules, url: &str) -> Result<Answer, Failure> {
    let target = rules.check("/url", url).map_err(|_| Failure::RefusedTarget)?;
    let id = (HeaderName::from_static("webhook-id"), HeaderValue::from_static("evt_1"));
    let posting = client.post(&target, HeaderMap::from_iter([id]), r#"{"type":"object.created"}"#.to_owned());
    tokio::time::timeout(LONGEST, posting).await.expect("a request ends in time")
}
