//! Scans for objects that violate a change of a field, before it is made.

use std::time::{Duration, Instant};

use api::Member;
use base::{Code, Error, Fault, Permission, Result, Violation, id::ObjectId};
use records::object_type::{Field, ObjectType, StoredObjectType, values_of, violated_member};
use table::{Condition, Item, TableQuery, text};

use crate::store::Store;

/// How long a request scans: of very many objects not all are seen, and the migration finds the rest.
const SCAN_TIME_MAX: Duration = Duration::from_secs(10);
/// Objects that are read together.
const BATCH: usize = 1_000;

/// The violating objects that were found.
struct Found {
    count: u64,
    /// The first of them, and the member of the field that it violates.
    first: (ObjectId, &'static str),
}

impl Store {
    /// Refuses a change of a field that existing objects violate. Callers who may not read objects make no such
    /// change at all: a condition on a field would probe its value, and the answer would reveal it.
    ///
    /// # Errors
    /// 403 whatever the objects hold, or 409 with the number of those that violate the field, and one of them.
    pub(crate) async fn refuse_if_violated(
        &self,
        by: &Member,
        (stored, object_type): (&StoredObjectType, &ObjectType),
        field: &Field,
    ) -> Result<()> {
        by.needs(&[Permission::ObjectRead])?;
        let (mut found, mut next, started) = (None, None, Instant::now());
        loop {
            let live = Condition::AttributeMissing("trashed_at".into())
                .and(Condition::AttributeMissing("destroyed".into()));
            let query = TableQuery::partition(stored.partition()).filter(live).after(next).limit(BATCH);
            let batch = self.objects.query_once(&query).await?;
            for item in &batch.items {
                tally(&mut found, item, object_type, field);
            }
            next = batch.next;
            if next.is_none() || started.elapsed() > SCAN_TIME_MAX {
                return found.map_or(Ok(()), |found| Err(refusal(&found, next.is_none())));
            }
        }
    }
}

fn tally(found: &mut Option<Found>, item: &Item, object_type: &ObjectType, field: &Field) {
    let Some(id) = text(item, "sk").and_then(ObjectId::parse) else { return };
    if let Some(member) = violated_member(object_type, field, &values_of(item)) {
        found.get_or_insert(Found { count: 0, first: (id, member) }).count += 1;
    }
}

fn refusal(found: &Found, is_whole: bool) -> Error {
    let (count, (example, member)) = (found.count, &found.first);
    let told = match (is_whole, count) {
        (true, 1) => format!("1 object contradicts this, such as {example}"),
        (true, _) => format!("{count} objects contradict this, such as {example}"),
        (false, _) => format!("At least {count} objects contradict this, such as {example}"),
    };
    let detail = format!("{told}: change what they hold first.");
    let fault = Fault::new(format!("/{member}"), Violation::Contradicted, &*detail);
    Error::new(Code::Contradicted, detail).with_faults(vec![fault])
}
