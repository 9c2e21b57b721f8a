//! The storage of invitations: with their team, by the keyed hash of the secret that the invited person is
//! given.

use api::{
    Caller, Member,
    extract::{IfMatch, Page},
};
use audit::{Kind, Tombstone};
use base::{
    Code, Error, Result, Role,
    actor::Actor,
    domain::Email,
    id::{InvitationId, TeamId},
    secret::{Secret, SecretKind},
};
use gate::{
    identity::{Membership, membership_key, team_key, team_partition, token_key},
    token::{StoredToken, TokenStatus},
};
use schemars::JsonSchema;
use serde::Deserialize;
use table::{Attempt, Condition, Item, Key, TableQuery, Write, WriteError, decode, retry};

use crate::{
    grant::Granter,
    members::member_unchanged,
    room::{INVITATION, INVITATION_SECONDS, Room},
    store::{Store, team_unchanged},
    team::{INVITATION_VERSION, Invitation, NewInvitation, StoredInvitation, TeamOfMine},
};

/// The places, in the writes of an acceptance, of the one that uses the invitation up and of the one that makes the
/// membership. What stands behind these makes sure that something is still as it was read.
const USED: usize = 0;
const MEMBERSHIP: usize = 1;

/// The acceptance of an invitation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// The secret that came with the invitation.
    pub(crate) secret: String,
}

impl Store {
    pub(crate) async fn invite(&self, by: &Member, new: NewInvitation) -> Result<(Invitation, Secret)> {
        Granter::of(by).check(&[new.role])?;
        let (now, ring) = (self.now(), self.keys.ring().await?);
        let id = InvitationId::at(now);
        let secret = Secret::new(SecretKind::Invitation, by.team.suffix(), id.suffix())?;
        let invitation = Invitation {
            id,
            email: new.email,
            role: new.role,
            expires_at: now.plus_seconds(INVITATION_SECONDS),
            created_at: now,
            updated_at: now,
            version: INVITATION_VERSION,
        };
        let stored = StoredInvitation {
            invitation: invitation.clone(),
            team: by.team.clone(),
            secret: ring.hash(secret.reveal()),
            actor: by.actor(),
        };
        let write = self.identity.put(invitation_key(&by.team, &invitation.id), &stored)?;
        let write = &write;
        retry("list of invitations", || async move {
            let room = Room::of_team(&self.identity, &by.team, now).await?;
            Attempt::of(self.identity.transact(vec![write.clone(), room.taken(&self.identity)]).await)
        })
        .await?;
        Ok((invitation, secret))
    }

    /// The invitations that can still be accepted.
    pub(crate) async fn invitations(
        &self,
        team: &TeamId,
        page: &Page,
    ) -> Result<(Vec<Invitation>, Option<Item>)> {
        let query = TableQuery::partition(team_partition(team)).prefix(INVITATION);
        let found = self.identity.query(query.after(page.after.clone()).limit(page.limit)).await?;
        let stored = found.items.into_iter().map(decode).collect::<Result<Vec<StoredInvitation>>>()?;
        let open =
            stored.into_iter().map(|stored| stored.invitation).filter(|open| open.expires_at > self.now());
        Ok((open.collect(), found.next))
    }

    /// Withdraws an invitation, and records who did it, in one transaction.
    pub(crate) async fn withdraw(&self, by: &Member, id: &InvitationId, if_match: &IfMatch) -> Result<()> {
        let key = invitation_key(&by.team, id);
        let item = self.identity.get(key.clone()).await?.ok_or_else(no_such_invitation)?;
        let StoredInvitation { invitation: Invitation { email, role, version, .. }, team, .. } =
            decode(item)?;
        Granter::of(by).check_withdrawing(role)?;
        if_match.check(version)?;
        let (id, at, actor) = (id.to_string(), self.now(), by.actor());
        let removal =
            Tombstone { team, kind: Kind::Invitation, id, label: Some(email), role: Some(role), at, actor };
        let writes = vec![
            self.identity.delete(key).when(Condition::ItemExists),
            removal.write(&self.identity, team_partition(&by.team))?,
        ];
        self.identity.transact(writes).await.map_err(|error| error.into_error(|_| no_such_invitation()))
    }

    /// Makes the caller a member and uses the invitation up, in one write, while whoever made it may still grant its role.
    pub(crate) async fn accept(&self, caller: &Caller, secret: &str) -> Result<TeamOfMine> {
        let StoredInvitation { invitation, team, actor, .. } = &self.open_invitation(caller, secret).await?;
        retry("team", || async move {
            let team = self.team(team).await?.ok_or_else(no_invitation)?;
            let still_granted = self.still_granted(actor, &team.id, invitation.role).await?;
            // Who invited oneself and may still do so is a member.
            if actor.is(&caller.user) {
                return Err(already_member());
            }
            let room = Room::of_user(&self.identity, &caller.user).await?;
            let change = i64::from(invitation.role == Role::Owner);
            let [own, listed] = self.join(&team, caller, invitation.role)?;
            let mut writes = vec![
                self.identity.delete(invitation_key(&team.id, &invitation.id)).when(Condition::ItemExists),
                own,
                listed,
                self.identity.update(team_key(&team.id)).add("owners", change).when(team_unchanged(&team)),
                room.taken(&self.identity),
            ];
            writes.extend(still_granted);
            match self.identity.transact(writes).await {
                Err(WriteError::ConditionFailed(refused)) if refused.at(MEMBERSHIP) => Err(already_member()),
                Err(WriteError::ConditionFailed(refused)) if refused.at(USED) => Err(no_invitation()),
                // The team, whoever made the invitation, or the caller's teams may have changed meanwhile.
                outcome => Ok(Attempt::of(outcome)?.with(TeamOfMine::new(team, invitation.role, caller))),
            }
        })
        .await
    }

    /// That whoever made an invitation may still grant its role: the person by the role of now and, if it was a token, that
    /// token by its permissions. The writes make sure that both are as they were read.
    async fn still_granted(&self, by: &Actor, team: &TeamId, role: Role) -> Result<Vec<Write>> {
        let user = by.user.as_ref().ok_or_else(no_invitation)?;
        let item_key = membership_key(user, team);
        let token_item_key = by.token.as_ref().map(|token| token_key(user, token));
        let keys = [Some(&item_key), token_item_key.as_ref()].into_iter().flatten().cloned().collect();
        let (mut membership, mut token) = (None, None);
        for item in self.identity.get_many(keys).await? {
            if item_key.is_of(&item) {
                membership = Some(decode::<Membership>(item)?);
            } else {
                token = Some(decode::<StoredToken>(item)?);
            }
        }
        let membership = membership.ok_or_else(no_invitation)?;
        let days = membership.token_lifetime_days_max;
        let now = self.now();
        let token = token.filter(|token| {
            let is_live = token.revoked_at.is_none() && token.status(now) == TokenStatus::Active;
            is_live && token.can_access(team, days, token.latest_issued_at())
        });
        let made_with = token.as_ref().map(|token| token.permissions);
        if made_with.is_some() != token_item_key.is_some()
            || !Granter::new(membership.role, made_with).may_invite_to(role)
        {
            return Err(no_invitation());
        }
        let mut writes = vec![self.identity.check(item_key, member_unchanged(&membership))];
        let checked = token_item_key.zip(token).map(|(item_key, token)| {
            let is_as_read = Condition::is_number("version", token.version)
                .and(Condition::AttributeMissing("revoked_at".into()));
            self.identity.check(item_key, is_as_read)
        });
        writes.extend(checked);
        Ok(writes)
    }

    /// The invitation of that secret, if it is open and meant for the caller; who sent it is not told what is wrong.
    async fn open_invitation(&self, caller: &Caller, secret: &str) -> Result<StoredInvitation> {
        let secret = Secret::parse(SecretKind::Invitation, secret).ok_or_else(no_invitation)?;
        let team =
            TeamId::parse(&format!("{}{}", TeamId::PREFIX, secret.owner_part())).ok_or_else(no_invitation)?;
        let id = format!("{}{}", InvitationId::PREFIX, secret.subject_part());
        let id = InvitationId::parse(&id).ok_or_else(no_invitation)?;
        let item = self.identity.get(invitation_key(&team, &id)).await?;
        let stored: StoredInvitation = decode(item.ok_or_else(no_invitation)?)?;
        let ring = self.keys.ring_with(stored.secret.key_id()).await?.ok_or_else(no_invitation)?;
        let is_genuine = ring.candidate_hashes(secret.reveal()).find([Some(&stored.secret)]).is_some();
        let is_theirs = caller
            .email
            .as_ref()
            .is_some_and(|email| Email::of(email) == Email::of(&stored.invitation.email));
        let is_open = stored.invitation.expires_at > self.now();
        if is_genuine && is_theirs && is_open { Ok(stored) } else { Err(no_invitation()) }
    }
}

fn invitation_key(team: &TeamId, id: &InvitationId) -> Key {
    Key::new(team_partition(team), format!("{INVITATION}{id}"))
}

fn no_such_invitation() -> Error {
    Error::not_found("invitation")
}

fn no_invitation() -> Error {
    let detail = "There is no such open invitation for your e-mail address. Sign in with the address it went to, or ask for a new one.";
    Error::new(Code::NotFound, detail)
}

fn already_member() -> Error {
    Error::new(Code::AlreadyMember, "You are a member of this team already.")
}
