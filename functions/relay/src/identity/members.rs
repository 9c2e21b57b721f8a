//! Audit entries for changes of members and invitations.

use anyhow::Context as _;
use audit::{AuditEvent, AuditSubject, FieldChange, Kind, Tombstone};
use base::{
    Result,
    actor::Actor,
    id::{InvitationId, TeamId, UserId},
    role::Role,
};
use gate::identity::Membership;
use table::{Item, Key, decode, number, text};

use super::teams::changed_at;
use crate::{
    Relay,
    new_entry::{NewEntry, dedup_key},
    objects::actor,
};

impl Relay {
    pub(super) async fn member(
        &self,
        key: &Key,
        (team, user): (TeamId, UserId),
        (old, new): (Option<&Item>, &Item),
    ) -> Result<()> {
        let old: Option<Membership> = old.cloned().map(decode).transpose()?;
        let new: Membership = decode(new.clone())?;
        let before = old.as_ref().map(|old| old.role);
        // Settings of the team are copied to its members; their changes are audited for the team.
        if before == Some(new.role) {
            return Ok(());
        }
        let entry = NewEntry {
            team,
            event: if old.is_some() { AuditEvent::Updated } else { AuditEvent::Joined },
            at: new.updated_at,
            subject: self.member_subject(&user).await?,
            fields: vec![role(before, Some(new.role))],
            reason: None,
            dedup_key: dedup_key(key, [new.version.to_string()]),
            actor: Some(new.actor),
        };
        self.append(entry).await
    }

    pub(super) async fn invitation(
        &self,
        key: &Key,
        (team, id): (TeamId, InvitationId),
        (old, new): (Option<&Item>, &Item),
    ) -> Result<()> {
        // An invitation never changes: it is accepted, which creates a member, or withdrawn.
        if old.is_some() {
            return Ok(());
        }
        let wanted = new.get("role").cloned().context("an invitation has no role")?;
        let wanted: Role = decode_value(wanted)?;
        let entry = NewEntry {
            team,
            event: AuditEvent::Created,
            at: changed_at(new)?,
            actor: Some(actor(new)?),
            subject: invited(id.to_string(), text(new, "email").map(str::to_owned)),
            fields: vec![role(None, Some(wanted))],
            reason: None,
            dedup_key: dedup_key(key, [number(new, "version").unwrap_or_default().to_string()]),
        };
        self.append(entry).await
    }

    /// The entry of a removal, from its tombstone, which has the actor.
    pub(super) async fn tombstone(&self, key: &Key, new: &Item) -> Result<()> {
        let Tombstone { team, kind, id, label, role: before, at, actor } = decode(new.clone())?;
        let dedup_key = dedup_key(key, [at.to_string()]);
        let (event, subject) = match (kind, UserId::parse(&id)) {
            (Kind::Member, Some(user)) => {
                Box::pin(self.trash_personal_views(&team, (&user, at), &actor)).await?;
                (left(&actor, &user), self.member_subject(&user).await?)
            }
            _ => (AuditEvent::Withdrawn, invited(id, label)),
        };
        let fields = vec![role(before, None)];
        let actor = Some(actor);
        self.append(NewEntry { team, event, at, actor, subject, fields, reason: None, dedup_key }).await
    }

    async fn member_subject(&self, user: &UserId) -> Result<AuditSubject> {
        let known = self.person(user).await?;
        let label = known.name.or(known.email).unwrap_or_else(|| user.to_string());
        Ok(AuditSubject { kind: Kind::Member, id: user.to_string(), label, of_type: None })
    }
}

/// Removing oneself is leaving.
fn left(actor: &Actor, user: &UserId) -> AuditEvent {
    if actor.is(user) { AuditEvent::Left } else { AuditEvent::Removed }
}

fn invited(id: String, email: Option<String>) -> AuditSubject {
    let label = email.unwrap_or_else(|| id.clone());
    AuditSubject { kind: Kind::Invitation, id, label, of_type: None }
}

fn role(old: Option<Role>, new: Option<Role>) -> FieldChange {
    FieldChange::new("role", "Role").values(old.as_ref(), new.as_ref())
}

fn decode_value(value: table::AttributeValue) -> Result<Role> {
    Ok(serde_dynamo::from_attribute_value(value).map_err(anyhow::Error::from)?)
}
