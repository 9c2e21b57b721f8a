//! What the authorizer itself costs, without the database: from an event's bytes to the answer's bytes, next to the one
//! HMAC-SHA-256 that no check of a token could do without.

use std::{
    collections::HashMap,
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use api::manifest::Manifest;
use base::{
    Permission, Permissions, Role, Timestamp,
    access::Credential,
    actor::{Actor, Source},
    id::{TeamId, TokenId, UserId},
    secret::{Secret, SecretKind},
};
use gate::{
    authorizer::{Event, decide},
    identity::{Membership, membership_key, token_key},
    token::{LastUsed, OnReuse, StoredToken, Used, parse_range},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use keys::KeyRing;
use serde::Serialize;
use sha2::Sha256;
use table::{AttributeValue, Item, Key, attribute};

use crate::{budget::BudgetResult, report::Table, stats::Samples};

/// The event of the contract's example: a token changes an object of a team.
const EVENT: &str = include_str!("../../events/authorizer-request.json");
/// What stands in that event.
const EVENT_TOKEN: &str =
    "ea_pat_000000000000000000demo000000000000000000demoEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE03Q6zeF";
const EVENT_TEAM: &str = "team_000000000000000000demo";
/// As after a change of the key: two hashes for each token that is sent.
const RING: &str =
    r#"{"current":"k2","k1":"the-key-before-of-the-benchmark-0","k2":"the-current-key-of-the-benchmark"}"#;
/// Decisions and hashes take turns so many times, each round with so many of them.
const ROUNDS: usize = 300;
const IN_A_ROUND: u32 = 8;
/// One decision may take as long as so many hashes.
const BUDGET: f64 = 20.0;

/// Measures it.
///
/// # Errors
/// When the decision is not the one that it has to be.
pub(crate) fn run() -> anyhow::Result<Vec<BudgetResult>> {
    let decider = Decider::new()?;
    let answer = decider.decide(decider.items.clone())?;
    ensure!(answer.windows(15).any(|part| part == b"\"Effect\":\"Allow"), "the token was refused");
    let mut hashing = Hmac::<Sha256>::new_from_slice(&[7; 32])?;
    hashing.update(b"");
    let (mut decisions, mut readings, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut items = vec![decider.items.clone(); IN_A_ROUND as usize];
        decisions.push(timed(|| decider.decide(items.pop().unwrap_or_default()).map(drop))?);
        readings.push(timed(|| {
            black_box(serde_json::from_slice::<Event>(&decider.event)?);
            Ok(())
        })?);
        hashes.push(timed(|| {
            black_box(hashing.clone().chain_update(&decider.token).finalize());
            Ok(())
        })?);
    }
    report(&decisions, &readings, &hashes)
}

fn report(
    decisions: &[Duration],
    readings: &[Duration],
    hashes: &[Duration],
) -> anyhow::Result<Vec<BudgetResult>> {
    let times = |times: &[Duration]| {
        Samples::new(times.iter().zip(hashes).map(|(time, hash)| time.as_secs_f64() / hash.as_secs_f64()))
    };
    let mut table = Table::new("The decision, without the database", &["", "ns", "hashes", "10 to 90 %"]);
    let rows = [
        ("one HMAC-SHA-256 of the token", hashes),
        ("reading the event", readings),
        ("the whole decision", decisions),
    ];
    for (what, taken) in rows {
        let (ratio, time) = (times(taken)?, Samples::new(taken.iter().copied())?.median());
        let spread = format!("{:.1} to {:.1}", ratio.percentile(10), ratio.percentile(90));
        table.row(&[what.to_owned(), time.as_nanos().to_string(), format!("{:.1}", ratio.median()), spread]);
    }
    table.print(&[
        "From the event's bytes to the answer's: parsed, checked, hashed under two keys, decided, written.",
    ])?;
    let ratio = times(decisions)?.median();
    let result =
        BudgetResult::new("decision", format!("≤ {BUDGET} hashes"), format!("{ratio:.1}"), ratio <= BUDGET);
    Ok(vec![result])
}

/// What one of them takes.
fn timed(mut what: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    for _ in 0..IN_A_ROUND {
        what()?;
    }
    Ok(begun.elapsed() / IN_A_ROUND)
}

/// The authorizer's decision with all that it stands on.
struct Decider {
    manifest: Manifest,
    ring: KeyRing,
    now: Timestamp,
    token: String,
    event: Vec<u8>,
    items: Vec<Item>,
}

impl Decider {
    fn new() -> anyhow::Result<Self> {
        let (ring, now) = (KeyRing::parse(RING)?, Timestamp::now());
        let (user, id) = (UserId::new(), TokenId::new());
        let team = TeamId::parse(EVENT_TEAM).context("the event's team")?;
        let secret = Secret::new(SecretKind::Token, user.suffix(), id.suffix())?;
        let membership = membership(&user, &team, now);
        let items = vec![
            item(token_key(&user, &id), &token(&user, &id, &secret, &ring, now))?,
            item(membership_key(&user, &team), &membership)?,
        ];
        let token = secret.reveal().to_owned();
        // As it comes: without the spaces that make the file readable.
        let event: serde_json::Value = serde_json::from_str(&EVENT.replace(EVENT_TOKEN, &token))?;
        let event = serde_json::to_vec(&event)?;
        Ok(Self { manifest: Manifest::own()?, ring, now, token, event, items })
    }

    fn decide(&self, items: Vec<Item>) -> anyhow::Result<Vec<u8>> {
        let event = serde_json::from_slice(&self.event)?;
        let answer = decide(&self.manifest, &self.ring, self.now, event, |_| items);
        let answer = answer.map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(black_box(serde_json::to_vec(&answer)?))
    }
}

/// A token as most are: two permissions, one team, one range, used before.
fn token(user: &UserId, id: &TokenId, secret: &Secret, ring: &KeyRing, now: Timestamp) -> StoredToken {
    StoredToken {
        id: id.clone(),
        user: user.clone(),
        name: "Zapier".to_owned(),
        description: "Contacts from the form".to_owned(),
        permissions: Permissions::of(&[Permission::ObjectCreate, Permission::ObjectUpdate]),
        active: true,
        secret: ring.hash(secret.reveal()),
        hint: secret.hint(),
        pending: None,
        replaced: Vec::new(),
        retired_secrets: Vec::new(),
        rotated_itself_at: Vec::new(),
        on_reuse: OnReuse::Record,
        secret_created_at: now,
        expires_at: Some(now.plus_seconds(86_400)),
        team_ids: TeamId::parse(EVENT_TEAM).map(|team| vec![team]),
        blocked_team_ids: Vec::new(),
        blocks: Vec::new(),
        allowed_cidrs: parse_range("203.0.113.0/24").map(|range| vec![range]),
        rate_limit: None,
        last_used: Some(LastUsed {
            at: now,
            ip: Some("203.0.113.7".to_owned()),
            user_agent: Some("curl/8.7.1".to_owned()),
        }),
        used: Used::default(),
        revoked_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
        actor: actor(user),
    }
}

fn membership(user: &UserId, team: &TeamId, now: Timestamp) -> Membership {
    Membership {
        team: team.clone(),
        user: user.clone(),
        role: Role::Owner,
        token_lifetime_days_max: None,
        created_at: now,
        updated_at: now,
        version: 1,
        actor: actor(user),
    }
}

fn actor(user: &UserId) -> Actor {
    Actor {
        user: Some(user.clone()),
        credential: Some(Credential::Session),
        token: None,
        form: None,
        ip: "203.0.113.7".to_owned(),
        source: Source::App,
        request_id: "941529f2-1028-45ed-a6da-43e4eb039119".to_owned(),
    }
}

/// The item as the SDK hands it over.
fn item(key: Key, value: &impl Serialize) -> anyhow::Result<Item> {
    let attributes = attribute(value)?;
    let mut item: HashMap<_, _> = attributes.as_m().cloned().ok().context("a token is a map")?;
    item.insert("pk".to_owned(), AttributeValue::S(key.pk));
    item.insert("sk".to_owned(), AttributeValue::S(key.sk));
    Ok(item)
}
