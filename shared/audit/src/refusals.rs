//! Refused requests with a token: one entry for each token, IP address and hour, however many requests there
//! are.

use super::{
    ActorToken, ActorView, AuditEntry, AuditEvent, AuditSubject, Kind,
    item::{KEEP_DAYS, REASON_PREFIX, expires, key},
};
use base::{
    actor::Source,
    error::Result,
    id::{AuditId, TeamId, TokenId, UserId},
    timestamp::Timestamp,
};
use table::{AttributeValue, Table, Write, attribute};

const HOUR_MILLIS: i64 = 60 * 60 * 1_000;
/// Requests with a token that were refused for one reason, to be added to the counts of their hour.
pub struct RefusedRequests<'a> {
    /// The team that the requests were about.
    pub team: &'a TeamId,
    /// The owner of the token.
    pub user: &'a UserId,
    /// The token.
    pub token: &'a TokenId,
    /// The name of the token, if its owner is a member of the team.
    pub name: Option<&'a str>,
    /// The IP address that they came from.
    pub ip: Option<&'a str>,
    /// The reason, in lower case and without spaces.
    pub reason: &'a str,
    /// The number of requests.
    pub count: u64,
    /// The time of the latest one.
    pub at: Timestamp,
}

impl RefusedRequests<'_> {
    /// The write that adds them to the entry of their hour, and creates it if there is none.
    ///
    /// # Errors
    /// 500: an entry can always be written.
    pub fn write(&self, activity: &Table) -> Result<Write> {
        let entry = self.entry();
        let count = i64::try_from(self.count).unwrap_or(i64::MAX);
        let text = serde_json::to_string(&entry).map_err(anyhow::Error::from)?;
        let mut write =
            activity.update(key(self.team, &entry.id)).set_if_missing("entry", AttributeValue::S(text));
        for (name, value) in entry.index_attributes(self.team) {
            write = write.set_if_missing(name, value);
        }
        let end = expires(self.at, KEEP_DAYS);
        Ok(write
            .set("last_at", attribute(&self.at)?)
            .set("expires", AttributeValue::N(end.to_string()))
            .add("count", count)
            .add(format!("{REASON_PREFIX}{}", self.reason), count))
    }

    /// The entry of the hour. Its id is of the start of the hour, whenever the requests came.
    fn entry(&self) -> AuditEntry {
        let Self { user, token, name, ip, at, .. } = self;
        let hour = at.millis() - at.millis().rem_euclid(HOUR_MILLIS);
        let hour = Timestamp::from_millis(hour).unwrap_or(*at);
        let acting = ActorToken { id: (*token).clone(), name: name.map(str::to_owned) };
        AuditEntry {
            id: AuditId::deterministic(hour, &["refused", token.as_str(), ip.unwrap_or_default()]),
            event: AuditEvent::Refused,
            at: *at,
            actor: ActorView {
                user_id: Some((*user).clone()),
                token: Some(acting),
                ip: ip.map(str::to_owned),
                source: Some(Source::Api),
                ..ActorView::default()
            },
            subject: AuditSubject {
                kind: Kind::Token,
                id: token.to_string(),
                label: name.map_or_else(|| token.to_string(), str::to_owned),
                of_type: None,
            },
            fields: Vec::new(),
            reason: None,
            refusals: None,
            request_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_of_a_token_from_an_address_are_one_entry_in_an_hour() {
        let (team, user, token) = (TeamId::new(), UserId::of_subject("i", "s"), TokenId::new());
        let id = |ip: Option<&str>, at: &str, reason: &str| {
            let (count, at, name) = (1, at.parse().unwrap(), Some("Zapier"));
            let (team, user, token) = (&team, &user, &token);
            RefusedRequests { team, user, token, name, ip, reason, count, at }.entry().id
        };
        let one = id(Some("192.0.2.1"), "2026-11-24T10:59:59.999Z", "inactive");
        assert_eq!(one, id(Some("192.0.2.1"), "2026-11-24T10:00:00.000Z", "expired"));
        assert_ne!(one, id(Some("192.0.2.2"), "2026-11-24T10:00:00.000Z", "inactive"));
        assert_ne!(one, id(None, "2026-11-24T10:00:00.000Z", "inactive"));
        assert!(one < id(Some("192.0.2.1"), "2026-11-24T11:00:00.000Z", "inactive"));
    }
}
