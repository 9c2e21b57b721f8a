//! Whether anybody can take a team over: which roles are given, taken, invited to and withdrawn by whom, and how long an
//! invitation is worth what whoever made it may do.

use base::{
    Permission::{self, ObjectRead, TeamManageMembers},
    Permissions, Role,
    id::TeamId,
};
use gate::identity::team_partition;
use serde_json::{Value, json};
use table::{Key, attribute};
use tokio::task::JoinSet;

use crate::{
    harness::{Answer, Api, Person, System, World, an_email, system, unique},
    jobs::platform,
};

/// A team with a member of each role besides its owner, and an open invitation to each.
struct Scene {
    world: World,
    members: Vec<(Role, Person)>,
    invitations: Vec<(Role, String)>,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let (mut members, mut invitations) = (Vec::new(), Vec::new());
        for role in Role::ALL {
            members.push((*role, world.member(role.name()).await));
            invitations.push((*role, invited(&world.owner.api, &world, role.name()).await.expect(201)));
        }
        let id = |(role, made): (Role, Value)| (role, made["id"].as_str().unwrap().to_owned());
        Self { world, members, invitations: invitations.into_iter().map(id).collect() }
    }

    fn member(&self, role: Role) -> String {
        let (_, person) = self.members.iter().find(|(has, _)| *has == role).unwrap();
        format!("{}/{}", self.world.members(), person.id)
    }

    /// Everybody's role and all open invitations, as the owner sees them.
    async fn seen(&self) -> Value {
        let (api, mut seen) = (&self.world.owner.api, Vec::new());
        for path in [self.world.members(), self.world.invitations()] {
            let list = api.get(&format!("{path}?limit=100")).await.expect(200)["data"].clone();
            let one = |it: &Value| json!([it["user"]["id"], it["id"], it["role"], it["version"]]);
            seen.push(list.as_array().unwrap().iter().map(one).collect::<Value>());
        }
        json!(seen)
    }
}

async fn invited(api: &Api, world: &World, role: &str) -> Answer {
    api.post(&world.invitations(), json!({"email": an_email(), "role": role})).await
}

/// What a token that was made with these permissions by somebody of this role is to be told when it gives or takes them.
fn expected(made_with: Permissions, of: Role, roles: &[Role]) -> Option<(&'static str, Value)> {
    let held = made_with.intersection(of.permissions());
    let asked = roles.iter().fold(Permissions::NONE, |all, role| all.union(role.permissions()));
    let (missing, of_role) = (asked.without(held), asked.without(of.permissions()));
    if roles.contains(&Role::Owner) {
        Some(("session_required", Value::Null))
    } else if !of_role.is_empty() {
        Some(("insufficient_role", json!(of_role)))
    } else if !missing.is_empty() {
        Some(("insufficient_scope", json!(missing)))
    } else {
        None
    }
}

#[track_caller]
fn is_refused(answer: Answer, refusal: &(&'static str, Value)) {
    let problem = answer.expect_problem(403, refusal.0);
    assert_eq!(problem["required_permissions"], refusal.1, "{problem}");
}

/// Role × permissions of the token × role that is given, taken, invited to or withdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_gives_and_takes_only_roles_whose_permissions_it_has_and_never_the_owners() {
    let scene = Scene::new().await;
    let world = &scene.world;
    let alone = Permissions::of(&[TeamManageMembers]);
    let made: Vec<_> = Role::ALL
        .iter()
        .map(|role| role.permissions())
        .chain([Permissions::NONE, Permissions::all()])
        .map(|permissions| permissions.union(alone))
        .collect();
    let roles = [Role::Administrator, Role::Owner];
    let callers = [(roles[0], world.member("administrator").await), (roles[1], world.member("owner").await)];
    let before = scene.seen().await;
    for of in roles {
        let person = callers.iter().find(|(role, _)| *role == of).map(|(_, person)| person).unwrap();
        for with in &made {
            let token = person.token(&with.iter().collect::<Vec<_>>()).await;
            for role in Role::ALL {
                let one = expected(*with, of, &[*role]);
                let (_, invitation) = scene.invitations.iter().find(|(to, _)| to == role).unwrap();
                let invitation = format!("{}/{invitation}", world.invitations());
                if let Some(refusal) = &one {
                    is_refused(invited(&token, world, role.name()).await, refusal);
                    is_refused(token.delete(&invitation).await, refusal);
                    is_refused(token.delete(&scene.member(*role)).await, refusal);
                } else {
                    let made = invited(&token, world, role.name()).await.expect(201);
                    let path = format!("{}/{}", world.invitations(), made["id"].as_str().unwrap());
                    token.delete(&path).await.expect(204);
                }
                let both = expected(*with, of, &[*role, Role::ViewOnly]);
                let changes = [(Role::ViewOnly, *role), (*role, Role::ViewOnly)];
                for (old, new) in changes.into_iter().filter(|(old, new)| old != new) {
                    if let Some(refusal) = &both {
                        let patch = json!({"role": new});
                        is_refused(token.patch(&scene.member(old), patch).await, refusal);
                    }
                }
            }
        }
    }
    assert_eq!(scene.seen().await, before);
}

#[tokio::test]
async fn a_token_that_has_a_role_whole_gives_it_takes_it_and_removes_who_has_it() {
    let (world, person) = (World::new().await, Person::new().await);
    let administrator = world.member("administrator").await;
    let with = Role::Manager.permissions().union(Permissions::of(&[TeamManageMembers]));
    let token = administrator.token(&with.iter().collect::<Vec<_>>()).await;
    world.join(&person, "view-only").await;
    let path = format!("{}/{}", world.members(), person.id);
    for role in ["manager", "update-only", "member"] {
        assert_eq!(token.patch(&path, json!({"role": role})).await.expect(200)["role"], json!(role));
    }
    token.delete(&path).await.expect(204);
    person.api.get(&world.contacts()).await.expect_problem(403, "no_access");
    world.owner.api.patch(&path, json!({"role": "member"})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_token_makes_no_owner_leave_not_even_the_one_it_acts_for() {
    let world = World::new().await;
    let second = world.member("owner").await;
    let path = |person: &Person| format!("{}/{}", world.members(), person.id);
    let token = second.token(Permission::ALL).await;
    for owner in [&world.owner, &second] {
        token.delete(&path(owner)).await.expect_problem(403, "session_required");
        token.patch(&path(owner), json!({"role": "member"})).await.expect_problem(403, "session_required");
    }
    assert_eq!(second.api.get(&world.members()).await.expect(200)["data"].as_array().unwrap().len(), 2);
    second.api.delete(&path(&second)).await.expect(204);
}

mod invitations {
    use super::*;

    /// Somebody with an invitation, and what the acceptance of a wrong secret is answered.
    struct Invited {
        world: World,
        person: Person,
        secret: Value,
        id: String,
    }

    impl Invited {
        async fn by(world: World, api: &Api, role: &str) -> Self {
            let person = Person::new().await;
            let made = json!({"email": person.email, "role": role});
            let made = api.post(&world.invitations(), made).await.expect(201);
            let id = made["id"].as_str().unwrap().to_owned();
            Self { world, person, secret: made["secret"].clone(), id }
        }

        async fn accepts(&self) -> Answer {
            self.person.api.post("/v1/invitations/accept", json!({"secret": self.secret})).await
        }

        /// Refused like a secret that never was one, to the byte; nobody has joined and the invitation is as it was.
        async fn is_void(&self) {
            let told = |mut problem: Value| {
                problem["request_id"] = Value::Null;
                problem.to_string()
            };
            let wrong = json!({"secret": "ea_inv_nonsense"});
            let wrong = self.person.api.post("/v1/invitations/accept", wrong).await;
            let refused = self.accepts().await.expect_problem(404, "not_found");
            assert_eq!(told(refused), told(wrong.expect_problem(404, "not_found")));
            assert_eq!(self.person.api.get("/v1/teams").await.expect(200)["data"], json!([]));
            let open = self.world.owner.api.get(&self.world.invitations()).await;
            assert!(open.text.contains(&self.id), "{}", open.text);
        }
    }

    fn path(world: &World, person: &Person) -> String {
        format!("{}/{}", world.members(), person.id)
    }

    #[tokio::test]
    async fn of_who_was_removed_are_void_until_that_one_is_back() {
        let world = World::new().await;
        let inviter = world.member("administrator").await;
        let it = Invited::by(world, &inviter.api, "administrator").await;
        it.world.owner.api.delete(&path(&it.world, &inviter)).await.expect(204);
        it.is_void().await;
        it.world.join(&inviter, "view-only").await;
        it.is_void().await;
        let role = json!({"role": "administrator"});
        it.world.owner.api.patch(&path(&it.world, &inviter), role).await.expect(200);
        assert_eq!(it.accepts().await.expect(201)["role"], json!("administrator"));
    }

    #[tokio::test]
    async fn are_void_while_the_inviter_may_not_grant_the_role() {
        let world = World::new().await;
        let inviter = world.member("owner").await;
        let it = Invited::by(world, &inviter.api, "owner").await;
        let change = async |role: &str| {
            let path = path(&it.world, &inviter);
            it.world.owner.api.patch(&path, json!({"role": role})).await.expect(200)
        };
        for role in Role::ALL.iter().filter(|role| **role != Role::Owner) {
            change(role.name()).await;
            it.is_void().await;
        }
        change("owner").await;
        assert_eq!(it.accepts().await.expect(201)["role"], json!("owner"));
        it.accepts().await.expect_problem(404, "not_found");
    }

    #[tokio::test]
    async fn of_a_token_are_void_when_it_is_off_elsewhere_over_or_revoked() {
        let system = System::start();
        let nobody = Api::at(&system.url);
        let (world, person) = (World::at(&nobody).await, Person::at(&nobody).await);
        let owner = world.owner.api.clone();
        let with = Role::Member.permissions().union(Permissions::of(&[TeamManageMembers]));
        let about = json!({"name": "Inviter", "permissions": with});
        let made = owner.post("/v1/tokens", about).await.expect(201);
        let token = nobody.and(made["token"].as_str().unwrap());
        let place = format!("/v1/tokens/{}", made["id"].as_str().unwrap());
        let secret = async || {
            let invitation = json!({"email": person.email, "role": "member"});
            token.post(&world.invitations(), invitation).await.expect(201)["secret"].clone()
        };
        let accept =
            async |secret: &Value| person.api.post("/v1/invitations/accept", json!({"secret": secret})).await;
        let (first, second) = (secret().await, secret().await);
        let elsewhere = person.team().await;
        let soon = system.clock.now().plus_seconds(3_600);
        for (off, on) in [
            (json!({"active": false}), json!({"active": true})),
            (json!({"team_ids": [elsewhere]}), json!({"team_ids": null})),
            (json!({"expires_at": soon}), json!({"expires_at": null})),
        ] {
            owner.patch(&place, off).await.expect(200);
            if on.get("expires_at").is_some() {
                system.clock.advance(3_601);
            }
            accept(&first).await.expect_problem(404, "not_found");
            owner.patch(&place, on).await.expect(200);
        }
        accept(&first).await.expect(201);
        owner.delete(&format!("{}/{}", world.members(), person.id)).await.expect(204);
        owner.delete(&place).await.expect(204);
        accept(&second).await.expect_problem(404, "not_found");
        assert_eq!(owner.get(&world.members()).await.expect(200)["data"].as_array().unwrap().len(), 1);
    }

    /// As a version made them that let a token invite to any role.
    #[tokio::test]
    async fn to_a_role_that_the_token_lacks_are_void_however_they_came_about() {
        let world = World::new().await;
        let with: Vec<_> = Role::ViewOnly.permissions().iter().chain([TeamManageMembers]).collect();
        let token = world.owner.token(&with).await;
        let it = Invited::by(world, &token, "view-only").await;
        let table = platform(&system().dynamodb).tables.identity;
        let team = TeamId::parse(&it.world.team).unwrap();
        let key = Key::new(team_partition(&team), format!("INVITATION#{}", it.id));
        for role in [Role::UpdateOnly, Role::Administrator, Role::Owner] {
            let write = table.update(key.clone()).set("role", attribute(&role).unwrap());
            table.write(write).await.unwrap();
            it.is_void().await;
        }
        table.write(table.update(key).set("role", attribute(&Role::ViewOnly).unwrap())).await.unwrap();
        assert_eq!(it.accepts().await.expect(201)["role"], json!("view-only"));
    }

    #[tokio::test]
    async fn are_withdrawn_by_any_administrator_with_a_session() {
        let world = World::new().await;
        let administrator = world.member("administrator").await;
        let made = invited(&world.owner.api, &world, "owner").await.expect(201);
        let path = format!("{}/{}", world.invitations(), made["id"].as_str().unwrap());
        administrator.api.delete(&path).await.expect(204);
        assert_eq!(world.owner.api.get(&world.invitations()).await.expect(200)["data"], json!([]));
    }
}

mod limits {
    use super::*;

    const TEAMS: usize = 50;
    const INVITATIONS: usize = 200;

    async fn new_team(person: &Person) -> Answer {
        let body = json!({"name": "T", "slug": format!("team-{}", unique())});
        person.api.post("/v1/teams", body).await
    }

    async fn teams(person: &Person) -> usize {
        person.api.get("/v1/me").await.expect(200)["teams"].as_array().unwrap().len()
    }

    /// All at once; how many were let through, and that all others were refused as too many.
    async fn at_once(calls: JoinSet<Answer>) -> usize {
        let answers = calls.join_all().await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        for answer in refused {
            answer.expect_problem(409, "limit_reached");
        }
        made.len()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_person_is_in_fifty_teams_at_most() {
        let (world, person) = (World::new().await, Person::new().await);
        for _ in 0..TEAMS - 3 {
            new_team(&person).await.expect(201);
        }
        let invitation = json!({"email": person.email, "role": "member"});
        let made = world.owner.api.post(&world.invitations(), invitation).await.expect(201);
        let acceptance = json!({"secret": made["secret"]});
        let mut calls = JoinSet::new();
        for _ in 0..10 {
            let person = person.clone();
            calls.spawn(async move { new_team(&person).await });
        }
        assert_eq!((at_once(calls).await, teams(&person).await), (3, TEAMS));
        person
            .api
            .post("/v1/invitations/accept", acceptance.clone())
            .await
            .expect_problem(409, "limit_reached");
        assert_eq!(teams(&person).await, TEAMS);
        // A place that is left is one for somebody: by an invitation, too.
        let left =
            person.api.get("/v1/teams").await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
        let own = format!("/v1/teams/{left}/members/{}", person.id);
        let other = Person::new().await;
        let invitation = json!({"email": other.email, "role": "owner"});
        let made = person.api.post(&format!("/v1/teams/{left}/invitations"), invitation).await.expect(201);
        other.api.post("/v1/invitations/accept", json!({"secret": made["secret"]})).await.expect(201);
        person.api.delete(&own).await.expect(204);
        person.api.post("/v1/invitations/accept", acceptance).await.expect(201);
        new_team(&person).await.expect_problem(409, "limit_reached");
        assert_eq!(teams(&person).await, TEAMS);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_team_has_two_hundred_open_invitations_at_most() {
        let system = System::start();
        let world = World::at(&Api::at(&system.url)).await;
        let owner = &world.owner.api;
        let mut last = Value::Null;
        for _ in 0..INVITATIONS - 5 {
            last = invited(owner, &world, "member").await.expect(201);
        }
        let mut calls = JoinSet::new();
        for _ in 0..12 {
            let (api, path) = (owner.clone(), world.invitations());
            let body = json!({"email": an_email(), "role": "member"});
            calls.spawn(async move { api.post(&path, body).await });
        }
        assert_eq!((at_once(calls).await, open(&world).await), (5, INVITATIONS));
        let path = format!("{}/{}", world.invitations(), last["id"].as_str().unwrap());
        owner.delete(&path).await.expect(204);
        invited(owner, &world, "member").await.expect(201);
        invited(owner, &world, "member").await.expect_problem(409, "limit_reached");
        assert_eq!(open(&world).await, INVITATIONS);
        // What has ended is not open.
        system.clock.advance(7 * 24 * 60 * 60);
        invited(owner, &world, "member").await.expect(201);
        assert_eq!(open(&world).await, 1);
    }

    async fn open(world: &World) -> usize {
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let path = format!("{}?limit=100{cursor}", world.invitations());
            let list = world.owner.api.get(&path).await.expect(200);
            count += list["data"].as_array().unwrap().len();
            let Some(next) = list["next_cursor"].as_str() else { return count };
            cursor = format!("&cursor={next}");
        }
    }

    #[tokio::test]
    async fn who_may_not_invite_learns_nothing_of_them() {
        let world = World::new().await;
        let token = world.owner.token(&[ObjectRead]).await;
        invited(&token, &world, "member").await.expect_problem(403, "insufficient_scope");
    }
}
