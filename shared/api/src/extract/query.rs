//! The query of a request.

use std::collections::{BTreeMap, HashMap};

use axum::{extract::FromRequestParts, http::request::Parts};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::openapi::{Input, Operation};
use base::{
    error::{Error, Fault, Result, Violation},
    json::{self, JsonRefusal},
};

/// The parameters of a query. Types deny unknown ones; what is wrong with one is told with its name.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        read(&pairs(parts.uri.query().unwrap_or_default())?).map(Self)
    }
}

impl<T: JsonSchema> Input for Query<T> {
    const READS_QUERY: bool = true;

    fn describe(operation: &mut Operation) {
        operation.query::<T>();
    }
}

/// The parameters by name, each at most once. Of a name that ends with `[]` there may be several: the first is called `[0]`,
/// and so on.
pub(super) fn pairs(query: &str) -> Result<BTreeMap<String, String>> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| {
        Error::invalid(vec![Fault::new("?", Violation::Invalid, "The query string is not well formed.")])
    })?;
    let (mut members, mut lists) = (BTreeMap::new(), HashMap::<String, usize>::new());
    for (name, value) in pairs {
        let name = match name.strip_suffix("[]") {
            Some(list) => {
                let place = lists.entry(list.to_owned()).or_default();
                *place += 1;
                format!("{list}[{}]", *place - 1)
            }
            None => name,
        };
        if members.insert(name.clone(), value).is_some() {
            let fault = Fault::new(
                format!("?{name}"),
                Violation::DuplicateMember,
                "This parameter stands in the query twice.",
            );
            return Err(Error::invalid(vec![fault]));
        }
    }
    Ok(members)
}

/// The parameters as a type takes them.
pub(super) fn read<T: DeserializeOwned>(query: &BTreeMap<String, String>) -> Result<T> {
    json::read_query(query).map_err(JsonRefusal::in_query)
}
