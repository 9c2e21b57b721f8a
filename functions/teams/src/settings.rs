//! The storage of a team's settings: with the team, and what the authorizer needs with each of its members too.

use api::{Member, extract::IfMatch};
use base::{
    Result, Timestamp,
    change::{is_same, news},
    id::TeamId,
};
use gate::identity::{Membership, member_key, membership_key, team_key, team_partition};
use table::{Attempt, Condition, TableQuery, attribute, decode, retry};

use crate::{
    store::{Store, team_unchanged},
    team::{CheckedPatch, Team, TeamPatch},
};

/// A transaction has at most 100 writes: two for each of these, and one for the team.
const MEMBERS_AT_ONCE: usize = 40;

impl TeamPatch {
    /// Without what the team has already: that may be sent by whoever may change anything.
    fn beside(self, team: &Team) -> Self {
        let Self { name, token_lifetime_days_max, audit_log_days } = self;
        Self {
            name: news(name, &team.name),
            token_lifetime_days_max: news(
                token_lifetime_days_max,
                &team.token_lifetime_days_max.map(i64::from),
            ),
            audit_log_days: news(audit_log_days, &i64::from(team.audit_log_days)),
        }
    }
}

impl Team {
    /// The team with these changes, if it is another one then.
    fn patched(&self, patch: &CheckedPatch, now: Timestamp) -> Option<Self> {
        let CheckedPatch { name, token_lifetime_days_max, audit_log_days } = patch;
        let new = Self {
            name: name.as_ref().unwrap_or(&self.name).clone(),
            token_lifetime_days_max: token_lifetime_days_max.unwrap_or(self.token_lifetime_days_max),
            audit_log_days: audit_log_days.unwrap_or(self.audit_log_days),
            ..self.clone()
        };
        (!is_same(self, &new)).then(|| Self { updated_at: now, version: self.version + 1, ..new })
    }
}

impl Store {
    /// Changes a team. A limit is in force for all members when this is done; if it fails half-way, the same change again
    /// does the rest.
    pub(crate) async fn update(&self, by: &Member, patch: &TeamPatch, if_match: &IfMatch) -> Result<Team> {
        let team = self.change(by, patch, if_match).await?;
        if patch.token_lifetime_days_max.is_some() {
            retry("team", || self.propagate_limit(&by.team)).await?;
        }
        Ok(team)
    }

    async fn change(&self, by: &Member, patch: &TeamPatch, if_match: &IfMatch) -> Result<Team> {
        retry("team", || async move {
            let old = self.read(&by.team).await?;
            let patch = patch.clone().beside(&old).checked(by)?;
            if_match.check(old.version)?;
            let Some(new) = old.patched(&patch, self.now()) else { return Ok(Attempt::Done(old)) };
            let is_as_read = team_unchanged(&old);
            let write = self.identity.update(team_key(&new.id));
            let write = write
                .set("name", attribute(&new.name)?)
                .set("token_lifetime_days_max", attribute(&new.token_lifetime_days_max)?)
                .set("updated_at", attribute(&new.updated_at)?)
                .set("version", attribute(&new.version)?)
                .set("actor", attribute(&by.actor())?);
            let write = match patch.audit_log_days {
                Some(days) => write.set("audit_log_days", attribute(&days)?),
                None => write,
            };
            Ok(Attempt::of(self.identity.write(write.when(is_as_read)).await)?.with(new))
        })
        .await
    }

    /// Propagates the limit of the team to its members. The team has it already, so that who joins meanwhile
    /// joins with it; and each write makes sure that the team still has it, so that of two changes at once the
    /// earlier one never has the last word.
    async fn propagate_limit(&self, team: &TeamId) -> Result<Attempt<()>> {
        let team = self.read(team).await?;
        let mut after = None;
        loop {
            let query =
                TableQuery::partition(team_partition(&team.id)).prefix("MEMBER#").limit(MEMBERS_AT_ONCE);
            let found = self.identity.query(query.after(after)).await?;
            let mut members = found.items.into_iter().map(decode).collect::<Result<Vec<Membership>>>()?;
            members.retain(|member| member.token_lifetime_days_max != team.token_lifetime_days_max);
            if let Attempt::Conflict = self.limit(&team, &members).await? {
                return Ok(Attempt::Conflict);
            }
            match found.next {
                Some(next) => after = Some(next),
                None => return Ok(Attempt::Done(())),
            }
        }
    }

    /// Sets the limit of these members and nothing else. Where one of them left, or the team was changed, nothing is done.
    async fn limit(&self, team: &Team, members: &[Membership]) -> Result<Attempt<()>> {
        if members.is_empty() {
            return Ok(Attempt::Done(()));
        }
        let days = attribute(&team.token_lifetime_days_max)?;
        let mut writes =
            vec![self.identity.update(team_key(&team.id)).add("owners", 0).when(team_unchanged(team))];
        for Membership { user, .. } in members {
            for key in [membership_key(user, &team.id), member_key(&team.id, user)] {
                let write = self.identity.update(key).set("token_lifetime_days_max", days.clone());
                writes.push(write.when(Condition::ItemExists));
            }
        }
        Attempt::of(self.identity.transact(writes).await)
    }
}
