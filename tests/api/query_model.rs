//! What queries must answer: a plain evaluation in memory, compared with the system over random types, objects, questions
//! and writes in between.

mod deals;
mod questions;
mod views;

use std::env;

use serde_json::{Value, json};

pub(crate) use self::deals::Dice;
use self::{
    deals::{Deal, Deals},
    questions::{Order, Question},
};
use crate::harness::another_engine;

const SEED: u64 = 20_261_124;
const QUESTIONS: u64 = 5_000;
/// With the tables in another engine, which is far slower.
const QUESTIONS_ELSEWHERE: u64 = 300;
/// They go side by side, each in a team of its own.
const WALKS: u64 = 4;
/// So many questions are asked about one type.
const QUESTIONS_OF_A_TYPE: u64 = 125;

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |number| number.parse().unwrap())
}

/// Set `QUERY_SEED` to what a failure printed, to see it again.
#[tokio::test(flavor = "multi_thread")]
async fn the_system_answers_as_a_plain_evaluation_does() {
    let seed = number("QUERY_SEED", SEED);
    let questions = if another_engine().is_some() { QUESTIONS_ELSEWHERE } else { QUESTIONS };
    let each = number("QUERY_COUNT", questions) / WALKS;
    let walks: Vec<_> = (0..WALKS).map(|walk| tokio::spawn(walked(seed + walk, each))).collect();
    let mut found: u64 = 0;
    for walk in walks {
        found +=
            u64::try_from(walk.await.unwrap_or_else(|error| panic!("QUERY_SEED={seed}: {error}"))).unwrap();
    }
    assert!(found > each, "only {found} objects were found: the questions are too narrow");
}

/// Asks so many questions; the answer is how many objects they found.
async fn walked(seed: u64, questions: u64) -> usize {
    let mut dice = Dice(seed);
    let mut found = 0;
    let mut left = questions;
    while left > 0 {
        let mut deals = Deals::new(&mut dice).await;
        let count = left.min(QUESTIONS_OF_A_TYPE);
        for _ in 0..count {
            if dice.hits(25) {
                deals.write(&mut dice, &mut Vec::new()).await;
            }
            let question = Question::new(&mut dice, &deals.fields);
            found += match dice.below(20) {
                0 | 1 => stats(&mut dice, &deals, &question).await,
                2 => disturbed(&mut dice, &mut deals, &question).await,
                _ => asked(&mut dice, &deals, &question).await,
            };
        }
        left -= count;
    }
    found
}

/// All pages of the answer, nobody writing.
async fn asked(dice: &mut Dice, deals: &Deals, question: &Question) -> usize {
    let limit = dice.of(&[1, 3, 7, 20, 50, 100, 100, 100]);
    let as_query = question.query_string().filter(|_| dice.hits(50));
    let (mut ids, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = match &as_query {
            Some(query) => deals.get(query, limit, &cursor).await,
            None => deals.query(question.body(), limit, &cursor).await,
        };
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit, "{question:?}");
        ids.extend(data.iter().map(|object| object["id"].as_str().unwrap().to_owned()));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let expected = question.answer(&deals.live);
    let expected: Vec<_> = expected.into_iter().map(|deal| deal.id.as_str()).collect();
    assert_eq!(ids, expected, "{question:#?} in pages of {limit} of {:#?}", deals.live);
    ids.len()
}

/// The pages while others write: what nobody touched is there exactly once, in its order; what kept its place is not there
/// twice.
async fn disturbed(dice: &mut Dice, deals: &mut Deals, question: &Question) -> usize {
    let (limit, mut touched) = (dice.of(&[1, 3, 5]), Vec::new());
    let before: Vec<Deal> = question.answer(&deals.live).into_iter().cloned().collect();
    let order = question.order();
    let (mut ids, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = deals.query(question.body(), limit, &cursor).await;
        ids.extend(
            page["data"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap().to_owned()),
        );
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
        deals.write(dice, &mut touched).await;
    }
    let was_touched = |id: &str| touched.iter().any(|(of, _)| of == id);
    let expected: Vec<_> = before.iter().map(|deal| deal.id.as_str()).filter(|id| !was_touched(id)).collect();
    let seen: Vec<_> = ids.iter().map(String::as_str).filter(|id| !was_touched(id)).collect();
    assert_eq!(seen, expected, "{question:#?} beside {touched:?}");
    let has_moved = |id: &str| {
        touched.iter().any(|(of, what)| {
            of == id && (order == Order::Updated || order == Order::Field(what.clone()) || what.is_empty())
        })
    };
    for id in ids.iter().filter(|id| !has_moved(id)) {
        assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id} in {question:#?}");
    }
    ids.len()
}

/// What the numbers come to.
async fn stats(dice: &mut Dice, deals: &Deals, question: &Question) -> usize {
    let numbers: Vec<_> = deals.fields.iter().filter(|field| field.is_number()).collect();
    let Some(query) = question.query_string() else { return 0 };
    let query = query.split('&').filter(|part| part.starts_with("filter")).collect::<Vec<_>>().join("&");
    let field = (!numbers.is_empty()).then(|| numbers[dice.below(numbers.len())]);
    let functions = field.map(|field| format!("&fn=count,sum,min,max&field={}", field.slug));
    let answer = deals.stats(&format!("{query}{}", functions.unwrap_or_default())).await;
    let answered = question.answer(&deals.live);
    let mut expected = json!({"complete": true, "next_cursor": null, "count": answered.len()});
    if let Some(field) = field {
        let mut values: Vec<i128> =
            answered.iter().filter_map(|deal| deal.thousandths(&field.slug)).collect();
        values.sort_unstable();
        let decimal = |value: i128| deals::decimal(value, 3);
        expected["count"] = json!(values.len());
        expected["sum"] = json!(decimal(values.iter().sum()));
        expected["min"] = json!(values.first().map(|least| decimal(*least)));
        expected["max"] = json!(values.last().map(|greatest| decimal(*greatest)));
    }
    assert_eq!(answer, expected, "{question:#?} {query} of {:#?}", deals.live);
    answered.len()
}
