//! The whole system, through HTTP only.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something unexpected happens"
)]

mod attachments;
mod audit;
mod authorizer;
mod batch;
mod bodies;
mod browsers;
mod circles;
mod contention;
mod conventions;
mod counter;
mod deadline;
mod discovery;
mod docs;
mod document;
mod echo;
mod every_route;
mod example;
mod field_types;
mod fuzz;
mod generated;
mod guessing;
mod harness;
mod heads;
mod hostile;
mod invocation;
mod jobs;
mod layers;
mod leaked;
mod limits;
mod model;
mod no_change;
mod object_types;
mod objects;
mod operations;
mod preconditions;
mod queries;
mod query_model;
mod recipe;
mod registries;
mod related;
mod reuse;
mod revocation;
mod sent_back;
mod single_permissions;
mod sizes;
mod ssrf;
mod stored;
mod strict_json;
mod taking_over;
mod team_settings;
mod team_tokens;
mod teams;
mod template;
mod tidy;
mod token_format;
mod token_history;
mod token_overlap;
mod token_rotation;
mod tokens;
mod tree;
mod type_changes;
mod type_count;
mod type_looks;
mod type_trash;
mod unanswered;
mod units;
mod unseen;
mod uploads;
mod values;
mod webhooks;
