//! Ids: opaque, prefixed, sorted by creation. Each kind has a type of its own.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeOwned},
};
use sha2::{Digest as _, Sha256};

use crate::{base62, timestamp::Timestamp};

/// Bits of an id behind those that say when it was made.
const TAIL_BITS: u32 = 80;

/// An id of whatever kind.
pub trait Id:
    Clone
    + fmt::Debug
    + fmt::Display
    + PartialEq
    + Serialize
    + DeserializeOwned
    + JsonSchema
    + Send
    + Sync
    + 'static
{
    /// A new id.
    fn new() -> Self;
    /// The id, if the text has the form of one.
    fn parse(text: &str) -> Option<Self>;
    /// The whole id.
    fn as_str(&self) -> &str;
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident = $prefix:literal;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &str = $prefix;

            /// A new id: a UUID version 7 (RFC 9562), so that ids sort by creation.
            #[expect(clippy::new_without_default, reason = "two new ids are never equal, so there is no default one")]
            pub fn new() -> Self {
                Self::from_suffix(&base62::encode(uuid::Uuid::now_v7().as_u128(), base62::WIDTH_128))
            }

            /// The id with that part behind the prefix.
            pub fn from_suffix(part: &str) -> Self {
                Self(format!("{}{part}", Self::PREFIX))
            }

            /// The id, if the text has the form of one.
            pub fn parse(text: &str) -> Option<Self> {
                let part = text.strip_prefix(Self::PREFIX)?;
                (part.len() == base62::WIDTH_128 && base62::is_valid(part)).then(|| Self(text.to_owned()))
            }

            /// The suffix behind the prefix: 22 base-62 digits.
            pub fn suffix(&self) -> &str {
                &self.0[Self::PREFIX.len()..]
            }

            /// The whole id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Id for $name {
            fn new() -> Self {
                Self::new()
            }

            fn parse(text: &str) -> Option<Self> {
                Self::parse(text)
            }

            fn as_str(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| de::Error::custom(concat!("an id of this kind begins with ", $prefix, " and has 22 letters or digits behind")))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": concat!("^", $prefix, "[0-9A-Za-z]{22}$")})
            }
        }
    )+ };
}

ids! {
    /// A person.
    UserId = "usr_";
    /// A team.
    TeamId = "team_";
    /// A personal access token.
    TokenId = "tok_";
    /// An object type.
    ObjectTypeId = "type_";
    /// An object.
    ObjectId = "obj_";
    /// A piece of work behind requests.
    JobId = "job_";
    /// An invitation to a team.
    InvitationId = "inv_";
    /// A webhook.
    WebhookId = "whk_";
    /// Something that webhooks are told of.
    EventId = "evt_";
    /// The way of one event to one webhook.
    DeliveryId = "dlv_";
    /// A file that somebody has sent.
    UploadId = "upl_";
    /// A view of objects.
    ViewId = "view_";
    /// An entry of a team's audit log.
    AuditId = "aud_";
    /// A form.
    FormId = "form_";
    /// What somebody has sent with a form.
    SubmissionId = "sub_";
}

/// Deterministic ids, which follow from what they stand for: whoever makes one again makes the same.
macro_rules! deterministic_ids {
    ($($name:ident)+) => { $(
        impl $name {
            /// The id of what happened at that moment and is told from all else by these texts.
            pub fn deterministic(time: Timestamp, from: &[&str]) -> Self {
                Self::from_suffix(&dated(time, digest(from) >> (u128::BITS - TAIL_BITS)))
            }

            /// Where the ids of that moment begin. It is nobody's.
            pub fn first_at(time: Timestamp) -> Self {
                Self::from_suffix(&dated(time, 0))
            }
        }
    )+ };
}

deterministic_ids! { EventId DeliveryId AuditId SubmissionId }

/// Ids that tell when they were made by the clock that the thing is dated by.
macro_rules! dated_ids {
    ($($name:ident)+) => { $(
        impl $name {
            /// A new id of that moment: like one that is new now, but by the clock that the thing is dated by, so that each
            /// tells the other.
            pub fn at(time: Timestamp) -> Self {
                Self::from_suffix(&dated(time, uuid::Uuid::now_v7().as_u128() & (u128::MAX >> (u128::BITS - TAIL_BITS))))
            }

            /// Where the ids of that moment begin. It is nobody's.
            pub fn first_at(time: Timestamp) -> Self {
                Self::from_suffix(&dated(time, 0))
            }
        }
    )+ };
}

dated_ids! { ObjectId InvitationId }

/// The part of an id that tells the moment first.
fn dated(time: Timestamp, tail: u128) -> String {
    let millis = u128::try_from(time.millis()).unwrap_or_default();
    base62::encode(millis << TAIL_BITS | tail, base62::WIDTH_128)
}

/// The first bits of a hash of texts, none of which can pass for a part of another.
fn digest(texts: &[&str]) -> u128 {
    let digest =
        texts.iter().fold(Sha256::new(), |hash, text| hash.chain_update(text).chain_update([0])).finalize();
    digest[..16].iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte))
}

impl UserId {
    /// The id of the person whom an issuer calls `subject` (OpenID Connect Core 1.0, section 2: the pair is unique and
    /// never reassigned). Derived, not looked up: a session is decided with no read that a token would not need either.
    pub fn of_subject(issuer: &str, subject: &str) -> Self {
        let digest = Sha256::new().chain_update(issuer).chain_update([0]).chain_update(subject).finalize();
        let number = digest[..16].iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        Self::from_suffix(&base62::encode(number, base62::WIDTH_128))
    }
}

impl ObjectId {
    /// The id of what was made at that moment and is told from all else by these texts: whoever makes it again makes the
    /// same.
    pub fn deterministic(time: Timestamp, from: &[&str]) -> Self {
        Self::from_suffix(&dated(time, digest(from) >> (u128::BITS - TAIL_BITS)))
    }

    /// When it was made; `None` for what only looks like an id.
    pub fn made_at(&self) -> Option<Timestamp> {
        let number = base62::decode(self.suffix())?;
        Timestamp::from_millis(i64::try_from(number >> TAIL_BITS).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_creation() {
        let ids: Vec<_> = (0..1_000).map(|_| ObjectId::new()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        let time = |millis| Timestamp::from_millis(millis).unwrap();
        for millis in [0, 1, 1_795_000_000_123, 253_402_300_799_999] {
            let ids = [ObjectId::at(time(millis)), ObjectId::at(time(millis))];
            assert_ne!(ids[0], ids[1]);
            assert!(ids.iter().all(|id| id.made_at() == Some(time(millis))), "{millis}");
            assert!(ids.iter().all(|id| *id > ObjectId::first_at(time(millis))), "{millis}");
        }
        assert!(ObjectId::at(time(1)) < ObjectId::first_at(time(2)));
        assert_eq!(ObjectId::parse("obj_zzzzzzzzzzzzzzzzzzzzzz").unwrap().made_at(), None);
    }

    #[test]
    fn a_derived_id_is_the_same_each_time_and_sorts_by_its_moment() {
        let time = |millis| Timestamp::from_millis(millis).unwrap();
        let id = |millis, from: &[&str]| EventId::deterministic(time(millis), from);
        assert_eq!(id(5, &["a", "b"]), id(5, &["a", "b"]));
        let others = [id(5, &["ab"]), id(5, &["a", "c"]), id(5, &["a"]), id(6, &["a", "b"])];
        assert!(others.iter().all(|other| *other != id(5, &["a", "b"])));
        assert!(id(5, &["z"]) < id(6, &["a"]) && EventId::first_at(time(5)) < id(5, &["a"]));
    }

    #[test]
    fn only_the_exact_form_is_an_id() {
        let id = TeamId::new();
        assert_eq!(TeamId::parse(id.as_str()), Some(id.clone()));
        for text in
            ["", "team_", "tok_0000000000000000000000", "team_000000000000000000000é", &format!("{id}0")]
        {
            assert_eq!(TeamId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_subject_has_one_id_per_issuer() {
        assert_eq!(UserId::of_subject("i", "s"), UserId::of_subject("i", "s"));
        assert_ne!(UserId::of_subject("i", "s"), UserId::of_subject("is", ""));
    }
}
