//! The collection that a path names.

use std::{ops::Deref, sync::Arc};

use api::{
    Member,
    extract::{Json, Path},
    openapi::{Input, Operation},
};
use axum::{
    extract::{FromRef, FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use base::{Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Objects;
use crate::object_type::{ObjectType, StoredObjectType};

/// The objects of one type of the caller's team. As an extractor it is the one that the parameter `type` of the path names,
/// by id or slug; there is no way to objects of another team.
#[derive(Clone)]
pub struct Collection {
    /// The type.
    pub stored: Arc<StoredObjectType>,
}

impl Deref for Collection {
    type Target = ObjectType;

    fn deref(&self) -> &ObjectType {
        &self.stored.object_type
    }
}

/// The path of a collection.
#[derive(Deserialize, JsonSchema)]
pub struct TypePath {
    /// The type, by id or slug.
    pub r#type: String,
}

/// A body, and the collection that it is for. What is wrong with the body comes before whether there is such a collection.
pub struct Within<T> {
    /// The collection.
    pub collection: Collection,
    /// The body.
    pub body: T,
}

impl<S: Send + Sync> FromRequestParts<S> for Collection
where
    Objects: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let member = Member::from_request_parts(parts, state).await?;
        let Path(path) = Path::<TypePath>::from_request_parts(parts, state).await?;
        Objects::from_ref(state).collection(&member, &path.r#type).await
    }
}

impl Input for Collection {
    fn describe(operation: &mut Operation) {
        Path::<TypePath>::describe(operation);
    }
}

impl<S: Send + Sync, T: Send> FromRequest<S> for Within<T>
where
    Objects: FromRef<S>,
    Json<T>: FromRequest<S, Rejection = Error>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let Json(body) = Json::<T>::from_request(whole, state).await?;
        Ok(Self { collection: Collection::from_request_parts(&mut parts, state).await?, body })
    }
}

impl<T> Input for Within<T>
where
    Json<T>: Input,
{
    const READS_BODY: bool = <Json<T> as Input>::READS_BODY;

    fn describe(operation: &mut Operation) {
        Collection::describe(operation);
        <Json<T> as Input>::describe(operation);
    }
}
