//! `HEAD` is `GET` without the body, and what has no body says nothing of one.

use base::Permission;

use crate::{
    every_route,
    harness::{Answer, Api},
    hostile::Scene,
};

/// The headers that say the same in two answers.
fn told(answer: &Answer) -> Vec<(String, String)> {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .collect();
    headers.sort();
    headers
}

/// What `GET` answers, and `HEAD` between two answers that are alike, as some things change by being read.
async fn both(api: &Api, path: &str) -> (Answer, Answer) {
    loop {
        let before = api.get(path).await;
        let head = api.send("HEAD", path, None).await;
        let after = api.get(path).await;
        if told(&before) == told(&after) {
            return (after, head);
        }
    }
}

#[tokio::test]
async fn on_every_route_a_head_answers_as_get_with_the_length_and_no_body() {
    let scene = Scene::new().await;
    let everything = scene.world.owner.token(Permission::ALL).await;
    let nothing = scene.world.owner.token(&[Permission::Upload]).await;
    let nobody = Api::anonymous();
    let mut statuses = std::collections::BTreeSet::new();
    let paths = every_route::all().into_iter().filter(|info| info.route.method == "GET");
    let paths = paths.map(|info| scene.path(&info.route.path)).chain(["/console".into(), "/nothing".into()]);
    for path in paths {
        for api in [&scene.world.owner.api, &everything, &nothing, &nobody] {
            let (get, head) = both(api, &path).await;
            assert_eq!((get.status, told(&get)), (head.status, told(&head)), "{path}");
            assert_eq!((head.header("content-length"), head.text.as_str()), (get.text.len().to_string(), ""));
            statuses.insert(get.status);
        }
    }
    assert!(statuses.is_superset(&[200, 401, 403, 404].into()), "{statuses:?}");
}

#[tokio::test]
async fn what_has_no_body_has_no_type() {
    let scene = Scene::new().await;
    let api = &scene.world.owner.api;
    let contact = scene.path("/v1/teams/{team}/objects/contacts/{id}");
    let known = api.header("if-none-match", "*");
    let head = known.send("HEAD", &contact, None).await;
    assert_eq!((head.status, head.header("content-length").as_str()), (304, ""));
    for (answer, status) in [
        (known.get(&contact).await, 304),
        (api.send("POST", &format!("{contact}/send"), None).await, 202),
        (api.delete(&contact).await, 204),
        (
            Api::anonymous().post("/v1/credentials/revoke", serde_json::json!({"credentials": ["x"]})).await,
            202,
        ),
        (
            Api::anonymous()
                .header("access-control-request-method", "GET")
                .send("OPTIONS", "/v1/me", None)
                .await,
            204,
        ),
    ] {
        assert_eq!((answer.status, answer.text.as_str()), (status, ""));
        assert_eq!(answer.header("content-type"), "", "{status}");
        assert!(!answer.header("x-request-id").is_empty());
    }
}
