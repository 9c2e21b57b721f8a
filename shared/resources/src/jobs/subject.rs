//! What a job is about: a resource of some kind. It is stored as a member of the job, by the name of the kind.

use std::fmt;

use audit::Kind;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap as _,
};

/// What a job is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSubject {
    /// The kind of the resource.
    pub kind: Kind,
    /// Its id.
    pub id: String,
}

impl JobSubject {
    /// The resource of that kind and id.
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// The member of a stored job that names a subject of that kind.
fn member(kind: Kind) -> String {
    kind.name().replace('-', "_")
}

impl Serialize for JobSubject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&member(self.kind), &self.id)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for JobSubject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Member;

        impl<'de> Visitor<'de> for Member {
            type Value = JobSubject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member that names what the job is about")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JobSubject, A::Error> {
                let mut found = None;
                // What stands beside it is of the job.
                while let Some(name) = map.next_key::<String>()? {
                    match Kind::ALL.iter().find(|kind| member(**kind) == name) {
                        Some(kind) => found = Some(JobSubject::new(*kind, map.next_value::<String>()?)),
                        None => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                found.ok_or_else(|| de::Error::custom("a job is about nothing"))
            }
        }

        deserializer.deserialize_map(Member)
    }
}
