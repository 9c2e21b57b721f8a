//! Events of streams, queues and schedules, changed at any place.

use serde_json::Value;
use table::{config::Config, partial_batch::PartialBatchResponse};

use crate::harness::system;

use super::{
    for_each, nowhere,
    requests::platform,
    strategies::{changed, changes},
};

/// The samples of a function.
fn samples(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// Gives a function its samples, changed. What is no event, it is not given.
async fn given<E, F, A>(samples: Vec<Value>, handle: F)
where
    E: serde::de::DeserializeOwned,
    F: Fn(E) -> A + Send + 'static,
    A: Future<Output = Option<PartialBatchResponse>>,
{
    let runtime = tokio::runtime::Handle::current();
    let check = move |(sample, changes): &(Value, Vec<_>)| {
        if let Ok(event) = serde_json::from_value::<E>(changed(sample.clone(), changes)) {
            runtime.block_on(handle(event));
        }
        Ok(())
    };
    tokio::task::spawn_blocking(move || for_each(&(proptest::sample::select(samples), changes()), check))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_answers_whatever_a_stream_or_a_queue_holds() {
    let queues =
        relay::Queues { requests: nowhere(), slow: nowhere(), retries: nowhere(), dead_letters: nowhere() };
    let relay = relay::Relay::new(&platform(), &Config::default(), queues);
    let samples = samples(&[
        &include_str!("../../../events/relay-changes.json").replace("engine-ObjectsTable-EXAMPLE", "objects"),
        include_str!("../../../events/relay-messages.json"),
    ]);
    given::<relay::Event, _, _>(samples, move |event| {
        let relay = relay.clone();
        async move { Some(relay.handle(event).await) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_answer_whatever_a_queue_holds() {
    let worker = jobs::Worker::new(&platform(), system().bucket.clone(), nowhere());
    let samples = samples(&[include_str!("../../../events/jobs.json")]);
    given::<jobs::Event, _, _>(samples, move |event| {
        let worker = worker.clone();
        async move { worker.handle(event).await.ok() }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_answer_whatever_a_queue_holds() {
    let queues = deliveries::Queues {
        slow_name: "slow".to_owned(),
        slow: nowhere(),
        postpone: [nowhere(), nowhere()],
        retries: nowhere(),
    };
    let settings = deliveries::Settings::of(&Config::default());
    let worker = deliveries::Worker::new(&platform(), queues, settings).unwrap();
    let samples = samples(&[include_str!("../../../events/deliveries.json")]);
    given::<deliveries::Event, _, _>(samples, move |event| {
        let worker = worker.clone();
        async move { Some(worker.handle(event).await) }
    })
    .await;
}
