//! Walks back through the log: along the index that narrows most, or along several of them at once, and not further
//! than one answer may read.

use super::{
    Event, Kind, Narrowing,
    item::{BY_EVENT, BY_SUBJECT, BY_TYPE, BY_USER, partition, turn, within},
    lanes::{Lane, Lanes, Place, Step},
};
use crate::{
    error::Result,
    id::{AuditId, ObjectTypeId, TeamId, UserId},
    table::{Condition, Item, Table, TableQuery, text},
    text::fold,
    timestamp::Timestamp,
};

/// What one answer may read: so many entries, round trips, and round trips that DynamoDB cut at 1 MB. Each of the three
/// keeps an answer well below the 29 seconds that API Gateway waits.
const READ_MAX: usize = 10_000;
const TRIPS_MAX: usize = 100;
const CUTS_MAX: usize = 25;
/// How much more is read at once each time that what was read did not suffice.
const GROWTH: usize = 4;
/// Less is not worth a round trip.
const BATCH_MIN: usize = 10;

/// A walk.
pub(super) struct Walk<'a> {
    activity: &'a Table,
    lanes: Lanes,
    when: Option<Condition>,
    low: Option<String>,
    high: Option<String>,
    /// The entry behind which it begins; it is not told again.
    after: Option<String>,
    read: usize,
    trips: usize,
    cuts: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        activity: &'a Table,
        team: &TeamId,
        narrowing: &Narrowing,
        after: Option<&str>,
        batch: usize,
    ) -> Self {
        let (places, conditions) = plan(team, narrowing);
        // The entry behind which it begins is read once more.
        let batch = batch.max(BATCH_MIN) + usize::from(after.is_some());
        let first = |time: Timestamp| AuditId::first_at(time).to_string();
        // No id is the first one of a moment, so the end may be read as included.
        let end = narrowing.to.map(first);
        Self {
            activity,
            lanes: Lanes::new(places, batch),
            when: (!conditions.is_empty()).then_some(Condition::All(conditions)),
            low: narrowing.from.map(first),
            high: [end, after.map(str::to_owned)].into_iter().flatten().min(),
            after: after.map(str::to_owned),
            read: 0,
            trips: 0,
            cuts: 0,
        }
    }

    /// The next places, at most so many, the latest first; none at the end, or when enough was read.
    pub(super) async fn take(&mut self, count: usize) -> Result<Vec<Item>> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            match self.lanes.step() {
                Step::Take(place) => taken.push(place),
                Step::Read(lane) if self.may_read() => self.fill(lane).await?,
                Step::Read(_) | Step::End => break,
            }
        }
        Ok(taken)
    }

    /// Where to go on behind all that was taken; `None` at the end.
    pub(super) fn position(&self) -> Option<String> {
        self.lanes.reached().map(str::to_owned)
    }

    /// Whether nothing is left to be taken.
    pub(super) fn is_over(&self) -> bool {
        self.lanes.is_over()
    }

    fn may_read(&self) -> bool {
        self.read < READ_MAX && self.trips < TRIPS_MAX && self.cuts < CUTS_MAX
    }

    async fn fill(&mut self, lane: usize) -> Result<()> {
        let Lane { place, next, batch, .. } = &mut self.lanes.0[lane];
        let limit = (*batch).min(READ_MAX - self.read);
        let query = match place {
            Place::Log(partition) => TableQuery::partition(partition.as_str()),
            Place::Index((index, attribute), value) => TableQuery::index(*index, attribute, value.as_str()),
        };
        let query = query.between("sk", self.low.as_deref(), self.high.as_deref()).latest_first();
        let mut query = query.after(next.take()).limit(limit);
        if let Some(when) = &self.when {
            query = query.filter(when.clone());
        }
        *batch = batch.saturating_mul(GROWTH);
        let found = self.activity.query_once(&query).await?;
        self.trips += 1;
        self.read += found.read;
        self.cuts += usize::from(found.next.is_some() && found.read < limit);
        let is_told = |item: &Item| text(item, "sk") == self.after.as_deref();
        let items = found.items.into_iter().filter(|item| !is_told(item));
        self.lanes.0[lane].extend(items, found.next);
        Ok(())
    }
}

/// Where the entries lie that may be meant, and what else must hold of them.
fn plan(team: &TeamId, narrowing: &Narrowing) -> (Vec<Place>, Vec<Condition>) {
    let Narrowing { user, event, kind, object_type, subject, from: _, to: _, words } = narrowing;
    let mut conditions = Vec::new();
    let mut is = |name: &str, value: Option<&str>| {
        conditions.extend(value.map(|value| Condition::is_text(format!("q.{name}"), value)));
    };
    let index = |index, what: &str| vec![Place::Index(index, within(team, what))];
    let user = user.as_ref().map(UserId::as_str);
    let object_type = object_type.as_ref().map(ObjectTypeId::as_str);
    // What narrows most leads; the rest is compared on the way.
    let places = match (subject.as_deref(), user, object_type) {
        (Some(subject), ..) => {
            is("user", user);
            is("type", object_type);
            Some(index(BY_SUBJECT, subject))
        }
        (None, Some(user), _) => {
            is("type", object_type);
            Some(index(BY_USER, user))
        }
        (None, None, Some(object_type)) => Some(index(BY_TYPE, object_type)),
        (None, None, None) => None,
    };
    let places = if let Some(places) = places {
        is("event", event.map(Event::name));
        is("kind", kind.map(Kind::name));
        places
    } else if event.is_some() || kind.is_some() {
        let kinds = Kind::ALL.iter().filter(|one| kind.is_none_or(|kind| kind == **one));
        let turns = kinds.flat_map(|kind| kind.events().iter().map(move |event| (*kind, *event)));
        let turns = turns.filter(|(_, one)| event.is_none_or(|event| event == *one));
        turns.flat_map(|(kind, event)| index(BY_EVENT, &turn(kind, event))).collect()
    } else {
        vec![Place::Log(partition(team))]
    };
    if let Some(words) = words {
        conditions.push(Condition::Contains("q.words".to_owned(), fold(words)));
    }
    (places, conditions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexes(narrowing: &Narrowing) -> (Vec<String>, usize) {
        let team = TeamId::new();
        let (places, conditions) = plan(&team, narrowing);
        let name = |place: &Place| match place {
            Place::Log(_) => "log".to_owned(),
            Place::Index((index, _), value) => {
                format!("{index} {}", value.strip_prefix(&format!("{team}#")).unwrap())
            }
        };
        (places.iter().map(name).collect(), conditions.len())
    }

    #[test]
    fn what_narrows_most_leads_and_the_rest_is_compared() {
        let (user, object_type) = (UserId::of_subject("i", "s"), ObjectTypeId::new());
        let none = Narrowing::default;
        let by_user = Narrowing { user: Some(user.clone()), ..none() };
        let by_type = Narrowing { object_type: Some(object_type.clone()), ..none() };
        let all = Narrowing {
            subject: Some("obj_1".to_owned()),
            event: Some(Event::Updated),
            kind: Some(Kind::Object),
            words: Some("A".to_owned()),
            object_type: Some(object_type.clone()),
            ..by_user.clone()
        };
        for (narrowing, index, conditions) in [
            (none(), "log".to_owned(), 0),
            (Narrowing { words: Some("a".to_owned()), ..none() }, "log".to_owned(), 1),
            (by_user.clone(), format!("audit_user {user}"), 0),
            (
                Narrowing { object_type: Some(object_type.clone()), ..by_user },
                format!("audit_user {user}"),
                1,
            ),
            (Narrowing { event: Some(Event::Sent), ..by_type }, format!("audit_type {object_type}"), 1),
            (all, "audit_subject obj_1".to_owned(), 5),
        ] {
            assert_eq!(indexes(&narrowing), (vec![index], conditions));
        }
    }

    #[test]
    fn an_event_is_looked_for_in_all_that_it_can_happen_to() {
        let by = |kind: Option<Kind>, event: Option<Event>| {
            indexes(&Narrowing { event, kind, ..Narrowing::default() }).0
        };
        assert_eq!(by(Some(Kind::Team), None), ["audit_event team#created", "audit_event team#updated"]);
        assert_eq!(by(None, Some(Event::Sent)), ["audit_event object#sent"]);
        assert_eq!(
            by(None, Some(Event::Destroyed)),
            [
                "audit_event object#destroyed",
                "audit_event object-type#destroyed",
                "audit_event webhook#destroyed"
            ]
        );
        assert_eq!(by(Some(Kind::Webhook), Some(Event::Rotated)), ["audit_event webhook#rotated"]);
        assert_eq!(by(Some(Kind::Team), Some(Event::Sent)), [] as [&str; 0]);
    }
}
