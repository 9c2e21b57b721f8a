//! How invitations are kept: with their team, by the keyed hash of the secret that the invited person is given.

use shared::{
    Caller, Code, Error, Member, Result, Role,
    audit::{Kind, Removal},
    domain::Email,
    extract::{IfMatch, Page},
    id::{InvitationId, TeamId},
    identity::{team_key, team_partition},
    secret::{Secret, SecretKind},
    table::{Item, Key, Query, When, WriteError, decode},
};

use crate::{
    store::{Store, still},
    team::{INVITATION_VERSION, Invitation, NewInvitation, StoredInvitation, TeamOfMine, may_grant},
};

/// Invitations end after this time.
const INVITATION_SECONDS: i64 = 7 * 24 * 60 * 60;
/// The places, in the writes of an acceptance, of the one that makes the membership and of the one of the team.
const MEMBERSHIP: usize = 1;
const TEAM: usize = 3;

impl Store {
    pub(crate) async fn invite(&self, by: &Member, new: NewInvitation) -> Result<(Invitation, Secret)> {
        may_grant(by.role, &[new.role])?;
        let (id, now, ring) = (InvitationId::new(), self.now(), self.keys.ring().await?);
        let secret = Secret::new(SecretKind::Invitation, by.team.part(), id.part())?;
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
        self.identity.write(self.identity.put(invitation_key(&by.team, &invitation.id), &stored)?).await?;
        Ok((invitation, secret))
    }

    /// The invitations that can still be accepted.
    pub(crate) async fn invitations(
        &self,
        team: &TeamId,
        page: &Page,
    ) -> Result<(Vec<Invitation>, Option<Item>)> {
        let query = Query::partition(team_partition(team)).prefix("INVITATION#");
        let found = self.identity.query(query.after(page.after.clone()).limit(page.limit)).await?;
        let stored = found.items.into_iter().map(decode).collect::<Result<Vec<StoredInvitation>>>()?;
        let open =
            stored.into_iter().map(|stored| stored.invitation).filter(|open| open.expires_at > self.now());
        Ok((open.collect(), found.next))
    }

    /// Withdraws an invitation, and notes who did it, in one write.
    pub(crate) async fn withdraw(&self, by: &Member, id: &InvitationId, if_match: &IfMatch) -> Result<()> {
        let key = invitation_key(&by.team, id);
        let item = self.identity.get(key.clone()).await?.ok_or_else(no_such_invitation)?;
        let StoredInvitation { invitation: Invitation { email, role, version, .. }, team, .. } =
            decode(item)?;
        if_match.check(version)?;
        let (id, at, actor) = (id.to_string(), self.now(), by.actor());
        let removal =
            Removal { team, kind: Kind::Invitation, id, label: Some(email), role: Some(role), at, actor };
        let writes = vec![self.identity.delete(key).when(When::Exists), removal.write(&self.identity)?];
        self.identity.transact(writes).await.map_err(|error| error.or(|_| no_such_invitation()))
    }

    /// Makes the caller a member and uses the invitation up, in one write.
    pub(crate) async fn accept(&self, caller: &Caller, secret: &str) -> Result<TeamOfMine> {
        let StoredInvitation { invitation, team, .. } = self.open_invitation(caller, secret).await?;
        loop {
            let team = self.team(&team).await?.ok_or_else(no_invitation)?;
            let change = i64::from(invitation.role == Role::Owner);
            let [own, listed] = self.join(&team, caller, invitation.role)?;
            let writes = vec![
                self.identity.delete(invitation_key(&team.id, &invitation.id)).when(When::Exists),
                own,
                listed,
                self.identity.update(team_key(&team.id)).add("owners", change).when(still(&team)),
            ];
            match self.identity.transact(writes).await {
                Ok(()) => return Ok(TeamOfMine::new(team, invitation.role, caller)),
                Err(WriteError::Failed(error)) => return Err(error),
                Err(WriteError::Refused(refused)) if refused.at(MEMBERSHIP) => return Err(already_member()),
                // The team was changed meanwhile: the membership is to hold what it says now.
                Err(WriteError::Refused(refused)) if refused.at(TEAM) => {}
                Err(WriteError::Refused(_)) => return Err(no_invitation()),
            }
        }
    }

    /// The invitation of that secret, if it is open and meant for the caller; who sent it is not told what is wrong.
    async fn open_invitation(&self, caller: &Caller, secret: &str) -> Result<StoredInvitation> {
        let secret = Secret::parse(SecretKind::Invitation, secret).ok_or_else(no_invitation)?;
        let team =
            TeamId::parse(&format!("{}{}", TeamId::PREFIX, secret.owner())).ok_or_else(no_invitation)?;
        let id = format!("{}{}", InvitationId::PREFIX, secret.thing());
        let id = InvitationId::parse(&id).ok_or_else(no_invitation)?;
        let item = self.identity.get(invitation_key(&team, &id)).await?;
        let stored: StoredInvitation = decode(item.ok_or_else(no_invitation)?)?;
        let ring = self.keys.ring_with(stored.secret.key_id()).await?.ok_or_else(no_invitation)?;
        let is_genuine = ring.digests(secret.reveal()).find([Some(&stored.secret)]).is_some();
        let is_theirs = caller
            .email
            .as_ref()
            .is_some_and(|email| Email::of(email) == Email::of(&stored.invitation.email));
        let is_open = stored.invitation.expires_at > self.now();
        if is_genuine && is_theirs && is_open { Ok(stored) } else { Err(no_invitation()) }
    }
}

fn invitation_key(team: &TeamId, id: &InvitationId) -> Key {
    Key::new(team_partition(team), format!("INVITATION#{id}"))
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
