//! How invitations are kept: with their team, by the keyed hash of the secret that the invited person is given.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use shared::{
    Caller, Code, Error, Member, Result, Role,
    extract::Page,
    id::{InvitationId, TeamId},
    secret::{Secret, SecretKind},
    table::{Item, Key, Query, When, decode},
    text::fold,
};

use crate::{
    store::{Store, team_key, team_partition},
    team::{
        INVITATION_VERSION, Invitation, NewInvitation, StoredInvitation, StoredTeam, TeamOfMine, may_grant,
    },
};

/// Invitations end after this time.
const INVITATION_SECONDS: i64 = 7 * 24 * 60 * 60;
/// The place, in the writes of an acceptance, of the one that makes the membership.
const MEMBERSHIP: usize = 1;

impl Store {
    pub(crate) async fn invite(&self, by: &Member, new: NewInvitation) -> Result<(Invitation, Secret)> {
        may_grant(by.role, &[new.role])?;
        let (id, now, ring) = (InvitationId::new(), self.now(), self.keys.ring().await?);
        let secret = Secret::new(SecretKind::Invitation, by.team.part(), id.part())?;
        let hash =
            ring.hash(ring.current(), secret.reveal()).ok_or_else(|| anyhow::anyhow!("no current key"))?;
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
            key_id: ring.current().to_owned(),
            hash: BASE64_URL_SAFE_NO_PAD.encode(hash),
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

    pub(crate) async fn withdraw(&self, team: &TeamId, id: &InvitationId) -> Result<()> {
        let write = self.identity.delete(invitation_key(team, id)).when(When::Exists);
        self.identity.write(write).await.map_err(|error| error.or(|_| Error::not_found("invitation")))?;
        Ok(())
    }

    /// Makes the caller a member and uses the invitation up, in one write.
    pub(crate) async fn accept(&self, caller: &Caller, secret: &str) -> Result<TeamOfMine> {
        let StoredInvitation { invitation, team, .. } = self.open_invitation(caller, secret).await?;
        let mut writes = vec![self.identity.delete(invitation_key(&team, &invitation.id)).when(When::Exists)];
        writes.extend(self.join(&team, caller, invitation.role)?);
        writes.extend(self.owners(&team, i64::from(invitation.role == Role::Owner)));
        let joined = self.identity.transact(writes).await;
        joined.map_err(|error| {
            error.or(|refused| if refused.at(MEMBERSHIP) { already_member() } else { no_invitation() })
        })?;
        let item = self.identity.get(team_key(&team)).await?;
        let team: StoredTeam = decode(item.ok_or_else(no_invitation)?)?;
        Ok(TeamOfMine::new(team.team, invitation.role, caller))
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
        let hash = BASE64_URL_SAFE_NO_PAD.decode(&stored.hash).map_err(anyhow::Error::from)?;
        let ring = self.keys.ring_with(&stored.key_id).await?;
        let is_genuine = ring.is_some_and(|ring| ring.verify(&stored.key_id, secret.reveal(), &hash));
        let is_theirs =
            caller.email.as_ref().is_some_and(|email| fold(email) == fold(&stored.invitation.email));
        let is_open = stored.invitation.expires_at > self.now();
        if is_genuine && is_theirs && is_open { Ok(stored) } else { Err(no_invitation()) }
    }
}

fn invitation_key(team: &TeamId, id: &InvitationId) -> Key {
    Key::new(team_partition(team), format!("INVITATION#{id}"))
}

fn no_invitation() -> Error {
    let detail = "There is no such open invitation for your e-mail address. Sign in with the address it went to, or ask for a new one.";
    Error::new(Code::NotFound, detail)
}

fn already_member() -> Error {
    Error::new(Code::AlreadyMember, "You are a member of this team already.")
}
