//! Every kind of resource of a team, once. What has to know all of them asks here, so that a new kind is forgotten nowhere.

mod upload;

#[doc(hidden)]
pub use records;
#[doc(hidden)]
pub use resources;
#[doc(hidden)]
pub use webhook;

pub use upload::{Content, PUT_OVER_SECONDS, PUT_SECONDS, Rejection, UPLOADS_MAX, Upload, UploadStatus};

/// An upload as it is stored.
pub type StoredUpload = resources::resource::Stored<Upload>;

/// Gives the types of all resources to a macro.
#[macro_export]
macro_rules! for_each_resource {
    ($macro:ident) => {
        $macro! {
            $crate::records::object_type::StoredObjectType,
            $crate::webhook::StoredWebhook,
            $crate::StoredUpload,
        }
    };
}
