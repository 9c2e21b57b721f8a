//! What is found, what is kept, and that nothing panics.

mod cuts;
mod documents;
mod mutations;
mod polyglots;
mod variants;

use crate::identify;
use file_types::Finding;

async fn found(bytes: &[u8]) -> Finding {
    identify(&bytes.to_vec()).await.unwrap()
}
