//! Teams, members, invitations.

use base::Permission::{ObjectCreate, ObjectRead, TeamManageMembers};
use serde_json::{Value, json};

use crate::harness::{Person, World, unique};

/// The role of each member, as the owner sees it.
async fn roles(world: &World) -> Vec<(String, String)> {
    let list = world.owner.api.get(&world.members()).await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (text(&member["user"]["id"]), text(&member["role"])))
        .collect()
}

#[tokio::test]
async fn me_tells_a_session_and_a_token_what_they_may_do_where() {
    let world = World::new().await;
    let person = world.member("update-only").await;
    let token = person.token(&[ObjectCreate, ObjectRead]).await;

    let session = person.api.get("/v1/me").await.expect(200);
    assert_eq!(
        (&session["user"]["email"], &session["credential"]),
        (&json!(person.email), &json!("session"))
    );
    assert_eq!(session["teams"][0]["role"], json!("update-only"));
    assert_eq!(session["teams"][0]["permissions"].as_array().unwrap().len(), 6);

    let token = token.get("/v1/me").await.expect(200);
    assert_eq!((&token["user"]["id"], &token["credential"]), (&json!(person.id), &json!("token")));
    assert_eq!(
        (&token["user"]["email"], &token["teams"][0]["permissions"]),
        (&json!(person.email), &json!(["object:read"]))
    );
}

#[tokio::test]
async fn a_team_belongs_to_its_creator_and_its_slug_to_it() {
    let (person, other) = (Person::new().await, Person::new().await);
    let slug = format!("vandelay-{}", unique());
    let answer = person.api.post("/v1/teams", json!({"name": " Vandelay ", "slug": slug})).await;
    let (location, team) = (answer.header("location"), answer.expect(201));
    assert_eq!(
        (&team["name"], &team["slug"], &team["version"]),
        (&json!("Vandelay"), &json!(slug), &json!(1))
    );
    assert_eq!(person.api.get(&location).await.expect(200), team);

    other.api.post("/v1/teams", json!({"name": "V", "slug": slug})).await.expect_problem(409, "slug_taken");
    other.api.get(&location).await.expect_problem(403, "no_access");
    assert_eq!(other.api.get("/v1/teams").await.expect(200)["data"], json!([]));
    let mine = person.api.get("/v1/teams").await.expect(200)["data"][0].clone();
    assert_eq!(
        (&mine["id"], &mine["role"], mine["permissions"].as_array().unwrap().len()),
        (&team["id"], &json!("owner"), 39)
    );
}

#[tokio::test]
async fn a_slug_has_a_form() {
    let person = Person::new().await;
    for slug in ["", "Vandelay", "a b", "-a", "é", &"a".repeat(64)] {
        let problem = person.api.post("/v1/teams", json!({"name": "V", "slug": slug})).await;
        assert_eq!(
            problem.expect_problem(422, "invalid_data")["errors"][0]["pointer"],
            json!("/slug"),
            "{slug}"
        );
    }
    assert_eq!(person.api.get("/v1/teams").await.expect(200)["data"], json!([]));
}

mod invitations {
    use super::*;

    #[tokio::test]
    async fn are_accepted_once_by_the_person_meant() {
        let (world, person, other) = (World::new().await, Person::new().await, Person::new().await);
        let body = json!({"email": person.email.to_uppercase(), "role": "manager"});
        let invitation = world.owner.api.post(&world.invitations(), body).await.expect(201);
        let secret = json!({"secret": invitation["secret"]});
        assert!(invitation["secret"].as_str().unwrap().starts_with("ea_inv_"));
        let list = world.owner.api.get(&world.invitations()).await.expect(200);
        assert_eq!(list["data"][0]["id"], invitation["id"]);
        let shown: Vec<_> = list["data"][0].as_object().unwrap().keys().collect();
        assert_eq!(shown, ["created_at", "email", "expires_at", "id", "role", "updated_at", "version"]);

        other.api.post("/v1/invitations/accept", secret.clone()).await.expect_problem(404, "not_found");
        let joined = person.api.post("/v1/invitations/accept", secret.clone()).await.expect(201);
        assert_eq!((&joined["id"], &joined["role"]), (&json!(world.team), &json!("manager")));
        person.api.post("/v1/invitations/accept", secret).await.expect_problem(404, "not_found");

        let roles = roles(&world).await;
        assert!(roles.len() == 2 && roles.contains(&(person.id, "manager".into())), "{roles:?}");
        assert_eq!(world.owner.api.get(&world.invitations()).await.expect(200)["data"], json!([]));
    }

    #[tokio::test]
    async fn that_are_withdrawn_are_void() {
        let (world, person) = (World::new().await, Person::new().await);
        let body = json!({"email": person.email, "role": "member"});
        let invitation = world.owner.api.post(&world.invitations(), body).await.expect(201);
        let path = format!("{}/{}", world.invitations(), invitation["id"].as_str().unwrap());
        world.owner.api.delete(&path).await.expect(204);
        world.owner.api.delete(&path).await.expect_problem(404, "not_found");
        let answer = person.api.post("/v1/invitations/accept", json!({"secret": invitation["secret"]})).await;
        answer.expect_problem(404, "not_found");
        assert_eq!(roles(&world).await.len(), 1);
    }

    #[tokio::test]
    async fn of_a_member_are_refused_at_acceptance_and_change_nothing() {
        let world = World::new().await;
        let person = world.member("view-only").await;
        let body = json!({"email": person.email, "role": "owner"});
        let secret = world.owner.api.post(&world.invitations(), body).await.expect(201)["secret"].clone();
        let answer = person.api.post("/v1/invitations/accept", json!({"secret": secret})).await;
        answer.expect_problem(409, "already_member");
        assert!(roles(&world).await.contains(&(person.id, "view-only".into())));
    }

    #[tokio::test]
    async fn to_no_address_or_role_are_refused() {
        let world = World::new().await;
        let send = async |body| world.owner.api.post(&world.invitations(), body).await;
        send(json!({"email": "nobody", "role": "member"})).await.expect_problem(422, "invalid_data");
        send(json!({"email": "a@b.de", "role": "king"})).await.expect_problem(422, "invalid_data");
        send(json!({"email": "a@b.de"})).await.expect_problem(400, "invalid_request");
        assert_eq!(world.owner.api.get(&world.invitations()).await.expect(200)["data"], json!([]));
    }
}

mod members {
    use super::*;

    #[tokio::test]
    async fn the_last_owner_stays() {
        let world = World::new().await;
        let own = format!("{}/{}", world.members(), world.owner.id);
        world.owner.api.delete(&own).await.expect_problem(409, "last_owner");
        world.owner.api.patch(&own, json!({"role": "member"})).await.expect_problem(409, "last_owner");
        assert_eq!(roles(&world).await, [(world.owner.id.clone(), "owner".to_owned())]);

        let second = world.member("owner").await;
        world.owner.api.patch(&own, json!({"role": "owner"})).await.expect(200);
        world.owner.api.delete(&own).await.expect(204);
        second
            .api
            .delete(&format!("{}/{}", world.members(), second.id))
            .await
            .expect_problem(409, "last_owner");
    }

    #[tokio::test]
    async fn of_ten_owners_who_leave_at_once_one_stays() {
        let world = World::new().await;
        let mut owners = vec![world.owner.clone()];
        for _ in 0..9 {
            owners.push(world.member("owner").await);
        }
        let mut calls = tokio::task::JoinSet::new();
        for owner in owners.clone() {
            let path = format!("{}/{}", world.members(), owner.id);
            calls.spawn(async move { owner.api.delete(&path).await.status });
        }
        let statuses = calls.join_all().await;
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 9, "{statuses:?}");
        let mut left = 0;
        for owner in owners {
            left += usize::from(owner.api.get(&world.members()).await.status == 200);
        }
        assert_eq!(left, 1);
    }

    #[tokio::test]
    async fn an_administrator_makes_and_unmakes_no_owner() {
        let world = World::new().await;
        let administrator = world.member("administrator").await;
        let member = world.member("member").await;
        let path = |person: &Person| format!("{}/{}", world.members(), person.id);
        let refused = |answer: crate::harness::Answer| drop(answer.expect_problem(403, "insufficient_role"));

        refused(administrator.api.patch(&path(&member), json!({"role": "owner"})).await);
        refused(administrator.api.patch(&path(&administrator), json!({"role": "owner"})).await);
        refused(administrator.api.patch(&path(&world.owner), json!({"role": "member"})).await);
        refused(administrator.api.delete(&path(&world.owner)).await);
        refused(
            administrator.api.post(&world.invitations(), json!({"email": "a@b.de", "role": "owner"})).await,
        );

        let roles = roles(&world).await;
        assert!(
            roles.contains(&(world.owner.id.clone(), "owner".into()))
                && roles.contains(&(member.id.clone(), "member".into()))
        );
        administrator.api.patch(&path(&member), json!({"role": "administrator"})).await.expect(200);
        administrator.api.delete(&path(&member)).await.expect(204);
    }

    #[tokio::test]
    async fn a_token_needs_the_permission_even_to_leave() {
        let world = World::new().await;
        let person = world.member("administrator").await;
        let path = format!("{}/{}", world.members(), person.id);
        let token = person.token(&[ObjectRead]).await;
        let problem = token.delete(&path).await.expect_problem(403, "insufficient_scope");
        assert_eq!(problem["required_permissions"], json!(["team:manage-members"]));
        assert_eq!(roles(&world).await.len(), 2);
        person.token(&[TeamManageMembers]).await.delete(&path).await.expect(204);
        assert_eq!(roles(&world).await.len(), 1);
    }

    #[tokio::test]
    async fn who_is_no_member_is_404() {
        let (world, person) = (World::new().await, Person::new().await);
        for user in [person.id.as_str(), "usr_0000000000000000000000", "nonsense"] {
            let path = format!("{}/{user}", world.members());
            world.owner.api.patch(&path, json!({"role": "member"})).await.expect_problem(404, "not_found");
            world.owner.api.delete(&path).await.expect_problem(404, "not_found");
        }
    }

    #[tokio::test]
    async fn are_listed_with_who_they_are() {
        let world = World::new().await;
        let person = world.member("member").await;
        let list = world.owner.api.get(&world.members()).await.expect(200)["data"].clone();
        let found =
            list.as_array().unwrap().iter().find(|member| member["user"]["id"] == json!(person.id)).unwrap();
        assert_eq!((&found["user"]["email"], &found["version"]), (&json!(person.email), &json!(1)));
    }
}
