//! Sending an object: as it is now it goes to the webhooks that ask for what is sent, though nothing has changed.

use shared::{
    Member, Result,
    extract::IfMatch,
    id::ObjectId,
    table::{WriteError, attribute},
};

use crate::{
    item::object_key,
    store::{Store, TypeInTeam, is_expected, refusal},
};

impl Store {
    /// Counts one more sending on the object, and who did it when. The object itself stays as it is, and so does its version.
    pub(crate) async fn send(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        if_match: &IfMatch,
    ) -> Result<()> {
        let write = self.objects.update(object_key(&object_type.0, id)).set("actor", attribute(&by.actor())?);
        let write = write.set("sent_at", attribute(&self.now())?).add("sends", 1);
        let outcome = self.objects.write(write.when(is_expected(if_match))).await;
        outcome.map(drop).map_err(|error| match error {
            WriteError::Refused(refused) => refusal(&refused, if_match),
            WriteError::Failed(error) => error,
        })
    }
}
