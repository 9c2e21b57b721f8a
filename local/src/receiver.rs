//! A receiver of webhooks on this machine, for whoever wants to see what comes: the last deliveries, on a page.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse},
    routing::get,
};
use serde_json::Value;

use crate::html::escaped;

/// Where it is, behind the address of the server.
pub(crate) const PATH: &str = "/local/receiver";
/// So many deliveries are kept, the latest ones, and of each so many bytes.
const KEPT: usize = 50;
const BODY_LENGTH_MAX: usize = 256 * 1024;
/// What Standard Webhooks 1.0 adds to a request.
const SHOWN: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
/// The page has styles of its own and nothing else.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");

/// A request that came.
struct Received {
    headers: Vec<(&'static str, String)>,
    body: String,
}

type Kept = Arc<Mutex<VecDeque<Received>>>;

/// The receiver: what is sent to it by POST is shown by GET.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/receiver", get(page).post(receive)).with_state(Kept::default())
}

async fn receive(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| Some((name, headers.get(name)?.to_str().ok()?.to_owned()));
    let received =
        Received { headers: SHOWN.into_iter().filter_map(header).collect(), body: readable(&body) };
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push_front(received);
    kept.truncate(KEPT);
    StatusCode::NO_CONTENT
}

/// The body with lines and indents if it is JSON. What is too large, or would be so with indents, stays as it came, cut.
fn readable(body: &[u8]) -> String {
    let cut = &body[..body.len().min(BODY_LENGTH_MAX)];
    let value = serde_json::from_slice::<Value>(cut).ok();
    let pretty = value.map(|value| format!("{value:#}")).filter(|text| text.len() <= BODY_LENGTH_MAX);
    pretty.unwrap_or_else(|| String::from_utf8_lossy(cut).into_owned())
}

async fn page(State(kept): State<Kept>) -> impl IntoResponse {
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let came = if kept.is_empty() {
        "<p>Nothing has come yet. Change an object, or send a test event in the console.</p>".to_owned()
    } else {
        kept.iter().map(shown).collect()
    };
    let page = include_str!("receiver.html").replace("{came}", &came);
    (
        [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        ],
        Html(page),
    )
}

fn shown(Received { headers, body }: &Received) -> String {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {}\n", escaped(value))).collect();
    format!("<pre>{lines}\n{}</pre>\n", escaped(body))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{Request, Response},
    };
    use tower::ServiceExt as _;

    use super::*;

    async fn text(response: Response<Body>) -> String {
        String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn what_was_sent_is_shown_as_text_the_latest_first_and_the_oldest_is_forgotten() {
        let router = routes::<()>().with_state(());
        let get = || Request::get("/receiver").body(Body::empty()).unwrap();
        let empty = router.clone().oneshot(get()).await.unwrap();
        assert_eq!(empty.headers()["x-frame-options"], "DENY");
        assert!(text(empty).await.contains("Nothing has come yet"));

        for number in 0..=KEPT {
            let body = format!("{{\"n\":{number},\"text\":\"<script>&\"}}");
            let request = Request::post("/receiver").header("webhook-id", format!("evt_{number}"));
            let answer = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        }
        let page = text(router.oneshot(get()).await.unwrap()).await;
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;&amp;"), "{page}");
        assert!(page.find("evt_50\n") < page.find("evt_1\n") && page.contains("evt_1\n"), "{page}");
        assert!(!page.contains("evt_0\n"), "{page}");
    }
}
