//! Every change is told: of objects, types, webhooks, teams, members, invitations and tokens.

use super::*;

/// That it was the owner, with a session.
#[track_caller]
fn by_the_owner(log: &Log, entry: &Value) {
    let actor = &entry["actor"];
    assert_eq!(actor["user_id"], json!(log.world.owner.id), "{entry}");
    assert_eq!((&actor["source"], &actor["token"]), (&json!("app"), &Value::Null), "{entry}");
    assert_eq!(actor["ip"], json!("127.0.0.1"), "{entry}");
    assert!(entry["request_id"].is_string() && entry["at"].is_string(), "{entry}");
}

#[tokio::test]
async fn an_object_from_its_creation_to_its_end() {
    let log = Log::new().await;
    let object = log.contact("Ada").await;
    let path = path_of(&log, &object);
    let token = log.world.owner.token(&[Permission::ObjectUpdate]).await;
    token.patch(&path, json!({"fields": {"amount": 12.5, "name": "Ada L."}})).await.expect(200);
    log.owner().post(&format!("{path}/send"), json!({})).await.expect(202);
    log.owner().delete(&path).await.expect(204);
    log.owner().post(&format!("{path}/restore"), json!({})).await.expect(200);
    log.owner().delete(&format!("{path}/force")).await.expect(204);
    let entries = log.entries(&format!("&subject={}", object["id"].as_str().unwrap()), 6).await;
    assert_eq!(words(&entries, "event"), ["destroyed", "restored", "deleted", "sent", "updated", "created"]);
    let (created, updated) = (&entries[5], &entries[4]);
    assert_eq!(created["subject"]["label"], json!("Ada"));
    assert_eq!(created["subject"]["type"]["slug"], json!("contacts"));
    assert_eq!(created["at"], object["created_at"]);
    let slugs = |entry: &Value| words(entry["fields"].as_array().unwrap(), "slug");
    assert_eq!(slugs(created), ["name", "stage"]);
    assert_eq!(slugs(updated), ["amount", "name"]);
    assert_eq!((&updated["fields"][0]["old"], &updated["fields"][0]["new"]), (&Value::Null, &json!(12.5)));
    assert_eq!(updated["subject"]["label"], json!("Ada L."));
    assert_eq!(
        (&updated["actor"]["source"], &updated["actor"]["user_id"]),
        (&json!("api"), &json!(log.world.owner.id))
    );
    assert!(updated["actor"]["token"]["id"].as_str().unwrap().starts_with("tok_"));
    assert!(updated["actor"]["token"]["name"].as_str().unwrap().starts_with("token "));
    for entry in entries.iter().filter(|entry| entry["event"] != "updated") {
        by_the_owner(&log, entry);
    }
    assert!(entries[..4].iter().all(|entry| entry["fields"] == json!([])));
}

#[tokio::test]
async fn the_end_of_what_was_in_the_trash_for_its_time() {
    let system = System::isolated();
    let log = Log { world: World::at(&Api::at(&system.url)).await };
    let (ended, restored) = (log.contact("Ada").await, log.contact("Eda").await);
    for object in [&ended, &restored] {
        log.owner().delete(&path_of(&log, object)).await.expect(204);
    }
    log.owner().post(&format!("{}/restore", path_of(&log, &restored)), json!({})).await.expect(200);
    let objects = platform(&system.dynamodb).tables.objects;
    let key = |object: &Value| {
        let part = |value: &Value| value.as_str().unwrap().to_owned();
        Key::new(format!("{}#{}", log.world.team, part(&object["object_type"]["id"])), part(&object["id"]))
    };
    assert!(!objects.get(key(&restored)).await.unwrap().unwrap().contains_key("expires"));
    // It was thrown away thirty days ago.
    let now = base::Timestamp::now().seconds();
    let write = objects.update(key(&ended)).set("expires", AttributeValue::N(now.to_string()));
    objects.write(write).await.unwrap();

    until(|| async { !log.asked("&event=destroyed").await.is_empty() }).await;

    assert!(objects.get(key(&ended)).await.unwrap().is_none());
    let entry = log.entry("object", "destroyed").await;
    assert_eq!((&entry["subject"]["id"], &entry["subject"]["label"]), (&ended["id"], &json!("Ada")));
    assert_eq!((&entry["reason"], &entry["request_id"]), (&json!("trash_ended"), &Value::Null));
    assert_eq!((&entry["actor"]["user_id"], &entry["fields"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn what_has_a_name_without_end() {
    let log = Log::new().await;
    let field = |n: usize| json!({"slug": format!("f{n}"), "label": "F", "type": "textarea"});
    let novels = json!({"slug": "novels", "singular_label": "N", "plural_label": "N",
        "item_label_fields": (0..5).map(|n| format!("f{n}")).collect::<Vec<_>>(), "fields": (0..5).map(field).collect::<Vec<_>>()});
    log.owner().post(&log.world.types(), novels).await.expect(201);
    let fields: Value = (0..5).map(|n| (format!("f{n}"), json!("\"".repeat(50_000)))).collect();
    let novels = format!("/v1/teams/{}/objects/novels", log.world.team);
    let made = log.owner().post(&novels, json!({"fields": fields})).await.expect(201);
    log.owner().delete(&format!("{novels}/{}/force", made["id"].as_str().unwrap())).await.expect(204);
    let entries = log.entries(&format!("&subject={}", made["id"].as_str().unwrap()), 2).await;
    assert_eq!(words(&entries, "event"), ["destroyed", "created"]);
    assert!(entries.iter().all(|entry| entry["subject"]["label"] == made["label"]));
    assert!(entries[1]["fields"].as_array().unwrap().iter().any(|field| field["omitted"] == true));
}

#[tokio::test]
async fn each_operation_of_a_batch_and_each_upsert() {
    let log = Log::new().await;
    let create = |name: &str| json!({"op": "create", "fields": {"name": name}});
    let batch = json!({"atomic": true, "operations": [create("One"), create("Two")]});
    log.owner().post(&format!("{}/batch", log.world.contacts()), batch).await.expect(200);
    let mut upsert = json!({"fields": {"email": crate::harness::an_email(), "name": "Three"}});
    log.owner().put(&format!("{}?match=email", log.world.contacts()), upsert.clone()).await.expect(201);
    upsert["fields"]["name"] = json!("Three again");
    log.owner().put(&format!("{}?match=email", log.world.contacts()), upsert).await.expect(200);
    let entries = log.entries("&kind=object", 4).await;
    let mut requests = words(&entries, "request_id");
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), 4, "each has its own: {requests:?}");
    let created = entries.iter().filter(|entry| entry["event"] == "created").count();
    assert_eq!(created, 3);
}

#[tokio::test]
async fn an_object_type_field_by_field() {
    let log = Log::new().await;
    let types = log.world.types();
    let path = format!("{types}/contacts");
    log.owner().patch(&path, json!({"plural_label": "People"})).await.expect(200);
    let field = json!({"slug": "vip", "label": "VIP", "type": "checkbox"});
    log.owner().post(&format!("{path}/fields"), field).await.expect(201);
    log.owner().patch(&format!("{path}/fields/vip"), json!({"label": "Very important"})).await.expect(200);
    log.owner().delete(&format!("{path}/fields/vip")).await.expect(200);
    log.owner().delete(&path).await.expect(204);
    log.owner().post(&format!("{path}/restore"), json!({})).await.expect(200);
    log.owner().delete(&format!("{path}/force")).await.expect(202);
    let entries = log.entries("&kind=object-type", 8).await;
    assert_eq!(
        words(&entries, "event"),
        ["destroyed", "restored", "deleted", "updated", "updated", "updated", "updated", "created"]
    );
    let told = |place: usize| entries[place]["fields"].as_array().unwrap().clone();
    assert_eq!((&told(6)[0]["slug"], &told(6)[0]["new"]), (&json!("plural_label"), &json!("People")));
    assert_eq!((&told(5)[0]["slug"], &told(5)[0]["old"]), (&json!("fields.vip"), &Value::Null));
    assert_eq!(told(5)[0]["new"]["type"], json!("checkbox"));
    assert_eq!(
        (&told(4)[0]["old"], &told(4)[0]["new"]),
        (&json!({"label": "VIP"}), &json!({"label": "Very important"}))
    );
    assert_eq!((&told(3)[0]["slug"], &told(3)[0]["new"]), (&json!("fields.vip"), &Value::Null));
    assert!(entries.iter().all(|entry| entry["subject"]["type"]["slug"] == "contacts"));
    for entry in &entries {
        by_the_owner(&log, entry);
    }
}

#[tokio::test]
async fn what_jobs_do_to_older_objects_is_nobody_s_change() {
    let log = Log::new().await;
    let object = log.contact("Ada").await;
    let path = format!("{}/contacts/fields/company", log.world.types());
    log.owner().patch(&path, json!({"searchable": true})).await.expect(200);
    log.settled().await;
    let entries = log.asked(&format!("&subject={}", object["id"].as_str().unwrap())).await;
    assert_eq!(words(&entries, "event"), ["created"]);
}

#[tokio::test]
async fn a_webhook_without_its_secrets() {
    let log = Log::new().await;
    let path = format!("/v1/teams/{}/webhooks", log.world.team);
    let body = json!({"name": "Zapier", "url": "https://hooks.invalid/catch/secret-part", "topics": ["object.created"]});
    let made = log.owner().post(&path, body).await.expect(201);
    let path = format!("{path}/{}", made["id"].as_str().unwrap());
    log.owner().patch(&path, json!({"topics": ["object.updated"]})).await.expect(200);
    log.owner().patch(&path, json!({"active": false})).await.expect(200);
    log.owner().patch(&path, json!({"active": true})).await.expect(200);
    log.owner().post(&format!("{path}/rotate-secret"), json!({})).await.expect(200);
    log.owner().delete(&path).await.expect(204);
    log.owner().post(&format!("{path}/restore"), json!({})).await.expect(200);
    log.owner().delete(&format!("{path}/force")).await.expect(204);
    let entries = log.entries("&kind=webhook", 8).await;
    assert_eq!(
        words(&entries, "event"),
        ["destroyed", "restored", "deleted", "rotated", "activated", "deactivated", "updated", "created"]
    );
    let text = serde_json::to_string(&entries).unwrap();
    assert!(
        !text.contains("secret-part") && !text.contains("whsec_") && !text.contains("\"sealed"),
        "{text}"
    );
    assert!(text.contains("https://hooks.invalid\""), "{text}");
    for entry in &entries {
        by_the_owner(&log, entry);
    }
}

#[tokio::test]
async fn teams_members_and_invitations() {
    let log = Log::new().await;
    let team = format!("/v1/teams/{}", log.world.team);
    log.owner().patch(&team, json!({"name": "Another name"})).await.expect(200);
    let (leaver, removed) = (log.world.member("member").await, log.world.member("view-only").await);
    let path = |id: &str| format!("{}/{id}", log.world.members());
    log.owner().patch(&path(&removed.id), json!({"role": "manager"})).await.expect(200);
    log.owner().delete(&path(&removed.id)).await.expect(204);
    leaver.api.delete(&path(&leaver.id)).await.expect(204);
    let invitation = json!({"email": "Grace@example.com", "role": "manager"});
    let invited = log.owner().post(&log.world.invitations(), invitation).await.expect(201);
    let withdrawn = format!("{}/{}", log.world.invitations(), invited["id"].as_str().unwrap());
    log.owner().delete(&withdrawn).await.expect(204);
    log.owner().delete(&withdrawn).await.expect_problem(404, "not_found");
    let members = log.entries("&kind=member", 6).await;
    assert_eq!(words(&members, "event"), ["left", "removed", "updated", "joined", "joined", "joined"]);
    let (left, gone, changed) = (&members[0], &members[1], &members[2]);
    assert_eq!((&left["subject"]["id"], &left["actor"]["user_id"]), (&json!(leaver.id), &json!(leaver.id)));
    assert_eq!(
        (&gone["subject"]["id"], &gone["actor"]["user_id"]),
        (&json!(removed.id), &json!(log.world.owner.id))
    );
    assert_eq!((&gone["fields"][0]["old"], &gone["fields"][0]["new"]), (&json!("manager"), &Value::Null));
    assert_eq!(
        (&changed["fields"][0]["old"], &changed["fields"][0]["new"]),
        (&json!("view-only"), &json!("manager"))
    );
    assert_eq!(gone["subject"]["label"], json!("A Person"));
    let team = log.entries("&kind=team", 2).await;
    assert_eq!(words(&team, "event"), ["updated", "created"]);
    assert_eq!(
        team[0]["fields"][0],
        json!({"slug": "name", "label": "Name", "old": "A Team", "new": "Another name"})
    );
    let invitations = log.entries("&kind=invitation", 4).await;
    assert_eq!(words(&invitations, "event"), ["withdrawn", "created", "created", "created"]);
    assert_eq!(invitations[0]["subject"]["label"], json!("Grace@example.com"));
    by_the_owner(&log, &invitations[0]);
    let text = serde_json::to_string(&log.asked("").await).unwrap();
    assert!(!text.contains("\"secret\"") && !text.contains("ea_inv"), "{text}");
}

#[tokio::test]
async fn tokens_in_each_team_that_they_reach_and_in_no_other() {
    let log = Log::new().await;
    let other = Log { world: World { owner: log.world.owner.clone(), team: log.world.owner.team().await } };
    let about = json!({"permissions": ["object:read"], "team_ids": [log.world.team]});
    let token = log.world.owner.token_with(about).await;
    let id = token.get("/v1/token").await.expect(200)["id"].clone();
    let path = format!("/v1/tokens/{}", id.as_str().unwrap());
    log.owner()
        .patch(&path, json!({"name": format!("Renamed {}", crate::harness::unique())}))
        .await
        .expect(200);
    log.owner().patch(&path, json!({"active": false})).await.expect(200);
    log.owner().patch(&path, json!({"active": true, "description": "for nobody else"})).await.expect(200);
    let rotated = log.owner().post(&format!("{path}/rotate"), json!({})).await.expect(200);
    let new = log.owner().and(rotated["token"].as_str().unwrap());
    // A use is no entry, but that the new secret took over is one.
    new.get(&log.world.contacts()).await.expect(200);
    new.get(&log.world.contacts()).await.expect(200);
    log.owner().delete(&path).await.expect(204);
    let entries = log.entries("&kind=token", 7).await;
    assert_eq!(
        words(&entries, "event"),
        ["revoked", "confirmed", "rotated", "activated", "deactivated", "updated", "created"]
    );
    assert_eq!(words(entries[5]["fields"].as_array().unwrap(), "slug"), ["name"]);
    assert_eq!(words(entries[3]["fields"].as_array().unwrap(), "slug"), ["active", "description"]);
    assert_eq!(entries[3]["fields"][1]["omitted"], json!(true));
    assert_eq!(entries[1]["actor"]["token"]["id"], id);
    let text = serde_json::to_string(&entries).unwrap();
    assert!(
        !text.contains("for nobody else") && !text.contains(rotated["token"].as_str().unwrap()),
        "{text}"
    );
    other.settled_by_name().await;
    assert_eq!(other.asked("&kind=token").await, [] as [Value; 0]);
}

impl Log {
    /// The same as [`Log::settled`], in a team without types.
    async fn settled_by_name(&self) {
        let team = format!("/v1/teams/{}", self.world.team);
        self.owner().patch(&team, json!({"name": "Settled"})).await.expect(200);
        self.entries("&kind=team", 2).await;
    }
}

#[tokio::test]
async fn a_token_that_an_owner_blocks_is_told_to_that_team() {
    let log = Log::new().await;
    let member = log.world.member("member").await;
    let token = member.token(&[Permission::ObjectRead]).await;
    let id = token.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
    log.owner().delete(&format!("/v1/teams/{}/tokens/{id}", log.world.team)).await.expect(204);
    let entry = log.entry("token", "blocked").await;
    assert_eq!(
        (&entry["subject"]["id"], &entry["actor"]["user_id"]),
        (&json!(id), &json!(log.world.owner.id))
    );
}

#[tokio::test]
async fn what_was_refused_left_no_entry() {
    let log = Log::new().await;
    let object = log.contact("Ada").await;
    let path = path_of(&log, &object);
    log.owner().patch(&path, json!({"fields": {"stage": "Nope"}})).await.expect_problem(422, "invalid_data");
    let stale = log.owner().header("if-match", "\"9\"");
    stale.patch(&path, json!({"fields": {"name": "B"}})).await.expect_problem(412, "stale");
    stale.delete(&path).await.expect_problem(412, "stale");
    log.owner().post(&format!("{path}/restore"), json!({})).await.expect_problem(409, "wrong_state");
    log.settled().await;
    assert_eq!(log.asked(&format!("&subject={}", object["id"].as_str().unwrap())).await.len(), 1);
}

#[tokio::test]
async fn how_long_entries_are_kept_is_the_owner_s_to_say() {
    let log = Log::new().await;
    let team = format!("/v1/teams/{}", log.world.team);
    assert_eq!(log.owner().get(&team).await.expect(200)["audit_log_days"], json!(90));
    let administrator = log.world.member("administrator").await;
    let problem = administrator.api.patch(&team, json!({"audit_log_days": 7})).await;
    let problem = problem.expect_problem(403, "insufficient_role");
    assert_eq!(problem["errors"][0]["pointer"], json!("/audit_log_days"));
    let refused = log.owner().patch(&team, json!({"audit_log_days": 6})).await;
    refused.expect_problem(422, "invalid_data");
    assert_eq!(log.owner().get(&team).await.expect(200)["audit_log_days"], json!(90));
    let set = log.owner().patch(&team, json!({"audit_log_days": 7})).await.expect(200);
    assert_eq!(set["audit_log_days"], json!(7));
    let team = log.entries("&kind=team", 2).await;
    let changed =
        json!({"slug": "audit_log_days", "label": "Days that the audit log is kept", "old": 90, "new": 7});
    assert_eq!(team[0]["fields"], json!([changed]));
}
