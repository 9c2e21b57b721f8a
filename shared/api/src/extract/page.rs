//! Pagination: the query of a page, and the sealed cursor of the next one.

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt::Debug};

use super::query;
use crate::{
    caller::Caller,
    openapi::{Input, Operation},
};
use base::{
    error::{Code, Error, Fault, Result, Violation},
    id::UserId,
    timestamp::Timestamp,
};
use keys::Platform;
use table::{AttributeValue, Item};

const LIMIT_DEFAULT: usize = 50;
/// The most things on a page.
pub const LIMIT_MAX: usize = 100;
/// A cursor older than this leads nowhere.
const CURSOR_SECONDS: i64 = 24 * 60 * 60;

/// The query of a list: `limit`, `cursor`, and what else the list can be narrowed by.
pub struct Page<F = NoFilter> {
    /// The most items to answer with.
    pub limit: usize,
    /// Where the page begins: behind this key.
    pub after: Option<Item>,
    /// What else the query says.
    pub filter: F,
    context: String,
    platform: Platform,
}

/// Builds pages of a list whose `limit` and `cursor` are not in the query, or not alone there.
pub struct PageBuilder {
    user: UserId,
    path: String,
    platform: Platform,
}

/// A list that cannot be narrowed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// One page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub struct List<T> {
    /// The things.
    #[schemars(length(max = LIMIT_MAX))]
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// What a cursor holds, sealed: nobody can read or change it.
#[derive(Serialize, Deserialize)]
struct CursorContent {
    key: BTreeMap<String, String>,
    made_at: i64,
}

impl<F> Page<F> {
    /// The same page with what its narrowing turned out to mean.
    pub fn with<G>(self, filter: G) -> Page<G> {
        let Self { limit, after, filter: _, context, platform } = self;
        Page { limit, after, filter, context, platform }
    }

    /// The same page of at most so many things, where a list has a size of its own.
    #[must_use]
    pub fn of_size(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// The page with these things, leading on if there are more.
    ///
    /// # Errors
    /// 500 when the key ring cannot be had.
    pub async fn of<T>(&self, data: Vec<T>, next: Option<Item>) -> Result<List<T>> {
        Ok(List { data, next_cursor: self.cursor(next).await? })
    }

    /// The cursor that leads on behind this key.
    ///
    /// # Errors
    /// 500 when the key ring cannot be had.
    pub async fn cursor(&self, next: Option<Item>) -> Result<Option<String>> {
        let Some(next) = next else { return Ok(None) };
        let text = |(name, value)| Some((name, AttributeValue::as_s(&value).ok()?.clone()));
        let cursor =
            CursorContent { key: next.into_iter().filter_map(text).collect(), made_at: self.now().seconds() };
        let plain = serde_json::to_vec(&cursor).map_err(anyhow::Error::from)?;
        let sealed = self.platform.keys.ring().await?.seal(&self.context, &plain)?;
        Ok(Some(BASE64_URL_SAFE_NO_PAD.encode(sealed)))
    }

    async fn open(&self, cursor: &str, pointer: &str) -> Result<Item> {
        let ring = self.platform.keys.ring().await?;
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
        let plain = sealed.and_then(|sealed| ring.open(&self.context, &sealed));
        let cursor = plain.and_then(|plain| serde_json::from_slice::<CursorContent>(&plain).ok());
        let cursor = cursor.filter(|cursor| self.now().seconds() - cursor.made_at <= CURSOR_SECONDS);
        let cursor = cursor.ok_or_else(|| {
            let detail = "Ask for the first page again, without a cursor.";
            let fault = Fault::new(pointer, Violation::InvalidCursor, detail);
            Error::new(Code::InvalidCursor, "The cursor leads nowhere in this list.").with_faults(vec![fault])
        })?;
        Ok(cursor.key.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect())
    }

    fn now(&self) -> Timestamp {
        self.platform.clock.now()
    }
}

impl PageBuilder {
    /// The same for the list at another path, on which an answer leads.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), user: self.user.clone(), platform: self.platform.clone() }
    }

    /// The page of that size behind the cursor, of the list narrowed so. A fault is told at `limit` or `cursor` behind
    /// `prefix`: `/` for a body, `?` for a query.
    ///
    /// # Errors
    /// 400, in a body 422, when the size is out of range; 400 when the cursor is of another list.
    pub async fn page<F: Debug>(
        self,
        prefix: &str,
        (limit, cursor): (Option<usize>, Option<&str>),
        filter: F,
    ) -> Result<Page<F>> {
        let limit = check_limit(&format!("{prefix}limit"), Some(limit.unwrap_or(LIMIT_DEFAULT)));
        // In a body it is a rule of range like any other.
        let limit = limit.map_err(|error| match prefix {
            "/" => Error::unprocessable(error.faults().to_vec()),
            _ => error,
        })?;
        // A cursor belongs to its list, its narrowing and its caller; the size of the page may change on the way.
        let context = format!("cursor {} {} {filter:?}", self.user, self.path);
        let page = Page { limit, after: None, filter, context, platform: self.platform };
        // An empty one is that of the first page: so clients write a parameter that they have nothing for.
        let after = match cursor.filter(|cursor| !cursor.is_empty()) {
            Some(cursor) => Some(page.open(cursor, &format!("{prefix}cursor")).await?),
            None => None,
        };
        Ok(Page { after, ..page })
    }
}

impl<S: Sync> FromRequestParts<S> for PageBuilder {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let platform = parts.extensions.get::<Platform>().cloned();
        let platform =
            platform.ok_or_else(|| anyhow::anyhow!("a list was asked of a function without a platform"))?;
        Ok(Self { user: caller.user, path: parts.uri.path().to_owned(), platform })
    }
}

impl<S: Sync, F: DeserializeOwned + Send + Sync> FromRequestParts<S> for Page<F> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let pages = PageBuilder::from_request_parts(parts, state).await?;
        let mut members = query::pairs(parts.uri.query().unwrap_or_default())?;
        let (limit, cursor) = (members.remove("limit"), members.remove("cursor"));
        let limit = match limit {
            Some(limit) => Some(check_limit("?limit", limit.parse().ok())?),
            None => None,
        };
        let filter = query::read(&members)?;
        Ok(pages.page("?", (limit, cursor.as_deref()), members).await?.with(filter))
    }
}

fn check_limit(pointer: &str, limit: Option<usize>) -> Result<usize> {
    limit.filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
        let detail = format!("Send a whole number from 1 to {LIMIT_MAX}.");
        Error::invalid(vec![Fault::new(pointer, Violation::OutOfRange, detail)])
    })
}

impl Input for PageBuilder {
    fn describe(_: &mut Operation) {}
}

impl<F: JsonSchema> Input for Page<F> {
    const READS_QUERY: bool = true;

    fn describe(operation: &mut Operation) {
        operation.query_parameter(
            "limit",
            "How many at most.",
            serde_json::json!({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}),
        );
        operation.query_parameter(
            "cursor",
            "`next_cursor` of the page before.",
            serde_json::json!({"type": "string"}),
        );
        operation.query::<F>();
    }
}
