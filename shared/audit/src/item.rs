//! How an entry is stored: in the partition of its team, sorted by id, and in an index for each attribute that
//! it can be found by.

use std::collections::HashMap;

use anyhow::Context as _;

use super::{AuditEntry, AuditEvent, Kind, Refusals};
use base::{
    error::Result,
    id::{AuditId, TeamId},
    text::fold,
    timestamp::Timestamp,
};
use table::{AttributeValue, Item, Key, number, text};

/// The default retention of entries, unless the team has set its own.
pub const KEEP_DAYS: u32 = 90;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Each text that an entry can be searched by is cut to this length, so that an entry in an index costs one
/// write unit.
const SEARCH_TERM_BYTES_MAX: usize = 100;

/// The token in `q` when none was used: entries that were stored before tokens were in it have nothing there.
const NO_TOKEN: &str = "none";

/// The indexes, each with its partition key attribute: by user, by subject, by object type, and by kind and
/// event.
pub(super) const BY_USER: (&str, &str) = ("audit_user", "au");
pub(super) const BY_SUBJECT: (&str, &str) = ("audit_subject", "as");
pub(super) const BY_TYPE: (&str, &str) = ("audit_type", "ao");
pub(super) const BY_EVENT: (&str, &str) = ("audit_event", "ae");

/// The prefix of the attributes that count refusals, each followed by a reason.
pub(super) const REASON_PREFIX: &str = "why_";

/// When an entry expires, in seconds since 1970.
pub fn expires(at: Timestamp, days: u32) -> i64 {
    at.seconds() + i64::from(days) * DAY_SECONDS
}

/// The partition of all entries of a team.
pub(super) fn partition(team: &TeamId) -> String {
    format!("AUDIT#{team}")
}

/// The key of an entry.
pub(super) fn key(team: &TeamId, id: &AuditId) -> Key {
    Key::new(partition(team), id.as_str())
}

/// The partition key of a value in an index, which begins with the team.
pub(super) fn index_key(team: &TeamId, value: &str) -> String {
    format!("{team}#{value}")
}

/// The value of kind and event in their index.
pub(super) fn kind_event_key(kind: Kind, event: AuditEvent) -> String {
    format!("{}#{}", kind.name(), event.name())
}

impl AuditEntry {
    /// The attributes of the item: the entry as one JSON text, as DynamoDB would round the numbers in it, and
    /// those for the indexes.
    pub(super) fn to_item(&self, team: &TeamId, expires: i64) -> Result<Item> {
        let entry = serde_json::to_string(self).map_err(anyhow::Error::from)?;
        let mut item: Item = self.index_attributes(team).collect();
        item.insert("entry".to_owned(), AttributeValue::S(entry));
        item.insert("expires".to_owned(), AttributeValue::N(expires.to_string()));
        Ok(item)
    }

    /// The partition keys in the indexes, and `q`, which the indexes project, to filter by.
    pub(super) fn index_attributes(&self, team: &TeamId) -> impl Iterator<Item = (String, AttributeValue)> {
        let of_type = self.subject.of_type.as_ref().map(|of_type| of_type.id.to_string());
        let user = self.actor.user_id.as_ref().map(ToString::to_string);
        let (kind, event) = (self.subject.kind, self.event);
        let keys = [
            (BY_USER, user.clone()),
            (BY_SUBJECT, Some(self.subject.id.clone())),
            (BY_TYPE, of_type.clone()),
            (BY_EVENT, Some(kind_event_key(kind, event))),
        ];
        let q = [
            ("user", user),
            ("event", Some(event.name().to_owned())),
            ("kind", Some(kind.name().to_owned())),
            ("type", of_type),
            ("subject", Some(self.subject.id.clone())),
            (
                "token",
                Some(self.actor.token.as_ref().map_or(NO_TOKEN.to_owned(), |token| token.id.to_string())),
            ),
            ("words", Some(self.search_text())),
        ];
        let q: HashMap<_, _> = q
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), AttributeValue::S(text?))))
            .collect();
        let key = |((_, attribute), value): ((&str, &str), Option<String>)| {
            Some((attribute.to_owned(), AttributeValue::S(index_key(team, &value?))))
        };
        let keys: Vec<_> = keys.into_iter().filter_map(key).collect();
        keys.into_iter().chain([("q".to_owned(), AttributeValue::M(q))])
    }

    /// The text that a search looks through, case-folded: the names of the subject, the person, the token and
    /// the type.
    fn search_text(&self) -> String {
        let token = self.actor.token.as_ref().and_then(|token| token.name.as_ref());
        let slug = self.subject.of_type.as_ref().map(|of_type| &of_type.slug);
        let (name, email) = (self.actor.name.as_ref(), self.actor.email.as_ref());
        let terms = [Some(&self.subject.label), name, email, token, slug];
        // Each is cut by itself, so that a long one does not push out the others.
        let cut = |term: &String| {
            let mut term = fold(term);
            term.truncate(term.floor_char_boundary(SEARCH_TERM_BYTES_MAX));
            term
        };
        terms.into_iter().flatten().map(cut).collect::<Vec<_>>().join("\n")
    }

    /// The entry of an item.
    pub(super) fn from_item(item: &Item) -> Result<Self> {
        let entry = text(item, "entry").context("a stored entry has no text")?;
        let entry: Self = serde_json::from_str(entry).context("reading a stored entry")?;
        Ok(Self { refusals: Refusals::of(item), ..entry })
    }
}

impl Refusals {
    /// The counts of an item; none if it has no counts.
    fn of(item: &Item) -> Option<Self> {
        let reason =
            |name: &String| Some((name.strip_prefix(REASON_PREFIX)?.to_owned(), number(item, name)?));
        Some(Self {
            count: number(item, "count")?,
            reasons: item.keys().filter_map(reason).collect(),
            last_at: text(item, "last_at").and_then(|at| at.parse().ok()),
        })
    }
}

/// Whether an entry has not expired. DynamoDB removes expired ones some time later.
pub(super) fn is_kept(item: &Item, now: Timestamp) -> bool {
    number(item, "expires").and_then(|end| i64::try_from(end).ok()).is_none_or(|end| end > now.seconds())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn entry(label: &str) -> AuditEntry {
        let json = json!({
            "id": AuditId::deterministic(Timestamp::from_millis(5).unwrap(), &[label]), "event": "updated",
            "at": "2026-11-24T00:00:00.000Z",
            "actor": {"user_id": "usr_0000000000000000000001", "name": "Ada", "email": "Ada@Example.com", "source": "api",
                "token": {"id": "tok_0000000000000000000001", "name": "Zapier"}, "ip": "192.0.2.1"},
            "subject": {"kind": "object", "id": "obj_0000000000000000000001", "label": label,
                "type": {"id": "type_0000000000000000000001", "slug": "contacts"}},
            "fields": [{"slug": "n", "label": "N", "old": null, "new": 1}],
            "request_id": "r",
        });
        let text = json.to_string().replace("\"new\":1", "\"new\":1.50");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_entry_is_kept_exactly_and_found_by_all_it_is_about() {
        let (team, entry) = (TeamId::new(), entry("STRASSE"));
        let item = entry.to_item(&team, 7).unwrap();
        let read = AuditEntry::from_item(&item).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), serde_json::to_string(&entry).unwrap());
        assert_eq!(read.fields[0].new.as_ref().unwrap().get(), "1.50");
        for (attribute, what) in [
            ("au", "usr_0000000000000000000001"),
            ("as", "obj_0000000000000000000001"),
            ("ao", "type_0000000000000000000001"),
            ("ae", "object#updated"),
        ] {
            assert_eq!(text(&item, attribute), Some(format!("{team}#{what}").as_str()));
        }
        let q = item["q"].as_m().unwrap();
        assert_eq!(text(q, "words"), Some("strasse\nada\nada@example.com\nzapier\ncontacts"));
        assert!(is_kept(&item, Timestamp::from_millis(6_999).unwrap()));
        assert!(!is_kept(&item, Timestamp::from_millis(7_000).unwrap()));
    }

    #[test]
    fn a_place_in_an_index_costs_one_write_unit_however_long_the_label_is() {
        let item = entry(&"ü".repeat(1_000)).to_item(&TeamId::new(), 7).unwrap();
        let q = item["q"].as_m().unwrap();
        let size: usize = q.iter().map(|(name, value)| name.len() + value.as_s().unwrap().len()).sum();
        assert!(size < 600, "{size}");
        let words = text(q, "words").unwrap();
        assert!(words.contains("ada@example.com") && words.contains("zapier"), "{words}");
    }

    #[test]
    fn what_was_counted_is_read_by_reason() {
        let number = |n: u8| AttributeValue::N(n.to_string());
        let item = [
            ("count".to_owned(), number(3)),
            ("why_inactive".to_owned(), number(1)),
            ("why_insufficient_scope".to_owned(), number(2)),
            ("last_at".to_owned(), AttributeValue::S("2026-11-24T10:59:59.999Z".to_owned())),
        ];
        let refusals = Refusals::of(&item.into()).unwrap();
        assert_eq!(refusals.reasons.values().copied().collect::<Vec<_>>(), [1, 2]);
        assert!(refusals.last_at.is_some());
        assert_eq!(Refusals::of(&Item::new()), None);
    }

    #[test]
    fn whoever_may_not_see_the_log_learns_no_address() {
        let seen = entry("a").redacted();
        assert!(seen.actor.ip.is_none() && seen.actor.email.is_none() && seen.request_id.is_none());
        assert!(seen.actor.name.is_some() && seen.actor.user_id.is_some());
    }
}
