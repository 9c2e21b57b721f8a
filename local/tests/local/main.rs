//! The local system from outside: as a process, as an issuer of sessions, and with its demo.

#![expect(clippy::unwrap_used, reason = "a test ends where something is amiss")]

mod contacts;
mod dice;
mod files;
mod http;
mod kept;
mod key_ring;
mod killed;
mod object_store;
mod process;
mod secrets;
mod seed;
mod sessions;
mod sign_in;
mod tables;
mod told;
