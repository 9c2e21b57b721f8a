//! A function as Lambda invokes it: with an event and a context, in this process.

use api::arrival;
use axum::Router;
use lambda_http::{Adapter, Context, LambdaEvent, request::LambdaRequest, tower::Service as _};
use serde_json::Value;

/// What the function hands back to API Gateway.
pub(crate) async fn invoke(router: Router, event: LambdaRequest, context: Context) -> Value {
    let event = LambdaEvent::new(arrival::sanitize(event), context);
    let answer = Adapter::from(router).call(event).await.unwrap();
    serde_json::to_value(answer).unwrap()
}
