//! Sends an object as it is now to the webhooks that subscribe to sent objects, though nothing has changed.

use api::{Member, extract::IfMatch};
use base::{Result, id::ObjectId};
use table::{WriteError, attribute};

use crate::{
    codec::object_key,
    store::{Collection, Store, is_expected, refusal},
};

impl Store {
    /// Counts one more sending on the object, and who did it when. The object itself stays as it is, and so does its version.
    pub(crate) async fn send(
        &self,
        by: &Member,
        collection: &Collection,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        let write =
            self.objects.update(object_key(&collection.stored, id)).set("actor", attribute(&by.actor())?);
        let write = write.set("sent_at", attribute(&self.now())?).add("sends", 1);
        let outcome = self.objects.write(write.when(is_expected(if_match))).await;
        outcome.map(drop).map_err(|error| match error {
            WriteError::ConditionFailed(refused) => refusal(&refused, if_match),
            WriteError::Failed(error) => error,
        })
    }
}
