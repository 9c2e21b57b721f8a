//! A stand-in for the Lambda Runtime API, for one function process.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use hyper::{Method, Request, Response, body::Bytes, header::HeaderValue};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

use crate::http::{answer, serve};

/// What a function may take for its start or for an answer, before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the function is told that it may take.
const DEADLINE: Duration = Duration::from_secs(29);

/// A running Runtime API; dropping it ends it.
pub(crate) struct RuntimeApi {
    /// `host:port`, for `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    events: mpsc::UnboundedSender<Bytes>,
    polls: mpsc::UnboundedReceiver<Instant>,
    answers: mpsc::UnboundedReceiver<Answer>,
    server: JoinHandle<()>,
}

/// What a function answered.
pub(crate) struct Answer {
    /// When it came.
    pub(crate) at: Instant,
    /// The value, or the error.
    pub(crate) body: Bytes,
}

/// The side of the server.
struct Ends {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    polls: mpsc::UnboundedSender<Instant>,
    answers: mpsc::UnboundedSender<Answer>,
}

impl RuntimeApi {
    /// Starts one.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (events, next) = mpsc::unbounded_channel();
        let (polled, polls) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let ends = Arc::new(Ends { events: Mutex::new(next), polls: polled, answers: answered });
        let handler = move |request| {
            let ends = ends.clone();
            async move { ends.handle(request).await }
        };
        Ok(Self { address, events, polls, answers, server: tokio::spawn(serve(listener, handler)) })
    }

    /// Waits until the function asks for an event; says when it did.
    pub(crate) async fn polled(&mut self) -> anyhow::Result<Instant> {
        let poll =
            timeout(PATIENCE, self.polls.recv()).await.context("the function did not ask for an event")?;
        poll.context("the Runtime API has ended")
    }

    /// Hands the event to the waiting function and waits for the answer.
    pub(crate) async fn invoke(&mut self, event: &Bytes) -> anyhow::Result<Answer> {
        self.events.send(event.clone())?;
        let answer = timeout(PATIENCE, self.answers.recv()).await.context("the function did not answer")?;
        answer.context("the Runtime API has ended")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Ends {
    async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let at = Instant::now();
        if request.method() == Method::GET {
            return self.next(at).await;
        }
        // A receiver that is gone means that the run is over.
        let _ = self.answers.send(Answer { at, body: request.into_body() });
        answer(202, "{}")
    }

    async fn next(&self, at: Instant) -> Response<Bytes> {
        let _ = self.polls.send(at);
        let Some(event) = self.events.lock().await.recv().await else { return answer(500, "") };
        let mut response = answer(200, event);
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + DEADLINE;
        let text = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
        let headers = response.headers_mut();
        headers.insert("lambda-runtime-aws-request-id", text("8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
        headers.insert("lambda-runtime-deadline-ms", text(&deadline.as_millis().to_string()));
        let function = "arn:aws:lambda:us-east-1:000000000000:function:bench";
        headers.insert("lambda-runtime-invoked-function-arn", text(function));
        headers.insert(
            "lambda-runtime-trace-id",
            text("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"),
        );
        response
    }
}
