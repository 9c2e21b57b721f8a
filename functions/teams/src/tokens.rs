//! The tokens that can access a team: those of its members, shown to its owners, who can block them there.

use std::collections::BTreeSet;

use api::{Member, extract::Page};
use base::{
    Error, Permissions, Result, Role, Timestamp,
    id::{TeamId, TokenId, UserId},
};
use gate::{
    identity::{Membership, member_key, team_partition, token_key, user_partition},
    token::{StoredToken, TokenStatus},
    token_history::{TokenEntry, TokenEvent},
};
use schemars::JsonSchema;
use serde::Serialize;
use table::{Attempt, AttributeValue, Condition, Item, Key, TableQuery, attribute, decode, retry, text};

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
    /// The tokens that can be used in the team now, member by member.
    pub(crate) async fn tokens(&self, team: &TeamId, page: &Page) -> Result<(Vec<TeamToken>, Option<Item>)> {
        let (members, is_more) = self.members_from(team, page.after.as_ref().and_then(Place::of)).await?;
        let (mut found, mut reached) = (Vec::new(), None);
        for (member, behind) in members {
            if found.len() == page.limit {
                return Ok((self.shown(found).await?, reached.map(Place::into_item)));
            }
            let (tokens, last) = self.tokens_of(&member, behind, page.limit - found.len()).await?;
            found.extend(tokens.into_iter().map(|token| (member.role, token)));
            let is_done = last.is_none();
            reached = Some(Place { user: member.user, token: last });
            if !is_done {
                return Ok((self.shown(found).await?, reached.map(Place::into_item)));
            }
        }
        Ok((self.shown(found).await?, reached.filter(|_| is_more).map(Place::into_item)))
    }

    /// Blocks a token in the team of this owner, and tells so in the token's history, in one write.
    pub(crate) async fn block(&self, by: &Member, id: &TokenId) -> Result<()> {
        retry("token", || async move {
            let token = self.reaching(&by.team, id).await?;
            let (now, key) = (self.now(), token_key(&token.user, id));
            let is_as_read = Condition::is_number("version", token.version)
                .and(Condition::AttributeMissing("revoked_at".into()));
            let mut blocked = token.blocked_team_ids;
            blocked.push(by.team.clone());
            let write = self.identity.update(key).when(is_as_read);
            let write = write
                .set("blocked_team_ids", attribute(&blocked)?)
                .set("updated_at", attribute(&now)?)
                .set("version", attribute(&(token.version + 1))?)
                .set("actor", attribute(&by.actor())?);
            // Whose token it is learns who blocked it, not from where.
            let entry = TokenEntry::by(TokenEvent::Blocked, now, &by.actor());
            let entry = TokenEntry { team_id: Some(by.team.clone()), ip: None, ..entry };
            let writes = vec![write, self.history.entry(&token.user, id, &entry)?];
            Attempt::of(self.identity.transact(writes).await)
        })
        .await
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
            after = Some(position(&key));
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

    /// Some tokens of a member that can be used in the team now, and the last one looked at if there are more.
    async fn tokens_of(
        &self,
        member: &Membership,
        behind: Option<TokenId>,
        limit: usize,
    ) -> Result<(Vec<StoredToken>, Option<TokenId>)> {
        let is_on = Condition::Is("active".into(), AttributeValue::Bool(true))
            .and(Condition::AttributeMissing("revoked_at".into()));
        let query =
            TableQuery::partition(user_partition(&member.user)).prefix(TOKEN).filter(is_on).limit(limit);
        let after = behind.map(|token| position(&token_key(&member.user, &token)));
        let found = self.identity.query(query.after(after)).await?;
        let mut tokens = found.items.into_iter().map(decode).collect::<Result<Vec<StoredToken>>>()?;
        let now = self.now();
        tokens.retain(|token| token.status(now) == TokenStatus::Active && is_of_team(token, member));
        let last = found.next.as_ref().and_then(|key| TokenId::parse(text(key, "sk")?.strip_prefix(TOKEN)?));
        Ok((tokens, last))
    }

    /// The token of that id, if it is one of a member's that reaches the team.
    async fn reaching(&self, team: &TeamId, id: &TokenId) -> Result<StoredToken> {
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
                return if is_here { Ok(token) } else { Err(no_token()) };
            }
            after = Some(found.next.ok_or_else(no_token)?);
        }
    }

    /// The tokens, each with the person behind it and what that person's role leaves of it.
    async fn shown(&self, tokens: Vec<(Role, StoredToken)>) -> Result<Vec<TeamToken>> {
        let ids: BTreeSet<_> = tokens.iter().map(|(_, token)| &token.user).collect();
        let users = self.users(ids.into_iter()).await?;
        let shown = |(role, token): (Role, StoredToken)| {
            let StoredToken { id, user, name, hint, permissions, last_used, .. } = token;
            let permissions = permissions.intersection(role.permissions());
            let user = known(&users, user);
            TeamToken { id, user, name, hint, permissions, last_used_at: last_used.map(|last| last.at) }
        };
        Ok(tokens.into_iter().map(shown).collect())
    }
}

/// Whether it is a token of this member, was not revoked, and reaches the member's team.
fn is_of_team(token: &StoredToken, member: &Membership) -> bool {
    token.user == member.user
        && token.revoked_at.is_none()
        && token.can_access(&member.team, member.token_lifetime_days_max, token.latest_issued_at())
}

fn position(key: &Key) -> Item {
    let part = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    [part("pk", &key.pk), part("sk", &key.sk)].into()
}

fn no_token() -> Error {
    Error::not_found("token")
}
