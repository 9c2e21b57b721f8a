//! Audit entries for changes of a token, in each team that it has access to. They only have what concerns the
//! team.

use audit::{AuditEvent, AuditSubject, FieldChange, Kind, properties, property_changes};
use base::{
    Result,
    id::{TeamId, TokenId, UserId},
};
use gate::{
    identity::{Membership, user_partition},
    token::StoredToken,
};
use table::{Item, Key, TableQuery, decode};

use crate::{
    Relay,
    new_entry::{NewEntry, dedup_key},
};

/// The audited properties of a token, with their labels.
const AUDITED: &[(&str, &str)] =
    &[("name", "Name"), ("active", "Active"), ("permissions", "Permissions"), ("expires_at", "End")];
/// Properties whose changes are audited without values: these may name other teams, or the user's own
/// addresses.
const AUDITED_WITHOUT_VALUES: &[(&str, &str)] = &[
    ("description", "Description"),
    ("team_ids", "Teams"),
    ("allowed_cidrs", "Addresses"),
    ("rate_limit", "Rate limit"),
    ("on_reuse", "What happens when an old secret is used"),
];

impl Relay {
    pub(super) async fn token(
        &self,
        key: &Key,
        (user, id): (UserId, TokenId),
        (old, new): (Option<&Item>, &Item),
    ) -> Result<()> {
        let old: Option<StoredToken> = old.cloned().map(decode).transpose()?;
        let new: StoredToken = decode(new.clone())?;
        // Uses, and a new hash under another key, do not grow the version.
        if old.as_ref().is_some_and(|old| old.version == new.version) {
            return Ok(());
        }
        let fields = fields(old.as_ref(), &new)?;
        let event = event(old.as_ref(), &new);
        for team in self.reached(&user, old.as_ref(), &new).await? {
            let entry = NewEntry {
                event,
                at: new.revoked_at.filter(|_| event == AuditEvent::Revoked).unwrap_or(new.updated_at),
                actor: Some(new.actor.clone()),
                subject: AuditSubject {
                    kind: Kind::Token,
                    id: id.to_string(),
                    label: new.name.clone(),
                    of_type: None,
                },
                fields: fields.clone(),
                reason: None,
                dedup_key: dedup_key(key, [new.version.to_string(), team.to_string()]),
                team,
            };
            self.append(entry).await?;
        }
        Ok(())
    }

    /// The teams that the token has access to, or had before. If it was blocked in a team, or the block was undone, only that team.
    async fn reached(
        &self,
        user: &UserId,
        old: Option<&StoredToken>,
        new: &StoredToken,
    ) -> Result<Vec<TeamId>> {
        let blocked = newly_blocked(old, new);
        if !blocked.is_empty() {
            return Ok(blocked);
        }
        let unblocked = unblocked(old, new);
        if !unblocked.is_empty() {
            return Ok(unblocked);
        }
        let (mut teams, mut after) = (Vec::new(), None);
        loop {
            let query = TableQuery::partition(user_partition(user)).prefix("TEAM#").after(after);
            let found = self.identity.query(query).await?;
            for item in found.items {
                let Membership { team, token_lifetime_days_max: days, .. } = decode(item)?;
                let reaches = |token: &StoredToken| token.can_access(&team, days, token.latest_issued_at());
                if reaches(new) || old.is_some_and(reaches) {
                    teams.push(team);
                }
            }
            after = found.next;
            if after.is_none() {
                return Ok(teams);
            }
        }
    }
}

fn newly_blocked(old: Option<&StoredToken>, new: &StoredToken) -> Vec<TeamId> {
    let before = old.map(|old| old.blocked_team_ids.as_slice()).unwrap_or_default();
    new.blocked_team_ids.iter().filter(|team| !before.contains(team)).cloned().collect()
}

fn unblocked(old: Option<&StoredToken>, new: &StoredToken) -> Vec<TeamId> {
    old.map(|old| newly_blocked(Some(new), old)).unwrap_or_default()
}

/// The event of a change. If it is several at once, the most important one.
fn event(old: Option<&StoredToken>, new: &StoredToken) -> AuditEvent {
    let Some(old) = old else { return AuditEvent::Created };
    let (pending, was_pending) = (new.pending.as_ref(), old.pending.as_ref());
    let made_at = |pending: Option<&gate::token::Pending>| pending.map(|pending| pending.created_at);
    if new.revoked_at.is_some() {
        AuditEvent::Revoked
    } else if !newly_blocked(Some(old), new).is_empty() {
        AuditEvent::Blocked
    } else if !unblocked(Some(old), new).is_empty() {
        AuditEvent::Unblocked
    } else if old.active != new.active {
        if new.active { AuditEvent::Activated } else { AuditEvent::Deactivated }
    } else if pending.is_some() && made_at(pending) != made_at(was_pending) {
        AuditEvent::Rotated
    } else if pending.is_none() && was_pending.is_some() {
        AuditEvent::Confirmed
    } else {
        AuditEvent::Updated
    }
}

fn fields(old: Option<&StoredToken>, new: &StoredToken) -> Result<Vec<FieldChange>> {
    let (old, new) = (old.map(properties).transpose()?, properties(new)?);
    let mut fields = property_changes(old.as_ref(), &new, AUDITED);
    // For a new token, the mere fact that there is a description says nothing.
    if old.is_some() {
        fields.extend(
            property_changes(old.as_ref(), &new, AUDITED_WITHOUT_VALUES)
                .into_iter()
                .map(FieldChange::without_values),
        );
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn token(changes: Value) -> StoredToken {
        let mut token = json!({
            "id": "tok_0000000000000000000001", "user": "usr_0000000000000000000001", "name": "Zapier", "description": "",
            "permissions": ["object:read"], "active": true, "secret": "k1:aGFzaA==", "hint": "ea_pat_…1234",
            "secret_created_at": "2026-11-24T10:00:00.000Z", "expires_at": null, "team_ids": null, "allowed_cidrs": null,
            "last_used": null, "created_at": "2026-11-24T10:00:00.000Z", "updated_at": "2026-11-24T10:00:00.000Z",
            "version": 1,
            "actor": {"user": "usr_0000000000000000000001", "credential": "session", "token": null, "ip": "", "source": "app",
                "request_id": ""},
        });
        let hash = serde_json::to_value(hash()).unwrap();
        token["secret"] = hash.clone();
        token.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        if token.get("pending").is_some() {
            token["pending"]["secret"] = hash;
        }
        serde_json::from_value(token).unwrap()
    }

    fn hash() -> keys::KeyedHash {
        let ring = r#"{"current":"k1","k1":"11111111111111111111111111111111"}"#;
        keys::KeyRing::parse(ring).unwrap().hash("a")
    }

    fn pending(created_at: &str) -> Value {
        json!({"pending": {"hint": "", "created_at": created_at, "by": "session", "overlap_until": created_at}})
    }

    #[test]
    fn a_change_is_one_event() {
        let (old, at) = (token(json!({})), "2026-11-24T11:00:00.000Z");
        let off = token(json!({"active": false}));
        let rotated = token(pending(at));
        let blocked = token(json!({"blocked_team_ids": ["team_0000000000000000000001"]}));
        for (old, new, what) in [
            (None, json!({}), AuditEvent::Created),
            (Some(&old), json!({"name": "Make"}), AuditEvent::Updated),
            (Some(&old), json!({"active": false, "name": "Make"}), AuditEvent::Deactivated),
            (Some(&off), json!({}), AuditEvent::Activated),
            (Some(&old), pending(at), AuditEvent::Rotated),
            (Some(&rotated), pending("2026-11-24T12:00:00.000Z"), AuditEvent::Rotated),
            (Some(&rotated), json!({}), AuditEvent::Confirmed),
            (Some(&old), json!({"blocked_team_ids": ["team_0000000000000000000001"]}), AuditEvent::Blocked),
            (Some(&blocked), json!({}), AuditEvent::Unblocked),
            (Some(&old), json!({"revoked_at": at}), AuditEvent::Revoked),
        ] {
            assert_eq!(event(old, &token(new.clone())), what, "{new}");
        }
    }

    #[test]
    fn a_team_learns_nothing_of_others_and_no_secret() {
        let old = token(json!({}));
        let new = token(
            json!({"name": "Make", "team_ids": ["team_0000000000000000000009"], "description": "for nobody else"}),
        );
        let told = serde_json::to_string(&fields(Some(&old), &new).unwrap()).unwrap();
        assert!(told.contains(r#""slug":"name","label":"Name","old":"Zapier","new":"Make""#), "{told}");
        assert!(
            told.contains(r#""slug":"team_ids","label":"Teams","old":null,"new":null,"omitted":true"#),
            "{told}"
        );
        let created = serde_json::to_string(&fields(None, &new).unwrap()).unwrap();
        for text in [&told, &created] {
            assert!(
                !text.contains("team_0") && !text.contains("for nobody else") && !text.contains("\"secret"),
                "{text}"
            );
        }
    }
}
