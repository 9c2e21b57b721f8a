//! What anybody may know of the API.

use api::arrival;
use lambda_http::{Adapter, Context, LambdaEvent, request::LambdaRequest, tower::Service as _};
use serde_json::{Value, json};

use crate::harness::Api;

#[tokio::test]
async fn the_catalogue_has_all_permissions_in_groups() {
    let catalogue = Api::anonymous().get("/v1/permissions").await.expect(200);
    let groups = catalogue["groups"].as_array().unwrap();
    let names: Vec<_> = groups.iter().flat_map(|group| group["permissions"].as_array().unwrap()).collect();
    assert_eq!((groups.len(), names.len()), (8, 39));
    assert_eq!(groups[0]["label"], json!("Objects"));
    assert_eq!(names[0]["name"], json!("object:create"));
    for permission in &names {
        for text in ["description", "sees"] {
            assert!(permission[text].as_str().is_some_and(|text| text.len() > 5), "{permission}");
        }
        // As long as there are no forms, nothing needs a permission for them.
        let has_routes = local::families::routes().iter().any(|info| {
            info.route.access.permissions().iter().any(|needed| permission["name"] == needed.name())
        });
        assert_eq!(permission["in_use"], json!(has_routes), "{permission}");
    }
}

#[tokio::test]
async fn the_document_is_served_as_it_is_kept() {
    let document = Api::anonymous().get("/v1/openapi.json").await;
    assert_eq!(document.text, include_str!("../../docs/reference/openapi.json"));
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.json()["openapi"], json!("3.1.0"));
}

#[tokio::test]
async fn the_document_names_the_server_that_it_is_read_from() {
    for (whole, server) in [("/live/v1/openapi.json", "/live"), ("/v1/openapi.json", "/")] {
        let mut event: Value =
            serde_json::from_str(include_str!("../../events/discovery-permissions.json")).unwrap();
        event["path"] = json!("/v1/openapi.json");
        event["requestContext"]["path"] = json!(whole);
        let event: LambdaRequest = serde_json::from_value(event).unwrap();
        let event = LambdaEvent::new(arrival::sanitize(event), Context::default());
        let router = discovery::routes().router((), None);
        let answer = Adapter::from(router).call(event).await.unwrap();
        let answer = serde_json::to_value(answer).unwrap();
        let document: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(document["servers"][0]["url"], json!(server), "{whole}");
    }
}

#[tokio::test]
async fn health_answers_everybody() {
    assert_eq!(Api::anonymous().get("/v1/health").await.expect(200), json!({"status": "ok"}));
    assert_eq!(Api::with("nonsense").get("/v1/health").await.expect(200), json!({"status": "ok"}));
}
