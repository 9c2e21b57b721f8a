//! Scans the log backwards, with a budget: along the most selective index, or along several partitions of one
//! at once.

use super::{
    AuditEvent, AuditFilter, Kind,
    item::{BY_EVENT, BY_SUBJECT, BY_TYPE, BY_USER, index_key, kind_event_key, partition},
    merge::{Cursor, Merge, MergeStep, Partition},
};
use base::{
    error::Result,
    id::{AuditId, ObjectTypeId, TeamId, UserId},
    text::fold,
    timestamp::Timestamp,
};
use table::{Condition, Item, ScanBudget, Table, TableQuery, text};

/// The smallest batch that is worth a round trip.
const BATCH_MIN: usize = 10;

/// A scan for the entries that match a filter.
pub(super) struct Scan<'a> {
    activity: &'a Table,
    merge: Merge,
    when: Option<Condition>,
    low: Option<String>,
    high: Option<String>,
    /// The last entry of the page before; it is not returned again.
    after: Option<String>,
    budget: ScanBudget,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        activity: &'a Table,
        team: &TeamId,
        filter: &AuditFilter,
        after: Option<&str>,
        batch: usize,
    ) -> Self {
        let (partitions, conditions) = plan(team, filter);
        // The last entry of the page before is read once more.
        let batch = batch.max(BATCH_MIN) + usize::from(after.is_some());
        let first = |time: Timestamp| AuditId::first_at(time).to_string();
        // No entry has the very first id of a millisecond, so the bound may be inclusive.
        let end = filter.to.map(first);
        Self {
            activity,
            merge: Merge::new(partitions, batch),
            when: (!conditions.is_empty()).then_some(Condition::All(conditions)),
            low: filter.from.map(first),
            high: [end, after.map(str::to_owned)].into_iter().flatten().min(),
            after: after.map(str::to_owned),
            budget: ScanBudget::default(),
        }
    }

    /// The next items, at most `count`, latest first; none at the end, or when the budget is spent.
    pub(super) async fn take(&mut self, count: usize) -> Result<Vec<Item>> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            match self.merge.step() {
                MergeStep::Take(item) => taken.push(item),
                MergeStep::Read(cursor) if self.budget.is_left() => self.fill(cursor).await?,
                MergeStep::Read(_) | MergeStep::End => break,
            }
        }
        Ok(taken)
    }

    /// Where the next scan has to begin; `None` at the end.
    pub(super) fn position(&self) -> Option<String> {
        self.merge.low_watermark().map(str::to_owned)
    }

    /// Whether no item is left.
    pub(super) fn is_over(&self) -> bool {
        self.merge.is_over()
    }

    async fn fill(&mut self, cursor: usize) -> Result<()> {
        let Cursor { partition, next, batch, .. } = &mut self.merge.0[cursor];
        let limit = self.budget.limit(batch);
        let query = match partition {
            Partition::Log(partition) => TableQuery::partition(partition.as_str()),
            Partition::Index((index, attribute), value) => {
                TableQuery::index(*index, attribute, value.as_str())
            }
        };
        let query = query.between("sk", self.low.as_deref(), self.high.as_deref()).latest_first();
        let mut query = query.after(next.take()).limit(limit);
        if let Some(when) = &self.when {
            query = query.filter(when.clone());
        }
        let found = self.activity.query_once(&query).await?;
        self.budget.spend(&found, limit);
        let is_returned = |item: &Item| text(item, "sk") == self.after.as_deref();
        let items = found.items.into_iter().filter(|item| !is_returned(item));
        self.merge.0[cursor].extend(items, found.next);
        Ok(())
    }
}

/// The partitions to scan for a filter, and the conditions that remain to be checked.
fn plan(team: &TeamId, filter: &AuditFilter) -> (Vec<Partition>, Vec<Condition>) {
    let AuditFilter { user, token, event, kind, object_type, subject, from: _, to: _, text } = filter;
    let mut conditions = Vec::new();
    if let Some(token) = token {
        // Entries from before there was this filter are told apart when they are read whole.
        let is_older = Condition::AttributeMissing("q.token".to_owned());
        conditions.push(Condition::Any(vec![Condition::is_text("q.token", token.as_str()), is_older]));
    }
    let mut is = |name: &str, value: Option<&str>| {
        conditions.extend(value.map(|value| Condition::is_text(format!("q.{name}"), value)));
    };
    let index = |index, value: &str| vec![Partition::Index(index, index_key(team, value))];
    let user = user.as_ref().map(UserId::as_str);
    let object_type = object_type.as_ref().map(ObjectTypeId::as_str);
    // The most selective condition chooses the index; the others are filters.
    let partitions = match (subject.as_deref(), user, object_type) {
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
    let partitions = if let Some(partitions) = partitions {
        is("event", event.map(AuditEvent::name));
        is("kind", kind.map(Kind::name));
        partitions
    } else if event.is_some() || kind.is_some() {
        let kinds = Kind::ALL.iter().filter(|one| kind.is_none_or(|kind| kind == **one));
        let keys = kinds.flat_map(|kind| kind.events().iter().map(move |event| (*kind, *event)));
        let keys = keys.filter(|(_, one)| event.is_none_or(|event| event == *one));
        keys.flat_map(|(kind, event)| index(BY_EVENT, &kind_event_key(kind, event))).collect()
    } else {
        vec![Partition::Log(partition(team))]
    };
    if let Some(text) = text {
        conditions.push(Condition::Contains("q.words".to_owned(), fold(text)));
    }
    (partitions, conditions)
}

#[cfg(test)]
mod tests {
    use base::id::TokenId;

    use super::*;

    fn indexes(filter: &AuditFilter) -> (Vec<String>, usize) {
        let team = TeamId::new();
        let (partitions, conditions) = plan(&team, filter);
        let name = |partition: &Partition| match partition {
            Partition::Log(_) => "log".to_owned(),
            Partition::Index((index, _), value) => {
                format!("{index} {}", value.strip_prefix(&format!("{team}#")).unwrap())
            }
        };
        (partitions.iter().map(name).collect(), conditions.len())
    }

    #[test]
    fn the_most_selective_index_is_scanned_and_the_other_conditions_are_filters() {
        let (user, object_type) = (UserId::of_subject("i", "s"), ObjectTypeId::new());
        let none = AuditFilter::default;
        let by_user = AuditFilter { user: Some(user.clone()), ..none() };
        let by_type = AuditFilter { object_type: Some(object_type.clone()), ..none() };
        let all = AuditFilter {
            subject: Some("obj_1".to_owned()),
            event: Some(AuditEvent::Updated),
            kind: Some(Kind::Object),
            text: Some("A".to_owned()),
            object_type: Some(object_type.clone()),
            ..by_user.clone()
        };
        for (filter, index, conditions) in [
            (none(), "log".to_owned(), 0),
            (AuditFilter { text: Some("a".to_owned()), ..none() }, "log".to_owned(), 1),
            (AuditFilter { token: Some(TokenId::new()), ..none() }, "log".to_owned(), 1),
            (AuditFilter { token: Some(TokenId::new()), ..by_user.clone() }, format!("audit_user {user}"), 1),
            (by_user.clone(), format!("audit_user {user}"), 0),
            (
                AuditFilter { object_type: Some(object_type.clone()), ..by_user },
                format!("audit_user {user}"),
                1,
            ),
            (
                AuditFilter { event: Some(AuditEvent::Sent), ..by_type },
                format!("audit_type {object_type}"),
                1,
            ),
            (all, "audit_subject obj_1".to_owned(), 5),
        ] {
            assert_eq!(indexes(&filter), (vec![index], conditions));
        }
    }

    #[test]
    fn an_event_is_looked_for_in_all_that_it_can_happen_to() {
        let by = |kind: Option<Kind>, event: Option<AuditEvent>| {
            indexes(&AuditFilter { event, kind, ..AuditFilter::default() }).0
        };
        assert_eq!(by(Some(Kind::Team), None), ["audit_event team#created", "audit_event team#updated"]);
        assert_eq!(by(None, Some(AuditEvent::Sent)), ["audit_event object#sent"]);
        assert_eq!(
            by(None, Some(AuditEvent::Destroyed)),
            [
                "audit_event object#destroyed",
                "audit_event object-type#destroyed",
                "audit_event webhook#destroyed",
                "audit_event upload#destroyed",
                "audit_event form#destroyed",
                "audit_event view#destroyed",
            ]
        );
        assert_eq!(by(Some(Kind::Webhook), Some(AuditEvent::Rotated)), ["audit_event webhook#rotated"]);
        assert_eq!(by(Some(Kind::Team), Some(AuditEvent::Sent)), [] as [&str; 0]);
    }
}
