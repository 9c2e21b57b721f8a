//! The storage of members of a team, of whom at least one stays an owner.

use api::{
    Member,
    extract::{IfMatch, Page},
};
use audit::{Kind, Tombstone};
use base::{
    Error, Result, Role,
    id::{TeamId, UserId},
};
use gate::identity::{Membership, member_key, membership_key, profile_key, team_key, team_partition};
use table::{
    Attempt, AttributeValue, Condition, Item, Key, TableQuery, Write, WriteError, attribute, decode, retry,
};

use crate::{
    grant::Granter,
    store::Store,
    team::{TeamMember, User, last_owner},
};

impl Store {
    pub(crate) async fn members(
        &self,
        team: &TeamId,
        page: &Page,
    ) -> Result<(Vec<TeamMember>, Option<Item>)> {
        let query = TableQuery::partition(team_partition(team)).prefix("MEMBER#");
        let found = self.identity.query(query.after(page.after.clone()).limit(page.limit)).await?;
        let memberships = found.items.into_iter().map(decode).collect::<Result<Vec<Membership>>>()?;
        let users = self.users(memberships.iter().map(|membership| &membership.user)).await?;
        Ok((memberships.into_iter().map(|membership| member_of(membership, &users)).collect(), found.next))
    }

    /// Gives a member another role, and counts the owners in the same write.
    pub(crate) async fn change_role(
        &self,
        by: &Member,
        user: &UserId,
        role: Role,
        if_match: &IfMatch,
    ) -> Result<TeamMember> {
        retry("member", || async move {
            let old = self.membership(&by.team, user).await?;
            if_match.check(old.version)?;
            // Whoever sends the role back grants nothing.
            if old.role == role {
                return Ok(Attempt::Done(member_of(old, &self.users([user].into_iter()).await?)));
            }
            Granter::of(by).check(&[old.role, role])?;
            let seen = member_unchanged(&old);
            let change = i64::from(role == Role::Owner) - i64::from(old.role == Role::Owner);
            let (version, updated_at, actor) = (old.version + 1, self.now(), by.actor());
            let new = Membership { role, updated_at, version, actor, ..old };
            let mut writes = vec![
                self.new_role(membership_key(user, &by.team), &new)?.when(seen),
                self.new_role(member_key(&by.team, user), &new)?,
            ];
            writes.extend(self.owners(&by.team, change));
            let Attempt::Done(()) = self.try_commit(writes).await? else { return Ok(Attempt::Conflict) };
            let users = self.users([user].into_iter()).await?;
            Ok(Attempt::Done(member_of(new, &users)))
        })
        .await
    }

    /// Sets what a change of role changes, and leaves alone what the team sets for all its members.
    fn new_role(&self, key: Key, new: &Membership) -> Result<Write> {
        let write = self.identity.update(key);
        Ok(write
            .set("role", attribute(&new.role)?)
            .set("updated_at", attribute(&new.updated_at)?)
            .set("version", attribute(&new.version)?)
            .set("actor", attribute(&new.actor)?))
    }

    /// Removes a member, records who did it, and counts the owners, in one transaction.
    pub(crate) async fn remove(&self, by: &Member, user: &UserId, if_match: &IfMatch) -> Result<()> {
        retry("member", || async move {
            let old = self.membership(&by.team, user).await?;
            if_match.check(old.version)?;
            if *user == by.user {
                Granter::of(by).check_leaving(old.role)?;
            } else {
                Granter::of(by).check(&[old.role])?;
            }
            let mut writes = vec![
                self.identity.delete(membership_key(user, &by.team)).when(member_unchanged(&old)),
                self.identity.delete(member_key(&by.team, user)),
                self.removal(by, user, old.role)?,
            ];
            writes.extend(self.owners(&by.team, -i64::from(old.role == Role::Owner)));
            self.try_commit(writes).await
        })
        .await
    }

    /// The write that records who removed a member, as a delete alone does not tell.
    fn removal(&self, by: &Member, user: &UserId, role: Role) -> Result<Write> {
        let (team, id, at, actor) = (by.team.clone(), user.to_string(), self.now(), by.actor());
        Tombstone { team, kind: Kind::Member, id, label: None, role: Some(role), at, actor }
            .write(&self.identity, team_partition(&by.team))
    }

    /// The write that counts owners, if their number changes: never down to none.
    pub(crate) fn owners(&self, team: &TeamId, change: i64) -> Option<Write> {
        let write = self.identity.update(team_key(team)).add("owners", change);
        match change {
            0 => None,
            1.. => Some(write.when(Condition::ItemExists)),
            _ => Some(write.when(Condition::Above("owners".into(), AttributeValue::N("1".into())))),
        }
    }

    /// Tries to commit the writes, of which the first is that of the member.
    async fn try_commit(&self, writes: Vec<Write>) -> Result<Attempt<()>> {
        match self.identity.transact(writes).await {
            Err(WriteError::ConditionFailed(refused)) if !refused.at(0) => Err(last_owner()),
            outcome => Attempt::of(outcome),
        }
    }

    async fn membership(&self, team: &TeamId, user: &UserId) -> Result<Membership> {
        let item = self.identity.get(membership_key(user, team)).await?;
        decode(item.ok_or_else(|| Error::not_found("member"))?)
    }

    pub(crate) async fn users(&self, ids: impl Iterator<Item = &UserId>) -> Result<Vec<User>> {
        let found = self.identity.get_many(ids.map(profile_key).collect()).await?;
        found.into_iter().map(|item| Ok(decode::<User>(item)?.shown())).collect()
    }
}

/// The membership is unchanged since it was read. Its version alone does not tell: a membership that was ended
/// and started anew counts its versions from 1 again.
pub(crate) fn member_unchanged(seen: &Membership) -> Condition {
    let begun = Condition::is_text("created_at", seen.created_at.to_string());
    Condition::is_number("version", seen.version).and(begun).and(Condition::is_text("role", seen.role.name()))
}

fn member_of(membership: Membership, users: &[User]) -> TeamMember {
    let Membership { user, role, created_at, updated_at, version, .. } = membership;
    TeamMember { user: known(users, user), role, created_at, updated_at, version }
}

/// The profile of a user, as far as it is known.
pub(crate) fn known(users: &[User], user: UserId) -> User {
    let known = users.iter().find(|known| known.id == user).cloned();
    known.unwrap_or(User { id: user, email: None, name: None })
}
