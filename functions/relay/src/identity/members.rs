//! What happens to members and invitations.

use anyhow::Context as _;
use shared::{
    Result,
    actor::Actor,
    audit::{Event, FieldChange, Kind, Removal, Subject},
    id::{InvitationId, TeamId, UserId},
    identity::Membership,
    role::Role,
    table::{Item, Key, decode, number, text},
};

use super::teams::changed_at;
use crate::{
    Relay,
    happened::{Happened, told_apart},
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
        // What the team has set for its members is told of the team.
        if before == Some(new.role) {
            return Ok(());
        }
        let happened = Happened {
            team,
            event: if old.is_some() { Event::Updated } else { Event::Joined },
            at: new.updated_at,
            subject: self.member_subject(&user).await?,
            fields: vec![role(before, Some(new.role))],
            reason: None,
            from: told_apart(key, [new.version.to_string()]),
            actor: Some(new.actor),
        };
        self.tell(happened).await
    }

    pub(super) async fn invitation(
        &self,
        key: &Key,
        (team, id): (TeamId, InvitationId),
        (old, new): (Option<&Item>, &Item),
    ) -> Result<()> {
        // It never changes: it is accepted, which makes a member, or withdrawn.
        if old.is_some() {
            return Ok(());
        }
        let wanted = new.get("role").cloned().context("an invitation has no role")?;
        let wanted: Role = decode_value(wanted)?;
        let happened = Happened {
            team,
            event: Event::Created,
            at: changed_at(new)?,
            actor: Some(actor(new)?),
            subject: invited(id.to_string(), text(new, "email").map(str::to_owned)),
            fields: vec![role(None, Some(wanted))],
            reason: None,
            from: told_apart(key, [number(new, "version").unwrap_or_default().to_string()]),
        };
        self.tell(happened).await
    }

    /// What was removed has left this, which tells who did it.
    pub(super) async fn removal(&self, key: &Key, new: &Item) -> Result<()> {
        let Removal { team, kind, id, label, role: before, at, actor } = decode(new.clone())?;
        let from = told_apart(key, [at.to_string()]);
        let (event, subject) = match (kind, UserId::parse(&id)) {
            (Kind::Member, Some(user)) => (left(&actor, &user), self.member_subject(&user).await?),
            _ => (Event::Withdrawn, invited(id, label)),
        };
        let fields = vec![role(before, None)];
        let actor = Some(actor);
        self.tell(Happened { team, event, at, actor, subject, fields, reason: None, from }).await
    }

    async fn member_subject(&self, user: &UserId) -> Result<Subject> {
        let known = self.person(user).await?;
        let label = known.name.or(known.email).unwrap_or_else(|| user.to_string());
        Ok(Subject { kind: Kind::Member, id: user.to_string(), label, of_type: None })
    }
}

/// Who removes oneself leaves.
fn left(actor: &Actor, user: &UserId) -> Event {
    if actor.user == *user { Event::Left } else { Event::Removed }
}

fn invited(id: String, email: Option<String>) -> Subject {
    let label = email.unwrap_or_else(|| id.clone());
    Subject { kind: Kind::Invitation, id, label, of_type: None }
}

fn role(old: Option<Role>, new: Option<Role>) -> FieldChange {
    FieldChange::new("role", "Role").values(old.as_ref(), new.as_ref())
}

fn decode_value(value: shared::table::AttributeValue) -> Result<Role> {
    Ok(serde_dynamo::from_attribute_value(value).map_err(anyhow::Error::from)?)
}
