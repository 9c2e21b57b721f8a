//! What the whole system must answer to a token: a small model, compared with the system after every step of a walk.

mod steps;
mod walk;

use std::collections::BTreeMap;

use base::Permission::{
    self, ObjectCreate, ObjectDelete, ObjectForceDelete, ObjectRead, ObjectTypeRead, ObjectUpdate,
    TeamManageMembers,
};
use serde_json::{Value, json};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
const HOUR_MILLIS: i64 = 60 * 60 * 1_000;
/// So many secrets that were rotated away are recognised as long as the token is there, and all others for so long.
const RECOGNISED: usize = 8;
const RECOGNISED_MILLIS: i64 = 90 * DAY_MILLIS;
/// So many secrets that were replaced count at a time.
const REPLACED_MAX: usize = 2;
/// So often a token may rotate itself in an hour.
const SELF_ROTATIONS: usize = 5;

/// Status and code of an answer; a success has no code.
type Answer = (u16, &'static str);

const OK: Answer = (200, "");
const INVALID_TOKEN: Answer = (401, "invalid_token");
const NO_ACCESS: Answer = (403, "no_access");
const INSUFFICIENT_SCOPE: Answer = (403, "insufficient_scope");
const INSUFFICIENT_ROLE: Answer = (403, "insufficient_role");
const SESSION_REQUIRED: Answer = (403, "session_required");
const NOT_FOUND: Answer = (404, "not_found");
/// Each must be seen on a walk, and not just once.
const ANSWERS: &[Answer] =
    &[OK, INVALID_TOKEN, NO_ACCESS, INSUFFICIENT_SCOPE, INSUFFICIENT_ROLE, SESSION_REQUIRED, NOT_FOUND];

/// What a route asks of a token.
#[derive(Clone, Copy)]
enum Needs {
    Nothing,
    A(Permission),
    Session,
}

/// A route, and what it answers to whom it lets in: the teams hold no objects.
struct Route {
    method: &'static str,
    path: &'static str,
    needs: Needs,
    passed: Answer,
}

impl Route {
    const fn new(method: &'static str, path: &'static str, needs: Needs, passed: Answer) -> Self {
        Self { method, path, needs, passed }
    }

    fn has_team(&self) -> bool {
        self.path.contains("{team}")
    }

    fn body(&self) -> Option<String> {
        (self.method == "POST" || self.method == "PATCH").then(|| r#"{"fields": {}}"#.to_owned())
    }
}

const ROUTES: &[Route] = &[
    Route::new("GET", "/v1/me", Needs::Nothing, OK),
    Route::new("GET", "/v1/token", Needs::Nothing, OK),
    Route::new("GET", "/v1/tokens", Needs::Session, OK),
    Route::new("GET", "/v1/teams/{team}", Needs::Nothing, OK),
    Route::new("GET", "/v1/teams/{team}/tokens", Needs::Session, OK),
    Route::new("GET", "/v1/teams/{team}/object-types", Needs::A(ObjectTypeRead), OK),
    Route::new("GET", "/v1/teams/{team}/members", Needs::A(TeamManageMembers), OK),
    Route::new("GET", "/v1/teams/{team}/objects/contacts", Needs::A(ObjectRead), NOT_FOUND),
    Route::new("POST", "/v1/teams/{team}/objects/contacts", Needs::A(ObjectCreate), NOT_FOUND),
    Route::new("PATCH", "/v1/teams/{team}/objects/contacts/{id}", Needs::A(ObjectUpdate), NOT_FOUND),
    Route::new("DELETE", "/v1/teams/{team}/objects/contacts/{id}", Needs::A(ObjectDelete), NOT_FOUND),
    Route::new(
        "DELETE",
        "/v1/teams/{team}/objects/contacts/{id}/force",
        Needs::A(ObjectForceDelete),
        NOT_FOUND,
    ),
];

/// What each role may, of the permissions here: its own and all above it. The billing manager may nothing.
const LADDER: [(&str, &[Permission]); 6] = [
    ("view-only", &[ObjectRead, ObjectTypeRead]),
    ("update-only", &[ObjectUpdate]),
    ("member", &[ObjectCreate]),
    ("manager", &[ObjectDelete]),
    ("administrator", &[TeamManageMembers]),
    ("owner", &[ObjectForceDelete]),
];
const BILLING_MANAGER: &str = "billing-manager";
/// Where requests come from here, and where they do not.
const HERE: &str = "127.0.0.0/8";
const ELSEWHERE: &str = "192.0.2.0/24";

fn may(role: &str, permission: Permission) -> bool {
    let rung = LADDER.iter().position(|(name, _)| *name == role);
    rung.is_some_and(|rung| LADDER[..=rung].iter().any(|(_, added)| added.contains(&permission)))
}

/// A secret that was not used yet.
#[derive(Clone)]
struct Pending {
    secret: String,
    made_at: i64,
    /// Until when the current one counts beside it.
    until: i64,
    /// Whether its first use ends that.
    ends_old: bool,
    by_session: bool,
}

/// A secret that was replaced by one that is in use, and counts until its overlap ends.
#[derive(Clone)]
struct Replaced {
    secret: String,
    made_at: i64,
    until: i64,
}

/// A secret whose place another one took.
#[derive(Clone)]
struct Old {
    secret: String,
    /// When it was no longer among the latest ones.
    kept_apart_at: Option<i64>,
}

/// A token as its owner knows it. People and teams are numbers here.
#[derive(Clone, Default)]
struct Token {
    id: String,
    owner: usize,
    name: String,
    permissions: Vec<Permission>,
    current: String,
    /// The secret to follow.
    pending: Option<Pending>,
    /// Secrets that were replaced and may still count, the latest first.
    replaced: Vec<Replaced>,
    /// Secrets whose place others took, the latest first.
    rotated_away: Vec<Old>,
    /// When it rotated itself.
    rotated_itself_at: Vec<i64>,
    /// When the current secret was made.
    made_at: i64,
    ends_at: Option<i64>,
    teams: Option<Vec<usize>>,
    blocked: Vec<usize>,
    is_off: bool,
    is_revoked: bool,
    /// The addresses it is limited to.
    range: Option<&'static str>,
    is_wary: bool,
}

impl Token {
    fn has_ended(&self, now: i64) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    fn counts(&self, secret: &str, now: i64) -> bool {
        if self.replaced(secret).is_some_and(|replaced| now < replaced.until) {
            return true;
        }
        match &self.pending {
            Some(pending) => secret == pending.secret || secret == self.current && now < pending.until,
            None => secret == self.current,
        }
    }

    fn replaced(&self, secret: &str) -> Option<&Replaced> {
        self.replaced.iter().find(|replaced| replaced.secret == secret)
    }

    /// Whether it is one of its secrets whose place another one took, and that is over.
    fn is_reuse(&self, secret: &str, now: i64) -> bool {
        if self.replaced(secret).is_some_and(|replaced| replaced.until <= now) {
            return true;
        }
        let is_known = |old: &Old| old.kept_apart_at.is_none_or(|at| now < at + RECOGNISED_MILLIS);
        self.rotated_away.iter().any(|old| old.secret == secret && is_known(old))
    }

    /// Whether it has rotated itself too often to do so now.
    fn must_wait(&self, now: i64) -> bool {
        self.rotated_itself_at.iter().filter(|at| now < **at + HOUR_MILLIS).count() >= SELF_ROTATIONS
    }

    fn put_away(&mut self, secret: String, now: i64) {
        self.rotated_away.insert(0, Old { secret, kept_apart_at: None });
        if let Some(old) = self.rotated_away.get_mut(RECOGNISED) {
            old.kept_apart_at = Some(now);
        }
    }

    /// When something of it ends.
    fn ends(&self) -> impl Iterator<Item = i64> {
        let kept = self.rotated_away.iter().filter_map(|old| Some(old.kept_apart_at? + RECOGNISED_MILLIS));
        let waits = self.rotated_itself_at.iter().map(|at| at + HOUR_MILLIS);
        let pending = self.pending.as_ref().map(|pending| pending.until);
        let replaced = self.replaced.iter().map(|replaced| replaced.until);
        [self.ends_at, pending].into_iter().flatten().chain(kept).chain(waits).chain(replaced)
    }

    /// When a secret of it was made.
    fn born(&self, secret: &str) -> i64 {
        let pending = self.pending.as_ref().filter(|pending| pending.secret == secret);
        let pending = pending.map(|pending| pending.made_at);
        pending.or(self.replaced(secret).map(|replaced| replaced.made_at)).unwrap_or(self.made_at)
    }

    fn newest(&self) -> i64 {
        self.pending.as_ref().map_or(self.made_at, |pending| pending.made_at)
    }

    fn is_meant_for(&self, team: usize) -> bool {
        self.teams.as_ref().is_none_or(|teams| teams.contains(&team))
    }

    fn lives_at_most(&self, days: Option<i64>, born: i64) -> bool {
        days.is_none_or(|days| self.ends_at.is_some_and(|end| end <= born + days * DAY_MILLIS))
    }

    fn status(&self, now: i64) -> &'static str {
        match (self.has_ended(now), self.is_off) {
            (true, _) => "expired",
            (false, true) => "inactive",
            (false, false) => "active",
        }
    }

    /// What a new secret changes: one that was never used goes, no overlap grows longer, and none of an older secret is longer
    /// than this one.
    fn rotate(&mut self, mut new: Pending) {
        if let Some(unused) = self.pending.take() {
            new.until = new.until.min(unused.until);
            new.ends_old |= unused.ends_old;
            self.put_away(unused.secret, new.made_at);
        }
        for replaced in &mut self.replaced {
            replaced.until = replaced.until.min(new.until);
        }
        self.end_replaced(new.made_at, false);
        self.pending = Some(new);
    }

    /// Whether there is room for the secret that this one replaces.
    fn has_room(&self, new: &Pending) -> bool {
        let mut rotated = self.clone();
        rotated.rotate(new.clone());
        let keeps = rotated.pending.is_some_and(|new| !new.ends_old && new.until > new.made_at);
        !keeps || rotated.replaced.len() < REPLACED_MAX
    }

    /// What the first use of a secret changes.
    fn take_into_use(&mut self, secret: &str, now: i64) {
        let Some(new) = self.pending.take_if(|pending| pending.secret == secret) else { return };
        let old = std::mem::replace(&mut self.current, new.secret);
        self.replaced.insert(0, Replaced { secret: old, made_at: self.made_at, until: new.until });
        self.made_at = new.made_at;
        self.end_replaced(now, new.ends_old);
    }

    fn end_replaced(&mut self, now: i64, all: bool) {
        let (over, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.replaced).into_iter().partition(|old| all || old.until <= now);
        self.replaced = left;
        for old in over.into_iter().rev() {
            self.put_away(old.secret, now);
        }
    }
}

/// All that decides.
#[derive(Default)]
struct World {
    tokens: Vec<Token>,
    /// Roles by person and team.
    roles: BTreeMap<(usize, usize), &'static str>,
    /// The longest life of tokens in each team, in days.
    days_max: Vec<Option<i64>>,
}

impl World {
    /// What a request must be answered. This is the specification.
    fn decide(&self, token: &Token, secret: &str, route: &Route, team: usize, now: i64) -> Answer {
        let is_usable =
            !(token.is_revoked || token.is_off || token.has_ended(now) || token.range == Some(ELSEWHERE));
        let is_reached = self.reaches(token, team, token.born(secret)) || !route.has_team();
        let role = self.roles.get(&(token.owner, team)).copied().unwrap_or_default();
        match route.needs {
            _ if !(is_usable && token.counts(secret, now)) => INVALID_TOKEN,
            _ if !is_reached => NO_ACCESS,
            Needs::Session => SESSION_REQUIRED,
            Needs::A(permission) if !token.permissions.contains(&permission) => INSUFFICIENT_SCOPE,
            Needs::A(permission) if !may(role, permission) => INSUFFICIENT_ROLE,
            Needs::A(_) | Needs::Nothing => route.passed,
        }
    }

    /// Whether a token gives access to a team, as far as its user has any.
    fn reaches(&self, token: &Token, team: usize, born: i64) -> bool {
        let is_member = self.roles.contains_key(&(token.owner, team));
        let is_let_in = token.lives_at_most(self.days_max[team], born) && !token.blocked.contains(&team);
        is_member && is_let_in && token.is_meant_for(team)
    }

    /// What a use changes: a new secret that is accepted takes the place of the old one; the reuse of an old one switches
    /// a token off whose owner wants that.
    fn used(&mut self, at: usize, secret: &str, answer: Answer, now: i64) {
        let token = &mut self.tokens[at];
        if token.is_wary && !token.is_revoked && token.is_reuse(secret, now) {
            token.is_off = true;
        }
        if answer != INVALID_TOKEN {
            token.take_into_use(secret, now);
        }
    }

    /// Whether a team of its owner allows no such life to a token that is meant for it.
    fn is_too_long(&self, token: &Token) -> bool {
        let teams =
            self.roles.keys().filter(|(person, team)| *person == token.owner && token.is_meant_for(*team));
        teams.into_iter().any(|(_, team)| !token.lives_at_most(self.days_max[*team], token.newest()))
    }

    fn has_name(&self, owner: usize, name: &str) -> bool {
        self.tokens.iter().any(|token| token.owner == owner && !token.is_revoked && token.name == name)
    }

    /// Whether something ends within this time from now.
    fn ends_within(&self, now: i64, millis: i64) -> bool {
        let soon = now..now + millis;
        let mut ends = self.tokens.iter().filter(|token| !token.is_revoked).flat_map(Token::ends);
        ends.any(|end| soon.contains(&end))
    }

    /// What the list of somebody's tokens shows.
    fn list(&self, owner: usize, now: i64) -> Value {
        let tokens = self.tokens.iter().filter(|token| token.owner == owner && !token.is_revoked);
        let shown = |token: &Token| {
            let replaced = token.replaced.iter().filter(|replaced| now < replaced.until).count();
            json!([token.id, token.name, token.status(now), token.pending.is_some(), replaced])
        };
        tokens.map(shown).collect()
    }
}
