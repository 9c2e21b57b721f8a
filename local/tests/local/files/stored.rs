//! What tables and folder hold of uploads.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use base::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use table::{Item, Table, number, text};

use crate::tables;

/// The table with teams, uploads and jobs.
pub(super) struct Workspace(Table);

/// All of a team that counts here.
pub(super) struct Stored {
    /// The uploads as they are stored, by their ids.
    pub(super) uploads: BTreeMap<String, Value>,
    /// What is taken of which quota.
    pub(super) taken: BTreeMap<String, u64>,
    /// How many uploads are counted.
    pub(super) count: u64,
}

/// What lies in the folder of the store.
pub(super) struct Folder {
    /// Keys of files, with the names of these.
    pub(super) objects: BTreeMap<String, String>,
    /// Names of files of parts that were not joined.
    pub(super) parts: Vec<String>,
    /// Names of all files.
    pub(super) files: BTreeSet<String>,
}

impl Workspace {
    pub(super) fn new(dynamodb: &str) -> Self {
        Self(tables::table(dynamodb, "workspace"))
    }

    /// The ids of jobs that nobody has looked at since that moment, though they were due by then.
    pub(super) async fn stalled(&self, since: Timestamp) -> Vec<String> {
        let at = |job: &Item, name| text(job, name).unwrap().parse::<Timestamp>().unwrap();
        let is_stalled = |job: &&Item| at(job, "due").max(at(job, "moved_at")) <= since;
        tables::items(&self.0, "JOBS")
            .await
            .iter()
            .filter(is_stalled)
            .map(|job| text(job, "sk").unwrap().to_owned())
            .collect()
    }

    pub(super) async fn read(&self, team: &str) -> Stored {
        let mut stored = Stored { uploads: BTreeMap::new(), taken: BTreeMap::new(), count: 0 };
        for item in tables::items(&self.0, &format!("TEAM#{team}")).await {
            match text(&item, "sk").unwrap().split_once('#') {
                Some(("UPLOAD", id)) => {
                    let upload = serde_json::from_str(text(&item, "definition").unwrap()).unwrap();
                    stored.uploads.insert(id.to_owned(), upload);
                }
                Some(("QUOTA", what)) => {
                    stored.taken.insert(what.to_owned(), number(&item, "taken").unwrap());
                }
                None if text(&item, "sk") == Some("UPLOADS") => {
                    stored.count = number(&item, "count").unwrap();
                }
                _ => {}
            }
        }
        stored
    }
}

impl Folder {
    /// Reads what a system has left that has ended.
    pub(super) fn read(data: &Path) -> Self {
        let folder = data.join("files");
        let index = Connection::open(folder.join("objects.sqlite")).unwrap();
        let rows = |query: &str| -> Vec<(String, String)> {
            let mut statement = index.prepare(query).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let objects = rows("SELECT key, file FROM objects").into_iter().collect();
        let parts = rows("SELECT upload, file FROM parts").into_iter().map(|(_, file)| file).collect();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let files = fs::read_dir(folder.join("objects")).unwrap().map(name).collect();
        Self { objects, parts, files }
    }
}
