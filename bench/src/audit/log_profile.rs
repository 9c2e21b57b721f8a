//! What a log is made of: which entry lies how far behind the latest, in the same way however long the log is.

use anyhow::Context as _;
use audit::{ActorToken, ActorView, AuditEntry, AuditEvent, AuditSubject, FieldChange, Kind, SubjectType};
use base::{
    Timestamp,
    actor::Source,
    id::{AuditId, ObjectId, ObjectTypeId, TeamId, TokenId, UserId},
};

/// After so many entries it begins again, with other things: the latest thousand of a million are, but for the ids, the
/// thousand of a thousand, so that a page costs the same in both unless the log does it otherwise.
pub(super) const PERIOD: usize = 1_000;
/// Things of a period. To each happens as much in all, spread over the whole log.
const THINGS: usize = 50;
/// What happens to a thing in all.
pub(super) const LIFE: usize = PERIOD / THINGS;
/// The last of the things that is an object.
const LAST_OBJECT: usize = 44;
/// Turns of the last object in which it may be destroyed: none of those that a page of anything else shows.
const RARE_TURNS: [usize; 10] = [6, 7, 8, 9, 12, 13, 14, 15, 16, 17];
/// One entry in so many tells of a destruction, but in the shortest log a page of them does.
const RARE: usize = 10_000;

const USERS: usize = 50;
const TYPES: usize = 20;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
/// The log goes back so far: the first entries end tomorrow.
const DAYS: i64 = 89;

const FIELDS: [(&str, &str); 5] = [
    ("email", "E-mail"),
    ("name", "Full name"),
    ("state", "State"),
    ("amount", "Amount"),
    ("notes", "Notes of the last call"),
];
/// Every other object is called by the first.
const NAMES: [&str; 2] = ["Ada Lovelace", "Max Mustermann"];
/// What every other object is found by.
pub(super) const WORD: &str = "lovelace";

/// A log of a team.
pub(super) struct LogProfile {
    pub(super) size: usize,
    pub(super) team: TeamId,
    /// An object that is there, whose history can be asked for.
    pub(super) object: ObjectId,
    end: Timestamp,
    people: Vec<ActorView>,
    types: Vec<SubjectType>,
}

/// The one of whom much is told, by the token of a service.
pub(super) const BUSY: usize = 0;
/// The one who destroys.
const DESTROYER: usize = 7;

impl LogProfile {
    /// Of so many entries before that moment.
    pub(super) fn new(
        (size, end): (usize, Timestamp),
        (team, owner): (TeamId, UserId),
        (object_type, object): (ObjectTypeId, ObjectId),
    ) -> anyhow::Result<Self> {
        let people = (0..USERS).map(|number| person(number, &owner)).collect::<Option<_>>();
        let of_type = |number| {
            let id = match number {
                0 => object_type.clone(),
                _ => ObjectTypeId::parse(&id(ObjectTypeId::PREFIX, number))?,
            };
            Some(SubjectType { id, slug: format!("contacts-{number:02}") })
        };
        let types = (0..TYPES).map(of_type).collect::<Option<_>>();
        let (people, types) = people.zip(types).context("an id of the benchmark is none")?;
        Ok(Self { size, team, object, end, people, types })
    }

    /// The id of a person.
    pub(super) fn user(&self, number: usize) -> String {
        self.people[number].user_id.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// The id of the type that most objects have.
    pub(super) fn main_type(&self) -> String {
        self.types[0].id.to_string()
    }

    /// When that happened which lies so many entries behind the latest.
    pub(super) fn time(&self, age: usize) -> anyhow::Result<Timestamp> {
        let step = DAYS * DAY_MILLIS / i64::try_from(self.size)?;
        let before = step * i64::try_from(age + 1)?;
        Timestamp::from_millis(self.end.millis() - before).context("the log is too long")
    }

    /// An age in the middle of the log and of a period.
    pub(super) fn middle(&self) -> usize {
        self.size / 2 / PERIOD * PERIOD + PERIOD / 2
    }

    /// The entry that lies so many behind the latest.
    pub(super) fn entry(&self, age: usize) -> anyhow::Result<AuditEntry> {
        let (period, place) = (age / PERIOD, age % PERIOD);
        let (thing, turn) = (place % THINGS, place / THINGS);
        // What happens to one thing lies an equal way apart. Of those that the log begins in the middle of, it tells
        // the first part last: nobody reads it for the sense.
        let periods = self.size / PERIOD;
        let number = thing + THINGS * ((period + periods - turn * periods / LIFE) % periods);
        let kind = kind(thing, turn);
        let event =
            if self.is_rare(period, (thing, turn)) { AuditEvent::Destroyed } else { event(thing, turn) };
        let at = self.time(age)?;
        Ok(AuditEntry {
            id: AuditId::deterministic(at, &["bench", &age.to_string()]),
            event,
            at,
            actor: self.people[actor(place)].clone(),
            subject: self.subject(kind, thing, number),
            fields: fields(event, turn),
            reason: None,
            refusals: None,
            request_id: Some(format!("{age:08x}-6f1e-4c52-9d7a-{place:012x}")),
        })
    }

    fn subject(&self, kind: Kind, thing: usize, number: usize) -> AuditSubject {
        let name = NAMES[thing % NAMES.len()];
        let (id, of_type) = match kind {
            Kind::Object if number == 0 => (self.object.to_string(), Some(type_of(thing))),
            Kind::Object => (id(ObjectId::PREFIX, number), Some(type_of(thing))),
            Kind::ObjectType => (self.types[number % TYPES].id.to_string(), Some(number % TYPES)),
            Kind::Team => (self.team.to_string(), None),
            Kind::Member => (self.user(number % USERS), None),
            Kind::Invitation => (id("inv_", number), None),
            Kind::Token => (id(TokenId::PREFIX, number), None),
            Kind::Upload => (id("upl_", number), None),
            Kind::View => (id("view_", number), None),
            Kind::Webhook => (id("whk_", number), None),
            Kind::Form => (id("form_", number), None),
        };
        let of_type = of_type.map(|number| self.types[number].clone());
        AuditSubject { kind, id, label: format!("{name} {number:08}"), of_type }
    }

    /// Whether it is one of the few that tell of a destruction, which lie evenly in the whole log.
    fn is_rare(&self, period: usize, (thing, turn): (usize, usize)) -> bool {
        let Some(at) = RARE_TURNS.iter().position(|rare| thing == LAST_OBJECT && *rare == turn) else {
            return false;
        };
        let all = RARE_TURNS.len() * self.size / PERIOD;
        let rare = (self.size / RARE).max(RARE_TURNS.len());
        (period * RARE_TURNS.len() + at).is_multiple_of(all / rare)
    }
}

/// The id of an object to which something has happened up to the last period.
pub(super) fn neighbour() -> String {
    id(ObjectId::PREFIX, 1)
}

/// What sort of thing has what happens to it in this turn, the last one being 0.
fn kind(thing: usize, turn: usize) -> Kind {
    match thing {
        45 => Kind::ObjectType,
        46 => Kind::Webhook,
        47 => Kind::Token,
        48 => Kind::Member,
        49 if turn < LIFE / 2 => Kind::Team,
        49 => Kind::Invitation,
        _ => Kind::Object,
    }
}

/// What happens to it. Of each sort of thing a page is updated in each period, and of objects a page is everything, so
/// that no place in which a page looks is shorter in a short log.
fn event(thing: usize, turn: usize) -> AuditEvent {
    match (kind(thing, turn), turn) {
        (Kind::Object, _) if thing == LAST_OBJECT => AuditEvent::Deleted,
        (Kind::Object, 3) if thing.is_multiple_of(4) => AuditEvent::Deleted,
        (Kind::Object, 2) if thing.is_multiple_of(4) => AuditEvent::Restored,
        (Kind::Object, 5) if thing.is_multiple_of(2) => AuditEvent::Sent,
        (Kind::Webhook | Kind::Token, 4 | 8) => AuditEvent::Deactivated,
        (Kind::Webhook | Kind::Token, 3 | 7) => AuditEvent::Activated,
        (Kind::Webhook | Kind::Token, 12) => AuditEvent::Rotated,
        (Kind::Token, 11) => AuditEvent::Confirmed,
        (Kind::Member, 16..) => AuditEvent::Joined,
        (Kind::Member, 0..4) => AuditEvent::Removed,
        (Kind::Team, _) => AuditEvent::Updated,
        (Kind::Invitation, _) | (_, 19) => AuditEvent::Created,
        _ => AuditEvent::Updated,
    }
}

/// The number of an object's type: almost half of all have the same.
fn type_of(thing: usize) -> usize {
    if thing < THINGS / 2 - 3 { 0 } else { 1 + thing % (TYPES - 1) }
}

/// The number of whoever did it: of three in ten it is one.
fn actor(place: usize) -> usize {
    if place % THINGS == LAST_OBJECT {
        DESTROYER
    } else if place * 7 % 10 < 3 {
        BUSY
    } else {
        1 + place % (USERS - 1)
    }
}

fn person(number: usize, owner: &UserId) -> Option<ActorView> {
    let user = if number == BUSY { owner.clone() } else { UserId::of_subject("bench", &number.to_string()) };
    let is_service = number == BUSY;
    let token = if is_service { Some(TokenId::parse(&id(TokenId::PREFIX, 1))?) } else { None };
    Some(ActorView {
        user_id: Some(user),
        name: Some(format!("Grace Hopper the {number:02}th")),
        email: Some(format!("grace.hopper.{number:02}@bench.example")),
        token: token.map(|id| ActorToken { id, name: Some("Zapier of the office".to_owned()) }),
        form: None,
        ip: Some(format!("203.0.113.1{number:02}")),
        source: Some(if is_service { Source::Api } else { Source::App }),
    })
}

fn fields(event: AuditEvent, turn: usize) -> Vec<FieldChange> {
    let count = match event {
        AuditEvent::Created | AuditEvent::Destroyed => FIELDS.len(),
        AuditEvent::Updated => 1 + turn % FIELDS.len(),
        _ => 0,
    };
    let value = |label: &str, edition: usize| format!("{label} as it was in the edition number {edition:02}");
    let change = |(slug, label): &(&str, &str)| {
        let old = (event != AuditEvent::Created).then(|| value(label, LIFE - turn));
        let new = (event != AuditEvent::Destroyed).then(|| value(label, LIFE - turn + 1));
        FieldChange::new(*slug, *label).values(old.as_ref(), new.as_ref())
    };
    FIELDS[..count].iter().map(change).collect()
}

/// An id of the benchmark, as long as any.
fn id(prefix: &str, number: usize) -> String {
    format!("{prefix}{number:022}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn profile(size: usize) -> LogProfile {
        let end = Timestamp::from_millis(1_795_000_000_000).unwrap();
        let team = TeamId::parse(&id(TeamId::PREFIX, 1)).unwrap();
        let objects = (ObjectTypeId::parse(&id(ObjectTypeId::PREFIX, 0)).unwrap(), ObjectId::first_at(end));
        LogProfile::new((size, end), (team, UserId::of_subject("i", "s")), objects).unwrap()
    }

    fn entries(size: usize) -> Vec<AuditEntry> {
        let profile = profile(size);
        (0..size).map(|age| profile.entry(age).unwrap()).collect()
    }

    #[test]
    fn only_what_can_happen_to_a_thing_happens_and_to_each_object_as_much() {
        let mut lives: HashMap<String, usize> = HashMap::new();
        for entry in entries(20 * PERIOD) {
            let (kind, event) = (entry.subject.kind, entry.event);
            assert!(kind.events().contains(&event), "{kind:?} {event:?}");
            if kind == Kind::Object {
                *lives.entry(entry.subject.id).or_default() += 1;
            }
        }
        assert_eq!(lives.len(), 20 * (LAST_OBJECT + 1));
        assert!(lives.values().all(|count| *count == LIFE));
        assert_eq!(lives.get(&neighbour()), Some(&LIFE));
    }

    #[test]
    fn the_latest_entries_are_alike_in_all_logs_but_for_the_rare_ones() {
        let alike = |entry: &AuditEntry| {
            let (user, kind) = (entry.actor.user_id.clone(), entry.subject.kind);
            let of_type = entry.subject.of_type.as_ref().map(|of_type| of_type.id.clone());
            let length = serde_json::to_string(entry).unwrap().len();
            (user, kind, (kind != Kind::ObjectType).then_some(of_type), (entry.event, length))
        };
        let [short, long] = [PERIOD, 20 * PERIOD].map(entries);
        let others = short.iter().zip(&long).filter(|(one, other)| alike(one) != alike(other));
        let rare: Vec<_> = others.map(|(one, _)| one.event).collect();
        assert_eq!(rare, [AuditEvent::Destroyed; RARE_TURNS.len() - 1]);
    }

    #[test]
    fn rare_is_one_in_ten_thousand_and_ten_at_least() {
        let rare = |size: usize| {
            let profile = profile(size);
            (0..size).filter(|age| profile.entry(*age).unwrap().event == AuditEvent::Destroyed).count()
        };
        assert_eq!([PERIOD, 20 * PERIOD, 200 * PERIOD].map(rare), [10, 10, 20]);
    }

    #[test]
    fn entries_lie_in_order_within_the_time_that_they_are_kept() {
        let entries = entries(PERIOD);
        assert!(entries.is_sorted_by(|one, next| one.id > next.id && one.at > next.at));
        let first = entries.last().map_or(0, |entry| entry.at.millis());
        assert_eq!((1_795_000_000_000 - first) / DAY_MILLIS, DAYS);
    }
}
