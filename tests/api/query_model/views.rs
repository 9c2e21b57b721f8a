//! What is seen through views: random views, callers and requests, against the same plain evaluation. Nothing that is answered is
//! outside of both filters, nor a field that is not shown.

use std::collections::BTreeSet;

use base::Permission;
use serde_json::{Value, json};

use super::{
    deals::{Deals, Dice, Field},
    number,
    questions::Question,
};
use crate::harness::{Api, another_engine};

const SEED: u64 = 20_261_130;
const REQUESTS: u64 = 400;
/// With the tables in another engine, which is far slower.
const REQUESTS_ELSEWHERE: u64 = 60;
const WALKS: u64 = 4;
const REQUESTS_OF_A_TYPE: u64 = 50;
const REQUESTS_OF_A_VIEW: u64 = 5;

/// A view, and what it is meant to show.
struct View {
    path: String,
    question: Question,
    shown: Vec<String>,
    is_restricted: bool,
}

/// Set `VIEW_SEED` to what a failure printed, to see it again, and `VIEW_COUNT` for more.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_seen_through_a_view_is_of_both_filters_and_of_its_fields() {
    let seed = number("VIEW_SEED", SEED);
    let requests = if another_engine().is_some() { REQUESTS_ELSEWHERE } else { REQUESTS };
    let each = number("VIEW_COUNT", requests) / WALKS;
    let walks: Vec<_> = (0..WALKS).map(|walk| tokio::spawn(walked(seed + walk, each))).collect();
    let mut found = 0;
    for walk in walks {
        found += walk.await.unwrap_or_else(|error| panic!("VIEW_SEED={seed}: {error}"));
    }
    assert!(
        found > usize::try_from(each).unwrap(),
        "only {found} objects were found: the requests are too narrow"
    );
}

async fn walked(seed: u64, requests: u64) -> usize {
    let mut dice = Dice(seed);
    let (mut found, mut left) = (0, requests);
    while left > 0 {
        let mut deals = Deals::new(&mut dice).await;
        let blind = deals.world.owner.token(&[Permission::ViewRead]).await;
        for _ in 0..left.min(REQUESTS_OF_A_TYPE) / REQUESTS_OF_A_VIEW {
            let view = View::new(&mut dice, &deals).await;
            for _ in 0..REQUESTS_OF_A_VIEW {
                if dice.hits(25) {
                    deals.write(&mut dice, &mut Vec::new()).await;
                }
                let asks_blindly = view.is_restricted && dice.hits(70);
                let caller = if asks_blindly { &blind } else { &deals.world.owner.api };
                found += view.asked(&mut dice, &deals, caller).await;
            }
        }
        left = left.saturating_sub(REQUESTS_OF_A_TYPE);
    }
    found
}

impl View {
    async fn new(dice: &mut Dice, deals: &Deals) -> Self {
        let question = Question::new(dice, &deals.fields);
        let shown: Vec<_> =
            deals.fields.iter().map(|field| field.slug.clone()).filter(|_| dice.hits(60)).collect();
        let is_restricted = dice.hits(60);
        let fields: Vec<_> = shown.iter().map(|slug| json!({"field": slug})).collect();
        let body = format!(
            r#"{{{}"name": "V", "kind": "table", "object_type": "deals", "restricted": {is_restricted}, "fields": {}}}"#,
            question.body(),
            json!(fields)
        );
        let views = format!("/v1/teams/{}/views", deals.world.team);
        let made = deals.world.owner.api.send("POST", &views, Some(body)).await.expect(201);
        Self { path: format!("{views}/{}", made["id"].as_str().unwrap()), question, shown, is_restricted }
    }

    /// All pages of what the caller asks for; how many objects there are.
    async fn asked(&self, dice: &mut Dice, deals: &Deals, caller: &Api) -> usize {
        // Behind a boundary the caller can name only what is shown.
        let may_name = |field: &&Field| !self.is_restricted || self.shown.contains(&field.slug);
        let named: Vec<_> = deals.fields.iter().filter(may_name).cloned().collect();
        if named.is_empty() {
            return 0;
        }
        let asked = Question::new(dice, &named);
        let limit = dice.of(&[1, 7, 50, 100]);
        let as_query = asked.query_string().filter(|_| dice.hits(50));
        let (mut ids, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let page = self.page(caller, &asked, (as_query.as_deref(), limit, &cursor)).await;
            for object in page["data"].as_array().unwrap() {
                let fields: BTreeSet<_> = object["fields"].as_object().unwrap().keys().cloned().collect();
                assert_eq!(fields, self.shown.iter().cloned().collect());
                ids.push(object["id"].as_str().unwrap().to_owned());
            }
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        let meant: BTreeSet<_> =
            self.question.answer(&deals.live).iter().map(|deal| deal.id.clone()).collect();
        let expected = asked.answer(&deals.live).into_iter().map(|deal| deal.id.clone());
        let mut expected: Vec<_> = expected.filter(|id| meant.contains(id)).collect();
        if !asked.has_order() {
            // In whichever order of the view: which objects these are is what counts here.
            expected.sort_unstable();
            ids.sort_unstable();
        }
        assert_eq!(ids, expected, "{asked:#?} through {:#?} of {:#?}", self.question, deals.live);
        ids.len()
    }

    /// A page of what is asked for, as a query or as a body.
    async fn page(
        &self,
        caller: &Api,
        asked: &Question,
        (as_query, limit, cursor): (Option<&str>, usize, &Value),
    ) -> Value {
        if let Some(query) = as_query {
            let cursor = cursor.as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let path = format!("{}/objects?{query}&limit={limit}{cursor}", self.path);
            return caller.get(&path.replace("?&", "?")).await.expect(200);
        }
        let body = format!(r#"{{{}"limit": {limit}, "cursor": {cursor}}}"#, asked.body());
        caller.send("POST", &format!("{}/query", self.path), Some(body)).await.expect(200)
    }
}
