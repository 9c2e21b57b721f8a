//! DynamoDB behind a few typed operations: nothing outside this folder knows expressions or the errors of the
//! SDK.

mod condition;
mod query;
mod refusal;
mod retry;
mod scan;
mod write;

use std::{collections::HashMap, sync::Arc};

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::KeysAndAttributes,
};
use serde::{Serialize, de::DeserializeOwned};

pub use aws_sdk_dynamodb::types::AttributeValue;
pub use condition::Condition;
pub use query::{Batch, QueryPage, TableQuery};
pub use refusal::{ConditionFailed, WriteError, applied, applied_as};
pub use retry::{Attempt, retry};
pub use scan::ScanBudget;
pub use write::Write;

use self::retry::{CONFLICT_RETRIES_MAX, backoff};

use base::{
    error::{Error, Fault, Result, Violation},
    timestamp::Timestamp,
};

/// An item as DynamoDB holds it.
pub type Item = HashMap<String, AttributeValue>;

/// The primary key of an item: every table has `pk` and `sk`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The place in it.
    pub sk: String,
}

impl Key {
    /// A key.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The key of an item.
    pub fn of(item: &Item) -> Option<Self> {
        Some(Self::new(text(item, "pk")?, text(item, "sk")?))
    }

    /// Whether it is the key of that item.
    pub fn is_of(&self, item: &Item) -> bool {
        text(item, "pk") == Some(&self.pk) && text(item, "sk") == Some(&self.sk)
    }

    /// The key as an item: behind it a query goes on.
    pub fn into_item(self) -> Item {
        [("pk".to_owned(), AttributeValue::S(self.pk)), ("sk".to_owned(), AttributeValue::S(self.sk))].into()
    }
}

/// The most keys of one call.
const KEYS_MAX: usize = 100;

/// A table. All reads by key are strongly consistent.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: Arc<str>,
}

impl Table {
    /// The table of that name.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.into() }
    }

    /// The item under the key.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn get(&self, key: Key) -> Result<Option<Item>> {
        let call = self.client.get_item().table_name(&*self.name).set_key(Some(key.into_item()));
        Ok(call.consistent_read(true).send().await.map_err(failure)?.item)
    }

    /// The items under these keys, each once, in no order; 100 in a round trip unless DynamoDB asks for more.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Item>> {
        self.get_many_within(keys, usize::MAX).await.map(Option::unwrap_or_default)
    }

    /// The same if the items have no more bytes together: DynamoDB gives 16 MB at a time, and no more is asked for than is
    /// wanted.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn get_many_within(&self, mut keys: Vec<Key>, size_max: usize) -> Result<Option<Vec<Item>>> {
        keys.sort();
        keys.dedup();
        let (mut items, mut room) = (Vec::with_capacity(keys.len()), size_max);
        for keys in keys.chunks(KEYS_MAX) {
            let Some(found) = self.get_batch(keys.to_vec(), &mut room).await? else { return Ok(None) };
            items.extend(found);
        }
        Ok(Some(items))
    }

    /// Up to 100 items, if there is room for them, which they take.
    async fn get_batch(&self, keys: Vec<Key>, room: &mut usize) -> Result<Option<Vec<Item>>> {
        let mut items = Vec::with_capacity(keys.len());
        let mut left: Vec<Item> = keys.into_iter().map(Key::into_item).collect();
        for attempt in 0..CONFLICT_RETRIES_MAX {
            if left.is_empty() {
                break;
            }
            if attempt > 0 {
                backoff(attempt).await;
            }
            let wanted = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true).build();
            let wanted = wanted.map_err(anyhow::Error::from)?;
            let answer = self.client.batch_get_item().request_items(&*self.name, wanted).send().await;
            let answer = answer.map_err(failure)?;
            for item in answer.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                let Some(rest) = room.checked_sub(size_of(&item)) else { return Ok(None) };
                *room = rest;
                items.push(item);
            }
            let rest = answer.unprocessed_keys.and_then(|mut keys| keys.remove(&*self.name));
            left = rest.map(|rest| rest.keys).unwrap_or_default();
        }
        if left.is_empty() {
            Ok(Some(items))
        } else {
            Err(Error::unavailable(anyhow::anyhow!("keys stayed unread")))
        }
    }
}

/// The bytes of an item, as DynamoDB counts them, about.
fn size_of(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of_value(value)).sum()
}

fn size_of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size_of_value(value)).sum::<usize>(),
        AttributeValue::M(members) => 3 + members.len() + size_of(members),
        _ => 1,
    }
}

/// Reads a value out of an item.
///
/// # Errors
/// 500: what is stored always has its form.
pub fn decode<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_dynamo::from_item(item)
        .map_err(|error| anyhow::Error::from(error).context("reading a stored item").into())
}

/// Writes a value as an attribute.
///
/// # Errors
/// 500: what is stored always has a form that DynamoDB knows.
pub fn attribute(value: &impl Serialize) -> Result<AttributeValue> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|error| anyhow::Error::from(error).context("writing a value").into())
}

/// A text attribute of an item.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole number among the attributes of an item.
pub fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Whether the time is over that the table keeps an item; DynamoDB removes it some time later.
pub fn is_expired(item: &Item, now: Timestamp) -> bool {
    number(item, "expires").is_some_and(|end| i64::try_from(end).is_ok_and(|end| end <= now.seconds()))
}

/// DynamoDB's word for an item over 400 KB, of a single write and of one in a transaction, and for a transaction over 4 MB.
fn is_too_large(code: Option<&str>, message: Option<&str>) -> bool {
    matches!(code, Some("ValidationException" | "ValidationError"))
        && message.is_some_and(|message| {
            let message = message.to_lowercase();
            message.contains("item size") || message.contains("aggregate size")
        })
}

fn too_large() -> Error {
    let detail = "This would be larger than 350 KB, which is the most one thing may have.";
    Error::unprocessable(vec![Fault::new("", Violation::TooLarge, detail)])
}

/// What says that the function may not ask now, whatever it asks: as long as a policy or a clock is not in place yet.
const REFUSALS_OF_ALL: [&str; 5] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
];

/// A failed call: busy and away are for the client to try again, all else is our fault. What passes is what the SDK's own
/// retries take for that, by code or by status.
fn failure<E>(error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if let Some(error) = error.as_service_error()
        && is_too_large(error.code(), error.message())
    {
        return too_large();
    }
    let is_passing = match &error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let codes = [THROTTLING_ERRORS, TRANSIENT_ERRORS, &REFUSALS_OF_ALL];
            let is_known = |code| codes.iter().any(|codes| codes.contains(&code));
            status >= 500 || [408, 429].contains(&status) || context.err().code().is_some_and(is_known)
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    };
    let cause = anyhow::Error::from(error).context("calling DynamoDB");
    if is_passing { Error::unavailable(cause) } else { cause.into() }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{error::ErrorMetadata, operation::put_item::PutItemError};
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;
    use base::error::Code;

    fn code(status: u16, code: Option<&str>) -> Code {
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        failure(SdkError::service_error(PutItemError::generic(metadata.build()), response)).code
    }

    #[test]
    fn what_passes_is_for_the_client_to_try_again_and_all_else_is_our_fault() {
        for (status, name) in [
            (500, None),
            (500, Some("InternalFailure")),
            (502, Some("Unknown")),
            (503, Some("SlowDown")),
            (504, None),
            (408, Some("RequestTimeout")),
            (429, None),
            (400, Some("Throttling")),
            (400, Some("ThrottlingException")),
            (400, Some("TooManyRequestsException")),
            (400, Some("RequestThrottledException")),
            (400, Some("LimitExceededException")),
            (400, Some("ProvisionedThroughputExceededException")),
            (400, Some("AccessDeniedException")),
            (400, Some("ExpiredTokenException")),
            (403, Some("InvalidSignatureException")),
        ] {
            assert_eq!(code(status, name), Code::Unavailable, "{status} {name:?}");
        }
        for (status, name) in [
            (400, None),
            (400, Some("ValidationException")),
            (400, Some("ResourceNotFoundException")),
            (413, Some("RequestTooLarge")),
        ] {
            assert_eq!(code(status, name), Code::Internal, "{status} {name:?}");
        }
    }
}
