//! Webhook subscriptions, and the deliveries made for them.

mod change;
mod deliveries;
mod handlers;
mod recovery;
mod redelivery;
mod rotation;
mod store;
mod types;
mod view;
mod webhook;
mod write_response;

use api::Routes;
use base::Permission::{WebhookCreate, WebhookDelete, WebhookForceDelete, WebhookRead, WebhookUpdate};

pub use store::Store;

/// The table of routes.
pub fn routes() -> Routes<Store> {
    Routes::new("Webhooks", "/v1/teams/{team}/webhooks")
        .about("Webhook subscriptions to changes of objects, and the deliveries made for them.")
        .post("", WebhookCreate, "Create a webhook", handlers::create)
        .get("", WebhookRead, "List the webhooks", handlers::list)
        .get("/{webhook}", WebhookRead, "Read a webhook", handlers::read)
        .patch("/{webhook}", WebhookUpdate, "Change a webhook, or switch it off or on", handlers::update)
        .delete("/{webhook}", WebhookDelete, "Move a webhook to the trash", handlers::trash)
        .delete("/{webhook}/force", WebhookForceDelete, "Destroy a webhook", handlers::destroy)
        .post("/{webhook}/restore", WebhookUpdate, "Restore a webhook from the trash", handlers::restore)
        .post("/{webhook}/rotate-secret", WebhookUpdate, "Rotate the secret of a webhook", handlers::rotate)
        .post("/{webhook}/test", WebhookUpdate, "Send a test event", handlers::test)
        .get("/{webhook}/deliveries", WebhookRead, "List the deliveries, latest first", handlers::deliveries)
        .get(
            "/{webhook}/deliveries/{delivery}",
            WebhookRead,
            "Read a delivery with its request and attempts",
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
            "Send the undelivered events of a time range again",
            handlers::recover,
        )
}
