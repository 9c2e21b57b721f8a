//! Files that people and services send: told of here, sent to the bucket by a signed URL, looked at by the function `media`,
//! and fetched from the bucket by another one.

mod content;
mod handlers;
mod input;
mod parts;
mod removal;
mod settle;
mod store;
mod view;

use api::Routes;
use base::Permission::{ObjectDelete, ObjectForceDelete, ObjectRead, Upload};
use base::access::Access;

pub use store::Store;

/// The table of routes.
pub fn routes() -> Routes<Store> {
    let own_or_all = || Access::NeedsAny(vec![Upload, ObjectRead]);
    Routes::new("Uploads", "/v1/teams/{team}/uploads")
        .about("Files: told of here, sent to the bucket with a signed URL, and fetched from there with another one.")
        .post("", Upload, "Begin an upload", handlers::create)
        .refusing(&[409, 429])
        .get("", own_or_all(), "List the uploads", handlers::list)
        .get("/{upload}", own_or_all(), "Read an upload", handlers::read)
        .post("/{upload}/parts", Upload, "Get URLs for parts of an upload", handlers::parts)
        .refusing(&[409])
        .post("/{upload}/complete", Upload, "Complete an upload whose bytes were sent", handlers::complete)
        .refusing(&[409])
        .get("/{upload}/content", ObjectRead, "Get a URL of the content", handlers::content)
        .refusing(&[409])
        .get("/{upload}/references", ObjectRead, "List the values that name an upload", handlers::references)
        .delete(
            "/{upload}",
            Access::NeedsAny(vec![Upload, ObjectDelete]),
            "Delete an upload",
            handlers::delete,
        )
        .delete("/{upload}/force", ObjectForceDelete, "Destroy an upload", handlers::destroy)
}
