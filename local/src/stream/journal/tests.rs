//! The index is what the engine uses; what was handled goes, and nothing else.

use std::{env::temp_dir, fs, path::PathBuf};

use super::*;

/// A file that goes with this.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        Self(temp_dir().join(format!("engine-journal-{}.sqlite", Uuid::new_v4())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            drop(fs::remove_file(format!("{}{ending}", self.0.display())));
        }
    }
}

/// Records of two tables, numbered from 1.
fn fill(journal: &Journal, records: usize) {
    for table in ["objects", "identity"] {
        journal
            .storage()
            .conn()
            .execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                 INSERT INTO _stream_records (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
                 SELECT ?1, 'INSERT', '{}', CAST(i AS TEXT), 'shard', 0 FROM n",
                (table, records),
            )
            .unwrap();
    }
}

fn left(journal: &Journal, table: &str) -> (i64, i64) {
    let sql =
        "SELECT COUNT(*), MIN(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1";
    journal.storage().conn().query_row(sql, [table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn a_write_looks_one_record_up_however_many_there_are() {
    let file = File::new();
    let journal = Journal::open(&file.0).unwrap();
    // The statement of the engine, to the letter: another one would need another index.
    let next = "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1";
    let storage = journal.storage();
    let mut plan = storage.conn().prepare(&format!("EXPLAIN QUERY PLAN {next}")).unwrap();
    let steps: Vec<String> =
        plan.query_map(["objects"], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(steps.iter().any(|step| step.contains("engine_stream_records")), "{steps:?}");
    assert!(steps.iter().all(|step| !step.contains("SCAN")), "{steps:?}");
}

#[test]
fn what_was_handled_goes_and_is_remembered() {
    let file = File::new();
    let journal = Journal::open(&file.0).unwrap();
    fill(&journal, 1_000);
    assert_eq!(journal.reached("objects").unwrap(), None);
    let number = |n: usize| format!("1{n:020}");
    journal.note("objects", &number(10)).unwrap();
    assert_eq!((left(&journal, "objects"), left(&journal, "identity")), ((990, 11), (1_000, 1)));
    // A bounded number at once, so that no write waits for long.
    journal.note("objects", &number(900)).unwrap();
    assert_eq!(left(&journal, "objects"), (490, 511));
    journal.note("objects", &number(1_000)).unwrap();
    assert_eq!(left(&journal, "objects"), (1, 1_000), "the engine counts on from the newest");
    drop(journal);
    let journal = Journal::open(&file.0).unwrap();
    assert_eq!(journal.reached("objects").unwrap(), Some(number(1_000)));
    assert_eq!(journal.reached("identity").unwrap(), None);
}

#[test]
fn what_could_not_be_told_is_kept_until_it_is() {
    let file = File::new();
    let journal = Journal::open(&file.0).unwrap();
    journal.park("one").unwrap();
    journal.park("two").unwrap();
    drop(journal);
    let journal = Journal::open(&file.0).unwrap();
    let parked = journal.parked().unwrap();
    assert_eq!(parked.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    journal.unpark(parked[0].0).unwrap();
    assert_eq!(journal.parked().unwrap().len(), 1);
}

#[test]
fn an_engine_in_memory_is_ready_for_use() {
    let database = in_memory().unwrap();
    assert!(database.list_tables(dynoxide::actions::list_tables::ListTablesRequest::default()).is_ok());
}
