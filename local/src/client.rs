//! A client of the API: what the demo data is made with, as anybody else would make it.

use anyhow::{Context as _, bail};
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A client of one server.
pub(crate) struct Client {
    authority: String,
    session: Option<String>,
}

/// What a server answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    /// A client of the server at this URL.
    pub(crate) fn new(url: &str) -> Self {
        Self { authority: url.trim_start_matches("http://").to_owned(), session: None }
    }

    /// The same client with a session.
    pub(crate) fn with_session(self, session: &str) -> Self {
        Self { session: Some(session.to_owned()), ..self }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, Bytes::new()).await.with_context(|| format!("GET {path}"))
    }

    /// Creates what the body describes.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, body.to_string().into()).await.with_context(|| format!("POST {path}"))
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(session) = &self.session {
            request = request.header(header::AUTHORIZATION, format!("Bearer {session}"));
        }
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request.body(Full::new(body))?).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// When it is none, with what the server says about it.
    pub(crate) fn expect_success(self) -> anyhow::Result<Value> {
        if !(200..300).contains(&self.status) {
            bail!("the server answered {} {}", self.status, self.body["detail"].as_str().unwrap_or_default());
        }
        Ok(self.body)
    }

    /// The member of a success, a text.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn expect_text(self, name: &str) -> anyhow::Result<String> {
        let body = self.expect_success()?;
        body[name].as_str().map(str::to_owned).with_context(|| format!("the server's answer has no {name}"))
    }
}
