//! Views: which objects of a type somebody looks at, in which order, and how; and what they show.

mod answer;
mod dashboard;
mod filter;
mod handlers;
mod parts;
mod rules;
mod store;
mod view;

use api::Routes;
use base::Permission::{ViewCreate, ViewDelete, ViewForceDelete, ViewRead, ViewUpdate};

pub use store::Store;

/// The table of routes.
pub fn routes() -> Routes<Store> {
    Routes::new("Views", "/v1/teams/{team}/views")
        .about(
            "Tables, boards, calendars, galleries, charts, numbers and dashboards of the objects of a team.",
        )
        .post("", ViewCreate, "Create a view", handlers::create)
        .get("", ViewRead, "List the views", handlers::list)
        .get("/{view}", ViewRead, "Read a view", handlers::read)
        .patch("/{view}", ViewUpdate, "Change a view", handlers::update)
        .delete("/{view}", ViewDelete, "Move a view to the trash", handlers::trash)
        .refusing(&[409])
        .delete("/{view}/force", ViewForceDelete, "Destroy a view", handlers::destroy)
        .refusing(&[409])
        .post("/{view}/restore", ViewUpdate, "Restore a view from the trash", handlers::restore)
        .post("/{view}/duplicate", ViewCreate, "Make a view like another one", handlers::duplicate)
        .get("/{view}/objects", ViewRead, "List the objects that a view shows", handlers::objects)
        .refusing(&[409])
        .ask("/{view}/query", ViewRead, "Find objects among those that a view shows", handlers::query)
        .refusing(&[409])
        .get("/{view}/groups", ViewRead, "Count the groups of a view", handlers::groups)
        .refusing(&[409])
        .get("/{view}/board", ViewRead, "Show a board", handlers::board)
        .refusing(&[409])
        .get("/{view}/range", ViewRead, "Show a part of a calendar", handlers::range)
        .refusing(&[409])
        .get("/{view}/data", ViewRead, "Show a chart, a number or a dashboard", handlers::data)
        .refusing(&[409])
}
