//! What S3 tells the function: the keys of files that were sent.

use serde::{Deserialize, Serialize};

/// A notification of S3 that objects were created.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Event {
    /// One record for each.
    #[serde(rename = "Records", default)]
    pub records: Vec<Record>,
}

/// An object that was created.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    s3: Place,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Place {
    object: Object,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Object {
    key: String,
}

impl Event {
    /// The notification about one object.
    pub fn of(key: &str) -> Self {
        Self { records: vec![Record { s3: Place { object: Object { key: key.to_owned() } } }] }
    }
}

impl Record {
    /// The key. Keys of uploads have no character that S3 would encode.
    pub fn key(&self) -> &str {
        &self.s3.object.key
    }
}
