//! Objects that contradict a change, looked for before it is made.

use std::time::{Duration, Instant};

use shared::{
    Code, Error, Fault, Member, Permission, Result, Violation,
    id::ObjectId,
    object_type::{Field, ObjectType, StoredObjectType, contradicted, values_of},
    table::{Item, Query, When, text},
};

use crate::store::Store;

/// How long a request looks for objects: of very many not all are seen, and the job finds the rest.
const LOOK_FOR: Duration = Duration::from_secs(10);
/// Objects that are read together.
const BATCH: usize = 1_000;

/// What was found.
struct Found {
    count: u64,
    /// The first of them, and the member of the field that it contradicts.
    first: (ObjectId, &'static str),
}

impl Store {
    /// Refuses a change of a field that objects contradict. Who may not read objects makes none that they may contradict: a
    /// condition on a field would ask for its value, and the answer would tell.
    ///
    /// # Errors
    /// 403 whatever the objects hold, or 409 with the number of those that contradict, and one of them.
    pub(crate) async fn refuse_contradicted(
        &self,
        by: &Member,
        (stored, object_type): (&StoredObjectType, &ObjectType),
        field: &Field,
    ) -> Result<()> {
        by.needs(&[Permission::ObjectRead])?;
        let (mut found, mut next, begun) = (None, None, Instant::now());
        loop {
            let live = When::Unset("trashed_at".into()).and(When::Unset("destroyed".into()));
            let query = Query::partition(stored.partition()).filter(live).after(next).limit(BATCH);
            let batch = self.objects.query_once(&query).await?;
            for item in &batch.items {
                note(&mut found, item, object_type, field);
            }
            next = batch.next;
            if next.is_none() || begun.elapsed() > LOOK_FOR {
                return found.map_or(Ok(()), |found| Err(refusal(&found, next.is_none())));
            }
        }
    }
}

fn note(found: &mut Option<Found>, item: &Item, object_type: &ObjectType, field: &Field) {
    let Some(id) = text(item, "sk").and_then(ObjectId::parse) else { return };
    if let Some(member) = contradicted(object_type, field, &values_of(item)) {
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
