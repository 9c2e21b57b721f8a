//! The tokens that can access a team: those of its members, shown to its owners, who can block them there.

use std::collections::BTreeSet;

use api::{Member, extract::Page};
use base::{
    Error, Permissions, Result, Role, Timestamp,
    access::Access,
    id::{TeamId, TokenId, UserId},
};
use gate::{
    identity::{Membership, member_key, team_partition, token_key, user_partition},
    token::{Block, StoredToken, TokenStatus},
    token_history::{TokenEntry, TokenEvent},
};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Serialize;
use table::{Attempt, AttributeValue, Condition, Item, TableQuery, attribute, decode, retry, text};

use crate::{members::known, store::Store, team::User};

/// One page looks at the tokens of so many members, so that its work is bounded however few of them have any.
const MEMBERS_MAX: usize = 20;
/// The most items that are read at once by their keys.
const KEYS_AT_ONCE: usize = 100;
/// What the sort key of a token begins with.
const TOKEN: &str = "TOKEN#";

/// A token of a member that can access the team, with only what concerns the team.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TeamToken {
    id: TokenId,
    /// Whom it acts for.
    user: User,
    name: String,
    /// Its prefix and last four characters.
    hint: String,
    /// What it may do in this team.
    permissions: Permissions,
    /// The last use, to the minute, in whatever team; null if there was none.
    last_used_at: Option<Timestamp>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    /// The addresses that it is limited to; null if it is not.
    #[schemars(with = "Option<Vec<String>>")]
    allowed_cidrs: Option<Vec<IpNet>>,
    /// Whether it is blocked in this team.
    blocked: bool,
    /// When it was blocked; null if it is not.
    blocked_at: Option<Timestamp>,
    /// Who blocked it; null if nobody did.
    blocked_by: Option<UserId>,
}

/// The position of a list: the member that it has come to, and if that one is not finished, the member's token.
struct Place {
    user: UserId,
    token: Option<TokenId>,
}

impl Place {
    fn of(item: &Item) -> Option<Self> {
        let token = text(item, "token").and_then(TokenId::parse);
        Some(Self { user: UserId::parse(text(item, "user")?)?, token })
    }

    fn into_item(self) -> Item {
        let parts = [("user", Some(self.user.to_string())), ("token", self.token.map(|id| id.to_string()))];
        let part = |(name, id): (&str, Option<String>)| Some((name.to_owned(), AttributeValue::S(id?)));
        parts.into_iter().filter_map(part).collect()
    }
}

impl Store {
    /// The tokens that can be used in the team now, and those that are blocked there in whatever state, member by member.
    pub(crate) async fn tokens(&self, team: &TeamId, page: &Page) -> Result<(Vec<TeamToken>, Option<Item>)> {
        let (members, is_more) = self.members_from(team, page.after.as_ref().and_then(Place::of)).await?;
        let (mut found, mut reached) = (Vec::new(), None);
        for (member, behind) in members {
            if found.len() == page.limit {
                return Ok((self.shown(team, found).await?, reached.map(Place::into_item)));
            }
            let (tokens, last) = self.tokens_of(&member, behind, page.limit - found.len()).await?;
            found.extend(tokens.into_iter().map(|token| (member.role, token)));
            let is_done = last.is_none();
            reached = Some(Place { user: member.user, token: last });
            if !is_done {
                return Ok((self.shown(team, found).await?, reached.map(Place::into_item)));
            }
        }
        Ok((self.shown(team, found).await?, reached.filter(|_| is_more).map(Place::into_item)))
    }

    /// Blocks a token in the team of this owner, and tells so in the token's history, in one write.
    pub(crate) async fn block(&self, by: &Member, id: &TokenId) -> Result<()> {
        retry("token", || async move {
            let token = self.of_team(&by.team, id).await?.ok_or_else(no_token)?;
            if token.is_blocked_in(&by.team) {
                return Ok(Attempt::Done(()));
            }
            let (mut teams, mut blocks) = (token.blocked_team_ids.clone(), token.blocks.clone());
            teams.push(by.team.clone());
            blocks.push(Block { team: by.team.clone(), by: by.user.clone(), at: self.now() });
            self.set_blocks(by, &token, (&teams, &blocks), TokenEvent::Blocked).await
        })
        .await
    }

    /// Undoes a block in the team: an owner may, and whoever has made it. Everybody else is told the same, whatever the token.
    pub(crate) async fn unblock(&self, by: &Member, id: &TokenId) -> Result<()> {
        retry("token", || async move {
            let token = self.of_team(&by.team, id).await?;
            let is_own = |block: &Block| block.team == by.team && block.by == by.user;
            if !token.as_ref().is_some_and(|token| token.blocks.iter().any(is_own)) {
                Access::Owner.check(&by.grant(false))?;
            }
            let token = token.ok_or_else(no_token)?;
            if !token.is_blocked_in(&by.team) {
                return Ok(Attempt::Done(()));
            }
            let (mut teams, mut blocks) = (token.blocked_team_ids.clone(), token.blocks.clone());
            teams.retain(|team| *team != by.team);
            blocks.retain(|block| block.team != by.team);
            self.set_blocks(by, &token, (&teams, &blocks), TokenEvent::Unblocked).await
        })
        .await
    }

    async fn set_blocks(
        &self,
        by: &Member,
        token: &StoredToken,
        (teams, blocks): (&[TeamId], &[Block]),
        event: TokenEvent,
    ) -> Result<Attempt<()>> {
        let now = self.now();
        let is_as_read = Condition::is_number("version", token.version)
            .and(Condition::AttributeMissing("revoked_at".into()));
        let write = self.identity.update(token_key(&token.user, &token.id)).when(is_as_read);
        let write = write
            .set("blocked_team_ids", attribute(&teams)?)
            .set("blocks", attribute(&blocks)?)
            .set("updated_at", attribute(&now)?)
            .set("version", attribute(&(token.version + 1))?)
            .set("actor", attribute(&by.actor())?);
        // Whose token it is learns who did it, not from where.
        let entry = TokenEntry::by(event, now, &by.actor());
        let entry = TokenEntry { team_id: Some(by.team.clone()), ip: None, ..entry };
        let writes = vec![write, self.history.entry(&token.user, &token.id, &entry)?];
        Attempt::of(self.identity.transact(writes).await)
    }

    /// The members from a place on, each with the token behind which to begin, and whether there are more.
    async fn members_from(
        &self,
        team: &TeamId,
        place: Option<Place>,
    ) -> Result<(Vec<(Membership, Option<TokenId>)>, bool)> {
        let mut members = Vec::with_capacity(MEMBERS_MAX + 1);
        let query = TableQuery::partition(team_partition(team)).prefix("MEMBER#").limit(MEMBERS_MAX);
        let mut after = None;
        if let Some(Place { user, token }) = place {
            let key = member_key(team, &user);
            after = Some(key.clone().into_item());
            // Who was removed meanwhile is passed over.
            if token.is_some()
                && let Some(item) = self.identity.get(key).await?
            {
                members.push((decode(item)?, token));
            }
        }
        let found = self.identity.query(query.after(after)).await?;
        for item in found.items {
            members.push((decode(item)?, None));
        }
        Ok((members, found.next.is_some()))
    }

    /// Some tokens of a member that the list has, and the last one looked at if there are more.
    async fn tokens_of(
        &self,
        member: &Membership,
        behind: Option<TokenId>,
        limit: usize,
    ) -> Result<(Vec<StoredToken>, Option<TokenId>)> {
        let is_left = Condition::AttributeMissing("revoked_at".into());
        let query =
            TableQuery::partition(user_partition(&member.user)).prefix(TOKEN).filter(is_left).limit(limit);
        let after = behind.map(|token| token_key(&member.user, &token).into_item());
        let found = self.identity.query(query.after(after)).await?;
        let mut tokens = found.items.into_iter().map(decode).collect::<Result<Vec<StoredToken>>>()?;
        let now = self.now();
        let is_in_use = |token: &StoredToken| token.status(now) == TokenStatus::Active;
        tokens.retain(|token| {
            is_of_team(token, member) && (is_in_use(token) || token.is_blocked_in(&member.team))
        });
        let last = found.next.as_ref().and_then(|key| TokenId::parse(text(key, "sk")?.strip_prefix(TOKEN)?));
        Ok((tokens, last))
    }

    /// The token of that id, if it is one of a member's that reaches the team, switched on or not, or is blocked there.
    async fn of_team(&self, team: &TeamId, id: &TokenId) -> Result<Option<StoredToken>> {
        let mut after = None;
        loop {
            let query = TableQuery::partition(team_partition(team)).prefix("MEMBER#").limit(KEYS_AT_ONCE);
            let found = self.identity.query(query.after(after)).await?;
            let members = found.items.into_iter().map(decode).collect::<Result<Vec<Membership>>>()?;
            let keys = members.iter().map(|member| token_key(&member.user, id)).collect();
            // An id is unique: there is one such token, or none.
            if let Some(item) = self.identity.get_many(keys).await?.pop() {
                let token: StoredToken = decode(item)?;
                let is_here = members.iter().any(|member| is_of_team(&token, member));
                return Ok(Some(token).filter(|_| is_here));
            }
            let Some(next) = found.next else { return Ok(None) };
            after = Some(next);
        }
    }

    /// The tokens, each with the person behind it and what that person's role leaves of it.
    async fn shown(&self, team: &TeamId, tokens: Vec<(Role, StoredToken)>) -> Result<Vec<TeamToken>> {
        let ids: BTreeSet<_> = tokens.iter().map(|(_, token)| &token.user).collect();
        let users = self.users(ids.into_iter()).await?;
        let shown = |(role, token): (Role, StoredToken)| {
            let blocked = token.is_blocked_in(team);
            let StoredToken { id, user, name, hint, permissions, last_used, .. } = token;
            let StoredToken { created_at, expires_at, allowed_cidrs, blocks, .. } = token;
            let block = blocks.into_iter().find(|block| block.team == *team);
            TeamToken {
                id,
                user: known(&users, user),
                name,
                hint,
                permissions: permissions.intersection(role.permissions()),
                last_used_at: last_used.map(|last| last.at),
                created_at,
                expires_at,
                allowed_cidrs,
                blocked,
                blocked_at: block.as_ref().map(|block| block.at),
                blocked_by: block.map(|block| block.by),
            }
        };
        Ok(tokens.into_iter().map(shown).collect())
    }
}

/// Whether it is a token of this member that was not revoked, and reaches the member's team or is blocked there.
fn is_of_team(token: &StoredToken, member: &Membership) -> bool {
    let reaches = token.can_access(&member.team, member.token_lifetime_days_max, token.latest_issued_at());
    token.user == member.user && token.revoked_at.is_none() && (reaches || token.is_blocked_in(&member.team))
}

fn no_token() -> Error {
    Error::not_found("token")
}
