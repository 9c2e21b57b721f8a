//! What each route does.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Member, Result,
    answer::{Created, Versioned},
    extract::{Json, List, Page, Path, State},
    object_type::ObjectType,
};

use crate::{object_type::NewObjectType, store::Store};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct TypePath {
    r#type: String,
}

pub(crate) async fn create(
    member: Member,
    State(store): State<Store>,
    Json(new): Json<NewObjectType>,
) -> Result<Created<ObjectType>> {
    let object_type = store.create(&member, new.checked()?).await?;
    let location = format!("/v1/teams/{}/object-types/{}", member.team, object_type.id);
    Ok(Created { location, version: object_type.version, body: object_type })
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page,
) -> Result<Json<List<ObjectType>>> {
    let (types, next) = store.list(&member.team, &page).await?;
    Ok(Json(page.of(types, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
) -> Result<Versioned<ObjectType>> {
    let object_type = store.read(&member.team, &path.r#type).await?;
    Ok(Versioned(object_type.version, object_type))
}
