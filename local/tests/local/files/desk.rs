//! What writers ask for, one request each, with what the answer may be after all that was tried.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    content::Content,
    journal::{Journal, Outcome},
    site::Caller,
};

/// Somebody who asks and keeps what was told.
pub(super) struct Desk {
    pub(super) caller: Caller,
    pub(super) journal: Arc<Journal>,
}

impl Desk {
    /// Asks what is looked for, and counts it by what became of it.
    #[track_caller]
    fn counted(&self, what: &'static str, status: Option<u16>, refusals: &[u16]) -> Outcome {
        let outcome = Outcome::of(status, refusals);
        self.journal.count(what, outcome);
        outcome
    }

    /// What was just refused as it is not there, or not any more, is removed by somebody who asked for that, or was so for a
    /// moment: a deletion that is refused in the end brings it back.
    fn check_absence(&self, id: &str, status: Option<u16>) {
        let is_absent = matches!(status, Some(404 | 409));
        let is_explained = !is_absent || self.journal.upload(id, |upload| upload.was_removed());
        assert!(is_explained, "{id} is gone, and nobody has removed it");
    }

    /// Begins an upload.
    pub(super) async fn begin(&self, content: Content) -> Option<(u16, Value)> {
        let body = json!({"filename": content.filename(), "size": content.sent().len(), "parts": content.is_in_parts()});
        let answer = self.caller.send("POST", "/uploads", Some(body)).await;
        let status = answer.as_ref().map(|(status, _)| *status);
        if self.counted("begin", status, &[409, 429]) == Outcome::Done {
            let id = answer.as_ref().unwrap().1["id"].as_str().unwrap();
            self.journal.upload(id, |upload| upload.content = Some(content));
        }
        answer
    }

    /// Sends bytes by a signed request.
    pub(super) async fn send(
        &self,
        what: &'static str,
        id: &str,
        signed: &Value,
        bytes: Vec<u8>,
    ) -> Option<u16> {
        let status = self.caller.put(signed, bytes).await;
        self.check_absence(id, status);
        self.counted(what, status, &[404, 412]);
        status
    }

    /// The signed requests for all parts of an upload.
    pub(super) async fn parts(&self, id: &str, count: usize) -> (Outcome, Vec<Value>) {
        let numbers: Vec<_> = (1..=count).collect();
        let path = format!("/uploads/{id}/parts");
        let answer = self.caller.send("POST", &path, Some(json!({"numbers": numbers}))).await;
        let status = answer.as_ref().map(|(status, _)| *status);
        self.check_absence(id, status);
        let outcome = self.counted("ask for parts", status, &[404, 409]);
        (outcome, answer.and_then(|(_, body)| body["parts"].as_array().cloned()).unwrap_or_default())
    }

    /// Says that all was sent; done if it is settled then. What is ready is what was sent.
    pub(super) async fn complete(&self, id: &str, content: Content) -> Outcome {
        let answer = self.caller.send("POST", &format!("/uploads/{id}/complete"), Some(json!({}))).await;
        let status = answer.as_ref().map(|(status, _)| *status);
        self.check_absence(id, status);
        if answer.as_ref().is_some_and(|(status, body)| *status == 200 && body["status"] == "checking") {
            return Outcome::Unknown;
        }
        let outcome = self.counted("complete", status, &[404, 409]);
        if let (Outcome::Done, Some((_, body))) = (outcome, answer) {
            content.check(&body);
            self.journal.ready(id);
        }
        outcome
    }

    /// Lets an object name just these uploads; a new object, if none is given. Its id, if it is known then.
    pub(super) async fn name(&self, object: Option<&str>, ids: &[String]) -> (Outcome, Option<String>) {
        for id in ids {
            self.journal.upload(id, |upload| upload.is_named = true);
        }
        if let Some(object) = object {
            self.journal.object(object, |object| object.possible.push(ids.to_vec()));
        }
        let body = Some(json!({"fields": {"files": ids}}));
        let answer = match object {
            Some(id) => self.caller.send("PATCH", &format!("/objects/things/{id}"), body).await,
            None => self.caller.send("POST", "/objects/things", body).await,
        };
        let status = answer.as_ref().map(|(status, _)| *status);
        let what = if ids.is_empty() { "name no more" } else { "name" };
        let outcome = self.counted(what, status, &[422]);
        let body = answer.map(|(_, body)| body).unwrap_or_default();
        match outcome {
            Outcome::Done => {
                let id = body["id"].as_str().unwrap();
                self.journal.object(id, |object| {
                    object.names = ids.to_vec();
                    object.possible.clear();
                });
                (outcome, Some(id.to_owned()))
            }
            Outcome::Refused => {
                for fault in body["errors"].as_array().unwrap() {
                    let place = fault["pointer"].as_str().unwrap().rsplit('/').next().unwrap();
                    let id = &ids[place.parse::<usize>().unwrap()];
                    assert_eq!(fault["code"], "not_found", "{id} is ready: {body}");
                    self.check_absence(id, Some(404));
                }
                if let Some(object) = object {
                    self.journal.object(object, |object| object.possible.pop());
                }
                (outcome, None)
            }
            Outcome::Unknown => (outcome, None),
        }
    }

    /// Deletes an upload, which is refused as long as it is known that an object names it.
    pub(super) async fn delete(&self, id: &str) -> Outcome {
        self.journal.upload(id, |upload| upload.deletion.tried());
        let answer = self.caller.send("DELETE", &format!("/uploads/{id}"), None).await;
        let outcome = self.counted("delete", answer.map(|(status, _)| status), &[404, 409]);
        self.journal.upload(id, |upload| upload.deletion.told(outcome));
        outcome
    }

    /// Destroys an upload, whatever names it.
    pub(super) async fn destroy(&self, id: &str) -> Outcome {
        self.journal.upload(id, |upload| upload.destruction.tried());
        let answer = self.caller.send("DELETE", &format!("/uploads/{id}/force"), None).await;
        let outcome = self.counted("destroy", answer.map(|(status, _)| status), &[404]);
        self.journal.upload(id, |upload| upload.destruction.told(outcome));
        outcome
    }

    /// Moves an object to the trash, or destroys it.
    pub(super) async fn remove_object(&self, id: &str, is_for_good: bool) -> Outcome {
        if is_for_good {
            self.journal.object(id, |object| object.destruction.tried());
        }
        let rest = if is_for_good { "/force" } else { "" };
        let answer = self.caller.send("DELETE", &format!("/objects/things/{id}{rest}"), None).await;
        let outcome = self.counted("remove an object", answer.map(|(status, _)| status), &[]);
        if is_for_good {
            self.journal.object(id, |object| object.destruction.told(outcome));
        }
        outcome
    }

    /// Fetches an upload that is ready: its bytes are those that were acknowledged.
    pub(super) async fn fetch(&self, id: &str) -> Outcome {
        let content = self.journal.upload(id, |upload| upload.content.unwrap());
        let answer = self.caller.send("GET", &format!("/uploads/{id}/content"), None).await;
        let status = answer.as_ref().map(|(status, _)| *status);
        self.check_absence(id, status);
        let outcome = Outcome::of(status, &[404]);
        let (Outcome::Done, Some((_, body))) = (outcome, answer) else { return outcome };
        let found = self.caller.fetch(body["url"].as_str().unwrap()).await;
        let outcome = self.counted("fetch", found.as_ref().map(|(status, _)| *status), &[404]);
        self.check_absence(id, found.as_ref().map(|(status, _)| *status));
        if let (Outcome::Done, Some((_, bytes))) = (outcome, found) {
            assert!(bytes == content.served(), "{id} has other bytes than were sent");
        }
        outcome
    }

    /// Deletes uploads that wait, of whose beginnings nobody was told.
    pub(super) async fn remove_strangers(&self) -> Outcome {
        let answer = self.caller.send("GET", "/uploads?status=waiting&limit=100", None).await;
        let Some((200, page)) = answer else { return Outcome::Unknown };
        for upload in page["data"].as_array().unwrap() {
            let id = upload["id"].as_str().unwrap();
            if self.journal.upload(id, |upload| upload.content.is_none() && !upload.deletion.is_done) {
                self.delete(id).await;
            }
        }
        Outcome::Done
    }
}
