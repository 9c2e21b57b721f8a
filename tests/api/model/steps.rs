//! The steps of a walk: each changes something through the API, as the model says that it changes.

use base::{Permission, Timestamp};
use serde_json::{Value, json};

use super::{
    Answer, BILLING_MANAGER, DAY_MILLIS, ELSEWHERE, HERE, INVALID_TOKEN, LADDER, NO_ACCESS, NOT_FOUND, Needs,
    OK, Pending, ROUTES, Route, Token,
    walk::{EDGE_MILLIS, Walk, tail},
};

const CREATED: Answer = (201, "");
const NO_CONTENT: Answer = (204, "");
const ACCEPTED: Answer = (202, "");
const NAME_TAKEN: Answer = (409, "name_taken");
const RATE_LIMITED: Answer = (429, "rate_limited");
const WRONG_STATE: Answer = (409, "wrong_state");
const INVALID_DATA: Answer = (422, "invalid_data");
/// A person has no more tokens at once than this.
const TOKENS_MAX: usize = 6;
const HOUR_SECONDS: i64 = 60 * 60;
/// Lives of tokens, and the longest that teams allow, in days.
const DAYS: &[i64] = &[1, 2, 7, 30];
const SELF_ROTATE: Route =
    Route { method: "POST", path: "/v1/token/rotate", needs: Needs::Nothing, passed: OK };
const SELF_REVOKE: Route =
    Route { method: "DELETE", path: "/v1/token", needs: Needs::Nothing, passed: NO_CONTENT };

impl Walk {
    /// One step at random; the token that it concerns.
    pub(super) async fn step(&mut self) -> Option<usize> {
        let Some(at) = self.a_token() else { return self.create().await };
        match self.dice.below(100) {
            0..12 => return self.create().await,
            12..34 => self.change(at).await,
            34..44 => self.rotate(at).await,
            44..50 => self.rotate_itself(at).await,
            50..52 => self.revoke(at).await,
            52 => self.revoke_itself(at).await,
            53..55 => self.report().await,
            55..57 => self.block(at).await,
            57..72 => self.change_team(at).await,
            72..79 => self.wait(),
            79..83 => self.check(at).await,
            83..86 => self.compare_lists(at).await,
            _ => {}
        }
        Some(at)
    }

    async fn create(&mut self) -> Option<usize> {
        let owner = self.dice.below(self.people.len());
        let own = self.world.tokens.iter().filter(|token| token.owner == owner && !token.is_revoked);
        if own.count() >= TOKENS_MAX {
            return self.a_token();
        }
        let token = Token {
            owner,
            name: format!("name {}", self.dice.below(2 * TOKENS_MAX)),
            permissions: self.some_permissions(),
            made_at: self.now(),
            ends_at: self.an_end(None),
            teams: self.some_teams(),
            is_wary: self.dice.hits(15),
            ..Token::default()
        };
        let expected = self.outcome(&token, CREATED, true, true);
        let body = json!({
            "name": token.name, "permissions": token.permissions, "expires_at": time(token.ends_at),
            "team_ids": self.ids(token.teams.as_deref()), "on_reuse": reuse(token.is_wary),
        });
        self.note(format!("create {} for {owner}: {body}", self.world.tokens.len()));
        let made = self.own(&token, "POST", "", Some(body), expected).await;
        if expected != CREATED {
            return self.a_token();
        }
        let (id, current) = (text(&made["id"]), text(&made["token"]));
        self.world.tokens.push(Token { id, current, made_at: millis(&made["created_at"]), ..token });
        Some(self.world.tokens.len() - 1)
    }

    /// Changes one thing of a token.
    async fn change(&mut self, at: usize) {
        let before = self.world.tokens[at].clone();
        let mut token = before.clone();
        let body = match self.dice.below(12) {
            0..2 => {
                token.name = format!("name {}", self.dice.below(2 * TOKENS_MAX));
                json!({"name": token.name})
            }
            2 => {
                token.is_off = true;
                json!({"active": false})
            }
            3..6 => {
                token.is_off = false;
                json!({"active": true})
            }
            6..8 => {
                token.ends_at = self.an_end(Some(token.newest()));
                json!({"expires_at": time(token.ends_at)})
            }
            8..10 => {
                token.teams = self.some_teams();
                json!({"team_ids": self.ids(token.teams.as_deref())})
            }
            10 => {
                let here = self.dice.of(&[None, Some(HERE)]);
                token.range = if self.dice.hits(20) { Some(ELSEWHERE) } else { here };
                json!({"allowed_cidrs": token.range.map(|range| [range])})
            }
            _ => {
                token.is_wary = self.dice.hits(15);
                json!({"on_reuse": reuse(token.is_wary)})
            }
        };
        // What is there already may be sent again, whatever the teams allow by now.
        let is_moved = (token.ends_at, &token.teams) != (before.ends_at, &before.teams);
        let expected = self.outcome(&token, OK, token.name != before.name, is_moved);
        self.note(format!("change {at}: {body}"));
        self.own(&token, "PATCH", &format!("/{}", token.id), Some(body), expected).await;
        if expected == OK {
            self.world.tokens[at] = token;
        }
    }

    /// What making or changing a token must be answered.
    fn outcome(&self, token: &Token, done: Answer, is_named: bool, is_moved: bool) -> Answer {
        match token {
            token if token.is_revoked => NOT_FOUND,
            token if is_moved && self.world.is_too_long(token) => INVALID_DATA,
            token if is_named && self.world.has_name(token.owner, &token.name) => NAME_TAKEN,
            _ => done,
        }
    }

    async fn rotate(&mut self, at: usize) {
        let (token, now) = (self.world.tokens[at].clone(), self.now());
        let new = self.a_new_secret(now, true);
        let expected = match &token {
            token if token.is_revoked => NOT_FOUND,
            token if token.has_ended(now) || !token.has_room(&new) => WRONG_STATE,
            _ => OK,
        };
        self.note(format!("rotate {at}, {}", overlap(&new)));
        let path = format!("/{}/rotate", token.id);
        let made = self.own(&token, "POST", &path, Some(overlap(&new)), expected).await;
        if expected == OK {
            self.rotated(at, &made, new);
        }
    }

    async fn rotate_itself(&mut self, at: usize) {
        let (now, secret) = (self.now(), self.a_secret(at));
        let new = self.a_new_secret(now, false);
        let mut token = self.world.tokens[at].clone();
        // It is in use before it can rotate anything.
        token.take_into_use(&secret, now);
        let is_held_up = token.pending.as_ref().is_some_and(|pending| pending.by_session);
        let refusal = match &token {
            token if is_held_up || token.replaced(&secret).is_some() => Some(WRONG_STATE),
            token if token.must_wait(now) => Some(RATE_LIMITED),
            token if !token.has_room(&new) => Some(WRONG_STATE),
            _ => None,
        };
        let body = Some(overlap(&new).to_string());
        let made = self.ask_itself(at, &SELF_ROTATE, body, (secret, refusal)).await;
        if let Some(made) = made {
            self.world.tokens[at].rotated_itself_at.push(millis(&made["updated_at"]));
            self.rotated(at, &made, new);
        }
    }

    /// A rotation that is to be asked for now.
    fn a_new_secret(&mut self, now: i64, by_session: bool) -> Pending {
        let (until, ends_old) = (now + self.an_overlap() * 1_000, self.dice.hits(40));
        Pending { secret: String::new(), made_at: now, until, ends_old, by_session }
    }

    /// Takes a new secret over, if it says what it must.
    fn rotated(&mut self, at: usize, made: &Value, new: Pending) {
        let made_at = millis(&made["updated_at"]);
        let until = made_at + (new.until - new.made_at);
        let new = Pending { secret: text(&made["token"]), made_at, until, ..new };
        self.world.tokens[at].rotate(new);
        let expected = self.world.tokens[at].pending.as_ref().map(|pending| pending.until);
        let until = millis(&made["pending"]["overlap_until"]);
        self.same(&json!(expected), &json!(until), "as the end of the overlap");
    }

    async fn revoke(&mut self, at: usize) {
        let token = self.world.tokens[at].clone();
        let expected = if token.is_revoked { NOT_FOUND } else { NO_CONTENT };
        self.note(format!("revoke {at}"));
        self.own(&token, "DELETE", &format!("/{}", token.id), None, expected).await;
        self.world.tokens[at].is_revoked = true;
    }

    async fn revoke_itself(&mut self, at: usize) {
        let secret = self.a_secret(at);
        if self.ask_itself(at, &SELF_REVOKE, None, (secret, None)).await.is_some() {
            self.world.tokens[at].is_revoked = true;
        }
    }

    /// Lets a token do something to itself, unless something else is under way; the answer, if it could.
    async fn ask_itself(
        &mut self,
        at: usize,
        route: &Route,
        body: Option<String>,
        (secret, refusal): (String, Option<Answer>),
    ) -> Option<Value> {
        let now = self.now();
        let decided = self.world.decide(&self.world.tokens[at], &secret, route, 0, now);
        let expected = refusal.filter(|_| decided == route.passed).unwrap_or(decided);
        self.note(format!("{} of token {at}: {} {}", tail(&secret), route.method, route.path));
        let caller = self.nobody.and(&secret);
        let answer = self.ask(&caller, route.method, route.path, body, expected).await;
        self.world.used(at, &secret, decided, now);
        (expected == route.passed).then_some(answer)
    }

    /// Reports some secrets as leaked, of which not all count.
    async fn report(&mut self) {
        let mut reported = vec![(0, "ea_pat_nothing".to_owned())];
        for _ in 0..=self.dice.below(3) {
            let Some(at) = self.a_token() else { break };
            reported.push((at, self.a_secret(at)));
        }
        let (secrets, now): (Vec<_>, _) = (reported.iter().map(|(_, secret)| secret).collect(), self.now());
        self.note(format!(
            "report {:?}",
            reported.iter().map(|(at, secret)| (at, tail(secret))).collect::<Vec<_>>()
        ));
        let (nobody, body) = (self.nobody.clone(), json!({"credentials": secrets}).to_string());
        self.ask(&nobody, "POST", "/v1/credentials/revoke", Some(body), ACCEPTED).await;
        for (at, secret) in &reported {
            let token = &mut self.world.tokens[*at];
            token.is_revoked |= token.counts(secret, now);
        }
    }

    /// Has the owner of a team block a token there.
    async fn block(&mut self, at: usize) {
        let (team, token) = (self.dice.below(self.teams.len()), self.world.tokens[at].clone());
        let is_blocked = token.blocked.contains(&team) && self.world.roles.contains_key(&(token.owner, team));
        let is_there = !token.is_revoked && (is_blocked || self.world.reaches(&token, team, token.newest()));
        let path = self.path(&format!("/v1/teams/{{team}}/tokens/{}", token.id), team);
        self.note(format!("block {at} in team {team}"));
        let owner = self.people[0].api.clone();
        self.ask(&owner, "DELETE", &path, None, if is_there { NO_CONTENT } else { NOT_FOUND }).await;
        if is_there {
            self.world.tokens[at].blocked.push(team);
        }
    }

    /// Changes a team: its limit, or what the owner of the token is there.
    async fn change_team(&mut self, at: usize) {
        let (team, person) = (self.dice.below(self.teams.len()), self.world.tokens[at].owner);
        let owner = self.people[0].api.clone();
        if person == 0 || self.dice.hits(15) {
            let days = Some(self.dice.of(DAYS)).filter(|_| self.dice.hits(25));
            self.note(format!("team {team} allows {days:?} days"));
            let body = json!({"token_lifetime_days_max": days}).to_string();
            self.ask(&owner, "PATCH", &self.path("/v1/teams/{team}", team), Some(body), OK).await;
            self.world.days_max[team] = days;
            return;
        }
        let role = self.a_role();
        let member = self.path(&format!("/v1/teams/{{team}}/members/{}", self.people[person].id), team);
        if !self.world.roles.contains_key(&(person, team)) {
            self.note(format!("invite {person} to team {team} as {role}"));
            self.invite(person, team, role).await;
            self.world.roles.insert((person, team), role);
        } else if self.dice.hits(20) {
            self.note(format!("remove {person} from team {team}"));
            self.ask(&owner, "DELETE", &member, None, NO_CONTENT).await;
            self.world.roles.remove(&(person, team));
        } else {
            self.note(format!("{person} is {role} in team {team}"));
            self.ask(&owner, "PATCH", &member, Some(json!({"role": role}).to_string()), OK).await;
            self.world.roles.insert((person, team), role);
        }
    }

    async fn invite(&mut self, person: usize, team: usize, role: &str) {
        let (owner, person) = (self.people[0].api.clone(), self.people[person].clone());
        let invitation = json!({"email": person.email, "role": role}).to_string();
        let path = self.path("/v1/teams/{team}/invitations", team);
        let made = self.ask(&owner, "POST", &path, Some(invitation), CREATED).await;
        let acceptance = json!({"secret": made["secret"]}).to_string();
        self.ask(&person.api, "POST", "/v1/invitations/accept", Some(acceptance), CREATED).await;
    }

    /// Lets time pass: some, or until shortly before or behind the next end of something.
    fn wait(&mut self) {
        let now = self.now();
        let ends = self.world.tokens.iter().filter(|token| !token.is_revoked).flat_map(Token::ends);
        let next = ends.filter(|end| *end > now).min();
        let seconds = match (self.dice.below(10), next) {
            (0..3, Some(end)) => (end - now - EDGE_MILLIS).max(0) / 1_000 - 1,
            (3..6, Some(end)) => (end - now) / 1_000 + 1,
            (6, _) => self.dice.of(&[DAY_MILLIS / 1_000, 10 * DAY_MILLIS / 1_000]),
            _ => self.dice.of(&[0, 1, 10 * 60, HOUR_SECONDS]),
        };
        self.note(format!("{seconds} seconds pass"));
        self.system.clock.advance(seconds.max(0));
    }

    /// Lets a token ask whether it could, which must be what it would be told.
    async fn check(&mut self, at: usize) {
        let (route, team) = (&ROUTES[self.dice.below(ROUTES.len())], self.dice.below(self.teams.len()));
        let path = self.path(route.path, team);
        let body = json!({"method": route.method, "path": path}).to_string();
        let (secret, now) = (self.a_secret(at), self.now());
        let expected = self.world.decide(&self.world.tokens[at], &secret, route, team, now);
        let answer = if expected == INVALID_TOKEN { INVALID_TOKEN } else { OK };
        self.note(format!("{} of token {at} asks about {} {}", tail(&secret), route.method, route.path));
        let caller = self.nobody.and(&secret);
        let verdict = self.ask(&caller, "POST", "/v1/token/check", Some(body), answer).await;
        self.world.used(at, &secret, answer, now);
        if answer == OK {
            let reason = Some(expected.1).filter(|_| expected.0 == NO_ACCESS.0);
            let found = json!([verdict["allowed"], verdict["reason"]]);
            self.same(&json!([reason.is_none(), reason]), &found, "to a question");
        }
    }

    /// The list of tokens that its owner sees, and the teams that the token sees, are those of the model.
    async fn compare_lists(&mut self, at: usize) {
        let (token, now) = (self.world.tokens[at].clone(), self.now());
        let found = self.own(&token, "GET", "?limit=100", None, OK).await;
        let shown = |token: &Value| {
            let replaced = token["replaced"].as_array().unwrap().len();
            json!([token["id"], token["name"], token["status"], token["pending"].is_object(), replaced])
        };
        let found: Value = found["data"].as_array().unwrap().iter().map(shown).collect();
        self.same(&self.world.list(token.owner, now), &found, "as the list of tokens");
        let expected = self.world.decide(&token, &token.current, &ROUTES[0], 0, now);
        self.note(format!("the teams of token {at}"));
        let caller = self.nobody.and(&token.current);
        let found = self.ask(&caller, "GET", "/v1/teams", None, expected).await;
        self.world.used(at, &token.current, expected, now);
        if expected == OK {
            let mut found: Vec<_> =
                found["data"].as_array().unwrap().iter().map(|team| text(&team["id"])).collect();
            let reached = (0..self.teams.len())
                .filter(|team| self.world.reaches(&token, *team, token.born(&token.current)));
            let mut expected: Vec<_> = reached.map(|team| self.teams[team].clone()).collect();
            expected.sort();
            found.sort();
            self.same(&json!(expected), &json!(found), "as the list of teams");
        }
    }

    /// Sends a request about tokens with the session of this one's owner.
    async fn own(
        &mut self,
        token: &Token,
        method: &str,
        path: &str,
        body: Option<Value>,
        expected: Answer,
    ) -> Value {
        let owner = self.people[token.owner].api.clone();
        let body = body.map(|body| body.to_string());
        self.ask(&owner, method, &format!("/v1/tokens{path}"), body, expected).await
    }

    fn some_permissions(&mut self) -> Vec<Permission> {
        let all: Vec<_> = LADDER.iter().flat_map(|(_, added)| added.iter().copied()).collect();
        let some: Vec<_> = all.iter().copied().filter(|_| self.dice.hits(75)).collect();
        if some.is_empty() { all } else { some }
    }

    fn some_teams(&mut self) -> Option<Vec<usize>> {
        let some: Vec<_> = (0..self.teams.len()).filter(|_| self.dice.hits(60)).collect();
        Some(some).filter(|some| !some.is_empty() && self.dice.hits(40))
    }

    fn ids(&self, teams: Option<&[usize]>) -> Option<Vec<&String>> {
        teams.map(|teams| teams.iter().map(|team| &self.teams[*team]).collect())
    }

    /// When a token is to end: mostly within the days that some team allows, sometimes to the millisecond after them.
    fn an_end(&mut self, made_at: Option<i64>) -> Option<i64> {
        let (now, days) = (self.now(), self.dice.of(DAYS));
        let exact = made_at.map(|at| at + days * DAY_MILLIS).filter(|end| *end > now + EDGE_MILLIS);
        match self.dice.below(10) {
            0..4 => None,
            4..5 => Some(now + self.dice.of(&[10 * 60, HOUR_SECONDS]) * 1_000),
            5..7 => exact.map(|end| end + i64::from(self.dice.hits(50))),
            _ => Some(now + days * DAY_MILLIS - HOUR_SECONDS * 1_000),
        }
    }

    fn an_overlap(&mut self) -> i64 {
        self.dice.of(&[0, 0, 10 * 60, HOUR_SECONDS, 7 * 24 * HOUR_SECONDS])
    }

    fn a_role(&mut self) -> &'static str {
        let at = self.dice.below(LADDER.len() + 1);
        LADDER.get(at).map_or(BILLING_MANAGER, |(role, _)| role)
    }
}

/// The overlap of a rotation, as it is asked for.
fn overlap(new: &Pending) -> Value {
    let seconds = (new.until - new.made_at) / 1_000;
    if new.ends_old {
        json!({"overlap_seconds": seconds, "until": "first_use"})
    } else {
        json!({"overlap_seconds": seconds})
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn millis(value: &Value) -> i64 {
    text(value).parse::<Timestamp>().unwrap().millis()
}

fn time(millis: Option<i64>) -> Option<String> {
    millis.map(|millis| Timestamp::from_millis(millis).unwrap().to_string())
}

fn reuse(is_wary: bool) -> &'static str {
    if is_wary { "deactivate" } else { "record" }
}
