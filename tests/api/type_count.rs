//! How many object types a team may have, and how they are counted.

use base::{
    id::{ObjectTypeId, TeamId},
    text::Slug,
};
use records::object_type::object_type_slug_key;
use resources::workspace_partition;
use serde_json::{Value, json};
use table::{AttributeValue, Key, Table, attribute, number};

use tokio::task::JoinSet;

use crate::{
    harness::{World, system},
    jobs::platform,
};

const MOST: usize = 500;

/// Gives the team so many slugs as if its types had them.
async fn fill(workspace: &Table, team: &TeamId, count: usize) {
    let slugs: Vec<_> = (0..count).map(|number| Slug::parse(&format!("filler-{number}")).unwrap()).collect();
    for slugs in slugs.chunks(100) {
        let id = || [("id".to_owned(), attribute(&ObjectTypeId::new()).unwrap())].into();
        let writes = slugs.iter().map(|slug| workspace.put_item(object_type_slug_key(team, slug), id()));
        workspace.transact(writes.collect()).await.unwrap();
    }
}

fn a_type(slug: &str) -> Value {
    json!({"slug": slug, "singular_label": "T", "plural_label": "Ts"})
}

#[tokio::test]
async fn a_team_has_at_most_five_hundred_types() {
    let (world, workspace) = (World::new().await, platform(&system().dynamodb).tables.workspace);
    let (team, api) = (TeamId::parse(&world.team).unwrap(), &world.owner.api);
    let before = api.get(&world.types()).await.expect(200);
    let there = before["data"].as_array().unwrap().len();
    fill(&workspace, &team, MOST - there - 2).await;
    // As a version that did not count has left it.
    let count_key = Key::new(workspace_partition(&team), "TYPECOUNT");
    workspace.write(workspace.delete(count_key.clone())).await.unwrap();
    api.post(&world.types(), a_type("last-but-one")).await.expect(201);
    let (types, one, two) = (world.types(), a_type("one"), a_type("two"));
    let (one, two) = tokio::join!(api.post(&types, one), api.post(&types, two));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let there = api.get(&world.types()).await.expect(200);
    for (path, body) in [
        (world.types(), a_type("more")),
        (format!("{}/contacts/duplicate", world.types()), json!({"slug": "more"})),
    ] {
        api.post(&path, body).await.expect_problem(409, "limit_reached");
    }
    assert_eq!(api.get(&world.types()).await.expect(200), there);
    // A slug that is taken is told first.
    api.post(&world.types(), a_type("contacts")).await.expect_problem(409, "slug_taken");
    let counted = workspace.get(count_key).await.unwrap();
    assert_eq!(counted.and_then(|item| number(&item, "count")), Some(500));
}

#[tokio::test]
async fn of_many_who_find_room_for_one_at_the_same_time_one_creates() {
    let (world, workspace) = (World::new().await, platform(&system().dynamodb).tables.workspace);
    let team = TeamId::parse(&world.team).unwrap();
    let there = world.owner.api.get(&world.types()).await.expect(200)["data"].as_array().unwrap().len();
    fill(&workspace, &team, MOST - there - 1).await;
    // One was destroyed, which takes nothing from the count.
    let too_high = AttributeValue::N("500".to_owned());
    let count_key = Key::new(workspace_partition(&team), "TYPECOUNT");
    workspace.write(workspace.update(count_key).set("count", too_high)).await.unwrap();
    let mut running = JoinSet::new();
    for number in 0..20 {
        let (api, types) = (world.owner.api.clone(), world.types());
        running.spawn(async move { api.post(&types, a_type(&format!("new-{number}"))).await.status });
    }
    let statuses = running.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_count_that_is_too_high_is_mended() {
    let (world, workspace) = (World::new().await, platform(&system().dynamodb).tables.workspace);
    let count_key = Key::new(workspace_partition(&TeamId::parse(&world.team).unwrap()), "TYPECOUNT");
    let too_high = AttributeValue::N("500".to_owned());
    workspace.write(workspace.update(count_key.clone()).set("count", too_high)).await.unwrap();
    let listed =
        async || world.owner.api.get(&world.types()).await.expect(200)["data"].as_array().unwrap().len();
    let before = listed().await;
    world.owner.api.post(&world.types(), a_type("deals")).await.expect(201);
    assert_eq!(listed().await, before + 1);
    let counted = workspace.get(count_key).await.unwrap();
    assert_eq!(counted.and_then(|item| number(&item, "count")), u64::try_from(before + 1).ok());
}
