//! What anybody may know of the API.

use serde_json::json;

use crate::harness::Api;

#[tokio::test]
async fn the_catalogue_has_all_permissions_in_groups() {
    let catalogue = Api::anonymous().get("/v1/permissions").await.expect(200);
    let groups = catalogue["groups"].as_array().unwrap();
    let names: Vec<_> = groups.iter().flat_map(|group| group["permissions"].as_array().unwrap()).collect();
    assert_eq!((groups.len(), names.len()), (8, 39));
    assert_eq!(groups[0]["label"], json!("Objects"));
    assert_eq!(names[0]["name"], json!("object:create"));
    assert!(
        names.iter().all(|permission| permission["description"].as_str().is_some_and(|text| text.len() > 5))
    );
}

#[tokio::test]
async fn the_document_is_served_as_it_is_kept() {
    let document = Api::anonymous().get("/v1/openapi.json").await;
    assert_eq!(document.text, include_str!("../../docs/openapi.json"));
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.json()["openapi"], json!("3.1.0"));
}

#[tokio::test]
async fn health_answers_everybody() {
    assert_eq!(Api::anonymous().get("/v1/health").await.expect(200), json!({"status": "ok"}));
    assert_eq!(Api::with("nonsense").get("/v1/health").await.expect(200), json!({"status": "ok"}));
}
