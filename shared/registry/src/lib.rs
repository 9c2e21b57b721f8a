//! Every kind of resource of a team, once. What has to know all of them asks here, so that a new kind is forgotten nowhere.

#[doc(hidden)]
pub use form;
#[doc(hidden)]
pub use records;
#[doc(hidden)]
pub use resources;
#[doc(hidden)]
pub use upload;
#[doc(hidden)]
pub use view;
#[doc(hidden)]
pub use webhook;

/// Gives the types of all resources to a macro.
#[macro_export]
macro_rules! for_each_resource {
    ($macro:ident) => {
        $macro! {
            $crate::records::object_type::StoredObjectType,
            $crate::webhook::StoredWebhook,
            $crate::upload::StoredUpload,
            $crate::form::StoredForm,
            $crate::view::StoredView,
        }
    };
}
