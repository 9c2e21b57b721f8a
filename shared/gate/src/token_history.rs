//! The history of a token: changes, each entry in the transaction of the change itself; refused uses, counted
//! by day and reason; and new addresses. Its owner can read it for 90 days, also after the token was revoked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::token::LastUsed;
use base::{
    access::Credential,
    actor::Actor,
    clock::Clock,
    error::Result,
    id::{TeamId, TokenId, UserId},
    timestamp::Timestamp,
};
use table::Tables;
use table::{
    AttributeValue, Condition, Item, Key, Table, TableQuery, Write, WriteError, attribute, decode, text,
};

/// What stands between the day and the reason in the sort key of refusals, and what comes behind all of them.
const REFUSED: &str = "#refused#";
const REFUSED_END: &str = "#refused$";
/// Entries are kept this long.
const KEEP_SECONDS: i64 = 90 * 24 * 60 * 60;

/// What happened to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TokenEvent")]
pub enum TokenEvent {
    /// It was made.
    Created,
    /// It got another name.
    Renamed,
    /// Its description, end, teams, addresses or limits changed.
    Changed,
    /// It was switched off.
    Deactivated,
    /// It was switched on.
    Activated,
    /// It got a new secret.
    Rotated,
    /// The new secret was used for the first time.
    Confirmed,
    /// It was revoked.
    Revoked,
    /// The owner of a team has blocked it there.
    Blocked,
    /// That block was undone.
    Unblocked,
    /// It was refused, `count` times on that day for that reason.
    Refused,
    /// It was used from an address for the first time.
    NewAddress,
}

/// One entry of a token's history.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TokenEntry")]
pub struct TokenEntry {
    /// What happened.
    pub event: TokenEvent,
    /// When; of refusals, the last one.
    pub at: Timestamp,
    /// Why: of a refusal, and of a change that nobody asked for.
    #[serde(default)]
    pub reason: Option<String>,
    /// How many refusals, at least.
    #[serde(default)]
    pub count: Option<u64>,
    /// When the first of them was.
    #[serde(default)]
    pub first_at: Option<Timestamp>,
    /// Who did it; null where nobody known did.
    #[serde(default)]
    pub by: Option<ChangedBy>,
    /// The team it concerns.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// The address it came from.
    #[serde(default)]
    pub ip: Option<String>,
    /// The client, as it named itself.
    #[serde(default)]
    pub user_agent: Option<String>,
}

/// Who made a change.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "By")]
pub struct ChangedBy {
    /// The person.
    pub user_id: UserId,
    /// Session or token.
    pub credential: Credential,
    /// The token, if it was one.
    pub token_id: Option<TokenId>,
}

impl TokenEntry {
    /// Something that happened now.
    pub fn new(event: TokenEvent, at: Timestamp) -> Self {
        Self {
            event,
            at,
            reason: None,
            count: None,
            first_at: None,
            by: None,
            team_id: None,
            ip: None,
            user_agent: None,
        }
    }

    /// A change that somebody made.
    pub fn by(event: TokenEvent, at: Timestamp, actor: &Actor) -> Self {
        let Actor { user, credential, token, ip, form: _, source: _, request_id: _ } = actor;
        // Nobody changes a token through a form.
        let by = user.clone().zip(*credential).map(|(user_id, credential)| ChangedBy {
            user_id,
            credential,
            token_id: token.clone(),
        });
        Self { by, ip: Some(ip.clone()), ..Self::new(event, at) }
    }
}

/// A use of a token, as its history records it.
pub struct TokenUse<'a> {
    /// Whose token.
    pub user: &'a UserId,
    /// Which.
    pub token: &'a TokenId,
    /// When and from where.
    pub used: LastUsed,
}

/// The histories of all tokens.
#[derive(Clone)]
pub struct History {
    activity: Table,
    clock: Clock,
}

impl History {
    /// The histories in these tables.
    pub fn new(tables: &Tables) -> Self {
        let Tables { activity, clock, .. } = tables.clone();
        Self { activity, clock }
    }

    /// The write of an entry, to be done with the change it tells of.
    ///
    /// # Errors
    /// 500: an entry always has a form that DynamoDB knows.
    pub fn entry(&self, user: &UserId, token: &TokenId, entry: &TokenEntry) -> Result<Write> {
        // Entries of one moment differ in the part of a new id behind it.
        let key = Key::new(partition(user, token), format!("{}#{}", entry.at, TokenId::new().suffix()));
        let mut item: Item = serde_dynamo::to_item(entry).map_err(anyhow::Error::from)?;
        item.insert("expires".to_owned(), expires(entry.at));
        Ok(self.activity.put_item(key, item))
    }

    /// Counts refusals of a token for one reason, on this day.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn record_refusals(&self, of: TokenUse<'_>, reason: &str, count: u64) -> Result<()> {
        let TokenUse { user, token, used: LastUsed { at, ip, user_agent } } = of;
        let day = at.start_of_day();
        let write = self.activity.update(Key::new(partition(user, token), format!("{day}{REFUSED}{reason}")));
        let write = write
            .set("event", attribute(&TokenEvent::Refused)?)
            .set("reason", attribute(&reason)?)
            .set("at", attribute(&at)?)
            .set_if_missing("first_at", attribute(&at)?)
            .set("ip", attribute(&ip)?)
            .set("user_agent", attribute(&user_agent)?)
            .set("expires", expires(at))
            .add("count", i64::try_from(count).unwrap_or(i64::MAX));
        self.activity.write(write).await?;
        Ok(())
    }

    /// Records an address, with an entry if the token was not used from it within the time that addresses are
    /// remembered.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn record_address(&self, of: TokenUse<'_>, address: &str) -> Result<()> {
        let TokenUse { user, token, used: LastUsed { at, ip, user_agent } } = of;
        let seen = Key::new(format!("ADDRESS#{user}#{token}"), address);
        let marker = self.activity.put_item(seen.clone(), [("expires".to_owned(), expires(at))].into());
        let entry = TokenEntry { ip, user_agent, ..TokenEntry::new(TokenEvent::NewAddress, at) };
        let writes = vec![marker.when(Condition::ItemMissing), self.entry(user, token, &entry)?];
        match self.activity.transact(writes).await {
            Ok(()) => Ok(()),
            // It is known: its expiry is extended.
            Err(WriteError::ConditionFailed(_)) => {
                self.activity.write(self.activity.update(seen).set("expires", expires(at))).await?;
                Ok(())
            }
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// A page of a token's history, the latest first. Refusals are counted by the day, and so lie where their day begins; here
    /// they stand where the last of them happened.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn page(
        &self,
        user: &UserId,
        token: &TokenId,
        after: Option<Item>,
        limit: usize,
    ) -> Result<(Vec<TokenEntry>, Option<Item>)> {
        let partition = partition(user, token);
        let before = after.as_ref().and_then(|after| text(after, "sk")).map(str::to_owned);
        let found = self.activity.query(self.latest(&partition).after(after).limit(limit)).await?;
        let end = found.next.as_ref().and_then(|next| text(next, "sk")).map(str::to_owned);
        let mut items = found.items;
        if let Some(day) = end.as_deref().and_then(start_of_day) {
            // The page ends in a day whose refusals lie behind its end, and may have happened before it.
            let (begin, behind) = (format!("{day}{REFUSED}"), format!("{day}{REFUSED_END}"));
            let refusals = self.latest(&partition).between("sk", Some(&begin), Some(&behind));
            items.retain(|item| !text(item, "sk").is_some_and(|sk| sk.starts_with(&begin)));
            items.extend(self.activity.query(refusals).await?.items);
        }
        let mut placed = items.into_iter().map(place).collect::<Result<Vec<_>>>()?;
        placed.retain(|(place, _)| {
            before.as_ref().is_none_or(|before| place < before) && end.as_ref().is_none_or(|end| place >= end)
        });
        placed.sort_by(|(one, _), (other, _)| other.cmp(one));
        let next = if placed.len() > limit { Some(placed[limit - 1].0.clone()) } else { end };
        placed.truncate(limit);
        let cursor = |sk: String| Key::new(partition, sk).into_item();
        Ok((placed.into_iter().map(|(_, entry)| entry).collect(), next.map(cursor)))
    }

    /// What is kept, the latest first.
    fn latest(&self, partition: &str) -> TableQuery {
        let now = AttributeValue::N(self.clock.now().seconds().to_string());
        TableQuery::partition(partition).latest_first().filter(Condition::Above("expires".into(), now))
    }
}

/// An entry with its place in time: the sort key of most, and of refusals what it would be.
fn place(item: Item) -> Result<(String, TokenEntry)> {
    let sk = text(&item, "sk").unwrap_or_default().to_owned();
    let entry: TokenEntry = decode(item)?;
    let place = match (entry.event, sk.split_once(REFUSED)) {
        (TokenEvent::Refused, Some((_, reason))) => format!("{}{REFUSED}{reason}", entry.at),
        _ => sk,
    };
    Ok((place, entry))
}

/// The beginning of the day that a place in time is on.
fn start_of_day(place: &str) -> Option<Timestamp> {
    Some(place.split('#').next()?.parse::<Timestamp>().ok()?.start_of_day())
}

fn partition(user: &UserId, token: &TokenId) -> String {
    format!("HISTORY#{user}#{token}")
}

fn expires(at: Timestamp) -> AttributeValue {
    AttributeValue::N((at.seconds() + KEEP_SECONDS).to_string())
}
