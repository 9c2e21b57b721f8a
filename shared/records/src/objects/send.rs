//! Sends an object as it is now to the webhooks that subscribe to sent objects, though nothing has changed.

use api::extract::IfMatch;
use base::{Result, id::ObjectId};
use table::{WriteError, attribute};

use super::{
    Collection, Objects, Writer,
    conditions::{is_expected, refusal},
    keys::object_key,
};

impl Objects {
    /// Counts one more sending on the object, and who did it when. The object itself stays as it is, and so does its version.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version.
    pub async fn send(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        let write =
            self.table.update(object_key(&collection.stored, id)).set("actor", attribute(&by.actor())?);
        let write = write.set("sent_at", attribute(&self.now())?).add("sends", 1);
        let outcome = self.table.write(write.when(is_expected(if_match))).await;
        outcome.map(drop).map_err(|error| match error {
            WriteError::ConditionFailed(refused) => refusal(&refused, if_match),
            WriteError::Failed(error) => error,
        })
    }
}
