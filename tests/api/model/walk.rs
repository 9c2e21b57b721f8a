//! A walk through the states of a system: random, but the same for the same seed.

use std::{collections::BTreeMap, env};

use serde_json::{Value, json};

use super::{ANSWERS, Answer, ROUTES, World};
use crate::harness::{Api, Person, System, another_engine};

const SEED: u64 = 20_261_123;
const STEPS: u64 = 10_000;
/// They go side by side, each in a system of its own, as each moves its clock.
const WALKS: u64 = 2;
/// With the tables in another engine, which is far slower.
const STEPS_ELSEWHERE: u64 = 1_000;
/// The first of them owns all teams for good.
const PEOPLE: usize = 3;
const TEAMS: usize = 3;
/// No request is sent this near to the end of something: which of the two comes first is nothing to rely on.
pub(super) const EDGE_MILLIS: i64 = 10_000;
/// The last lines of the walk are shown when it fails.
const LINES_SHOWN: usize = 25;

/// Numbers that look like chance (`SplitMix64`).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// So many times in a hundred.
    pub(super) fn hits(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// The walker: what the model says, and how the system is asked.
pub(super) struct Walk {
    pub(super) dice: Dice,
    pub(super) world: World,
    pub(super) people: Vec<Person>,
    /// The ids of the teams.
    pub(super) teams: Vec<String>,
    pub(super) nobody: Api,
    pub(super) system: System,
    seed: u64,
    lines: Vec<String>,
    seen: BTreeMap<Answer, u64>,
}

impl Walk {
    async fn new(seed: u64) -> Self {
        let system = System::isolated();
        // Nothing ends by itself while a request is under way, however slow the machine is.
        system.clock.stop();
        let nobody = Api::at(&system.url);
        let (mut people, mut teams, mut world) = (Vec::new(), Vec::new(), World::default());
        for _ in 0..PEOPLE {
            people.push(Person::at(&nobody).await);
        }
        for team in 0..TEAMS {
            teams.push(people[0].team().await);
            world.roles.insert((0, team), "owner");
            world.days_max.push(None);
        }
        let (dice, lines, seen) = (Dice(seed), Vec::new(), BTreeMap::new());
        Self { dice, world, people, teams, nobody, system, seed, lines, seen }
    }

    pub(super) fn now(&self) -> i64 {
        self.system.clock.now().millis()
    }

    pub(super) fn note(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Moves the clock on until nothing is about to end.
    fn leave_the_edge(&mut self) {
        while self.world.ends_within(self.now(), EDGE_MILLIS) {
            self.system.clock.advance(EDGE_MILLIS / 1_000);
        }
    }

    /// A token, mostly one that was not revoked.
    pub(super) fn a_token(&mut self) -> Option<usize> {
        let is_any = self.dice.hits(8);
        let tokens = self.world.tokens.iter().enumerate();
        let found: Vec<_> =
            tokens.filter(|(_, token)| is_any || !token.is_revoked).map(|(at, _)| at).collect();
        (!found.is_empty()).then(|| self.dice.of(&found))
    }

    /// One of its secrets: mostly one of those that may count.
    pub(super) fn a_secret(&mut self, at: usize) -> String {
        let token = self.world.tokens[at].clone();
        let pending = token.pending.map(|pending| pending.secret);
        let (old, replaced) = (token.rotated_away, token.replaced);
        match self.dice.below(10) {
            0..4 => pending.unwrap_or(token.current),
            4 if !replaced.is_empty() => replaced[self.dice.below(replaced.len())].secret.clone(),
            5 if !old.is_empty() => old[self.dice.below(old.len())].secret.clone(),
            _ => token.current,
        }
    }

    /// Uses a token somewhere and compares.
    pub(super) async fn use_token(&mut self, at: usize) {
        let (secret, team, now) = (self.a_secret(at), self.dice.below(TEAMS), self.now());
        let route = &ROUTES[self.dice.below(ROUTES.len())];
        let expected = self.world.decide(&self.world.tokens[at], &secret, route, team, now);
        let path = self.path(route.path, team);
        self.note(format!("use {} of token {at}: {} {}", tail(&secret), route.method, route.path));
        let caller = self.nobody.and(&secret);
        self.ask(&caller, route.method, &path, route.body(), expected).await;
        self.world.used(at, &secret, expected, now);
        *self.seen.entry(expected).or_default() += 1;
    }

    /// The path in that team.
    pub(super) fn path(&self, path: &str, team: usize) -> String {
        path.replace("{team}", &self.teams[team]).replace("{id}", "obj_0000000000000000000001")
    }

    /// Sends a request that must be answered so; the body of the answer.
    pub(super) async fn ask(
        &mut self,
        caller: &Api,
        method: &str,
        path: &str,
        body: Option<String>,
        expected: Answer,
    ) -> Value {
        let answer = caller.send(method, path, body).await;
        let found = answer.json();
        let code = found["code"].as_str().unwrap_or_default();
        self.same(&json!([expected.0, expected.1]), &json!([answer.status, code]), &answer.text);
        found
    }

    /// Ends the walk, with how it came there, if the two differ.
    pub(super) fn same(&self, expected: &Value, found: &Value, more: &str) {
        if expected != found {
            let last = self.lines.len().saturating_sub(LINES_SHOWN);
            let steps = self.lines[last..].join("\n");
            let seed = self.seed;
            panic!(
                "\n{steps}\nthe model says {expected}, the system says {found} {more}\nagain: MODEL_SEED={seed}"
            );
        }
    }
}

/// Enough of a secret to tell it from others.
pub(super) fn tail(secret: &str) -> &str {
    &secret[secret.len() - 4..]
}

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_answers_as_the_model_says() {
    let seed = number("MODEL_SEED", SEED);
    let default = if another_engine().is_some() { STEPS_ELSEWHERE } else { STEPS };
    let steps = number("MODEL_STEPS", default);
    let walks: Vec<_> = (0..WALKS).map(|walk| tokio::spawn(walked(seed + walk, steps / WALKS))).collect();
    for walk in walks {
        let Walk { seen, world, .. } = walk.await.unwrap();
        let enough = steps / WALKS / 200;
        let rare: Vec<_> =
            ANSWERS.iter().filter(|answer| seen.get(answer).is_none_or(|n| *n < enough)).collect();
        assert!(rare.is_empty(), "of {seen:?} too few were {rare:?}");
        let confirmed: usize =
            world.tokens.iter().map(|token| token.rotated_away.len() + token.replaced.len()).sum();
        assert!(confirmed as u64 >= enough, "only {confirmed} new secrets were used");
    }
}

/// A walk of so many steps, each with what it changed looked at.
async fn walked(seed: u64, steps: u64) -> Walk {
    let mut walk = Walk::new(seed).await;
    for step in 0..steps {
        walk.leave_the_edge();
        walk.note(format!("step {step}"));
        let touched = walk.step().await;
        walk.leave_the_edge();
        if let Some(at) = touched {
            walk.use_token(at).await;
        }
        if let Some(at) = walk.a_token().filter(|_| step % 4 == 0) {
            walk.leave_the_edge();
            walk.use_token(at).await;
        }
    }
    walk
}
