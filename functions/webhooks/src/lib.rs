//! Webhooks: who is told when something happens to objects, and what became of each telling.

mod change;
mod deliveries;
mod handlers;
mod recover;
mod resend;
mod rotation;
mod shown;
mod store;
mod told;
mod trash;
mod types;
mod urls;
mod webhook;

use shared::{
    Permission::{WebhookCreate, WebhookDelete, WebhookForceDelete, WebhookRead, WebhookUpdate},
    Routes,
};

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Webhooks", "/v1/teams/{team}/webhooks")
        .about("Who is told when something happens to objects, and what became of each telling.")
        .post("", WebhookCreate, "Create a webhook", handlers::create)
        .get("", WebhookRead, "List the webhooks", handlers::list)
        .get("/{webhook}", WebhookRead, "Read a webhook", handlers::read)
        .patch("/{webhook}", WebhookUpdate, "Change a webhook, or switch it off or on", handlers::update)
        .delete("/{webhook}", WebhookDelete, "Move a webhook to the trash", handlers::trash)
        .delete("/{webhook}/force", WebhookForceDelete, "Destroy a webhook", handlers::destroy)
        .post("/{webhook}/restore", WebhookUpdate, "Restore a webhook from the trash", handlers::restore)
        .post("/{webhook}/rotate-secret", WebhookUpdate, "Give a webhook a new secret", handlers::rotate)
        .post("/{webhook}/test", WebhookUpdate, "Send a test event", handlers::test)
        .get("/{webhook}/deliveries", WebhookRead, "List the deliveries, latest first", handlers::deliveries)
        .get(
            "/{webhook}/deliveries/{delivery}",
            WebhookRead,
            "Read a delivery with its request and all attempts",
            handlers::delivery,
        )
        .post(
            "/{webhook}/deliveries/{delivery}/redeliver",
            WebhookUpdate,
            "Send a delivery again",
            handlers::redeliver,
        )
        .post(
            "/{webhook}/recover",
            WebhookUpdate,
            "Send again what did not come through in a time",
            handlers::recover,
        )
}
