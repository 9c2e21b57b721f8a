//! Writers: each goes on with what it has begun, or does something else to what is there, by lot.

use std::sync::Arc;

use serde_json::Value;

use super::{
    content::Content,
    desk::Desk,
    journal::{Journal, Outcome},
    site::Site,
};
use crate::dice::Dice;

/// What a writer has begun and not ended, at the most: a person may have 100 of them.
const UNFINISHED_MAX: usize = 5;
/// What a writer leaves as it is, at the most.
const LEFT_MAX: usize = 3;
const OBJECTS_MAX: usize = 8;
/// Uploads that an object comes to name at once, at the most.
const NAMES_MAX: usize = 3;
/// Of so many files one is of two parts, which takes long.
const LARGE_EVERY: usize = 60;

/// An upload that was begun and is not ready yet.
pub(super) struct Unfinished {
    pub(super) id: String,
    pub(super) content: Content,
    /// The request that sends its bytes; null if they are sent in parts.
    put: Value,
    /// Which parts are there for certain, of those that there are.
    sent: Vec<bool>,
    was_tried: bool,
}

/// One of them.
pub(super) struct Writer {
    desk: Desk,
    number: usize,
    count: u64,
    dice: Dice,
    unfinished: Vec<Unfinished>,
    /// Uploads that nothing more becomes of.
    left: Vec<Unfinished>,
    objects: Vec<String>,
    has_token: bool,
}

impl Unfinished {
    /// Whether all its bytes are there.
    pub(super) fn is_sent(&self) -> bool {
        self.sent.iter().all(|is_sent| *is_sent)
    }

    /// What became of sending a part, or the whole. What is sent once only is there already if it was sent before.
    fn told(&mut self, part: usize, status: Option<u16>) -> Outcome {
        let outcome = match status {
            Some(412) => {
                assert!(self.was_tried, "{} is there before it was sent", self.id);
                Outcome::Done
            }
            status => Outcome::of(status, &[404]),
        };
        self.was_tried = true;
        self.sent[part] |= outcome == Outcome::Done;
        outcome
    }
}

impl Writer {
    pub(super) fn new(site: &Site, journal: &Arc<Journal>, number: usize, seed: u64) -> Self {
        let desk = Desk { caller: site.owner(), journal: journal.clone() };
        let (unfinished, left, objects) = (Vec::new(), Vec::new(), Vec::new());
        Self { desk, number, count: 0, dice: Dice(seed), unfinished, left, objects, has_token: false }
    }

    /// Goes on until it is over; what is not ready then.
    pub(super) async fn work(mut self) -> Vec<Unfinished> {
        while !self.desk.journal.is_over() {
            self.step().await;
        }
        self.unfinished.append(&mut self.left);
        self.unfinished
    }

    /// A number that no other writer has.
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count * 100 + u64::try_from(self.number).unwrap()
    }

    async fn step(&mut self) -> Outcome {
        if !self.has_token {
            let name = self.next().to_string();
            self.has_token = self.desk.caller.take_token(&name).await;
            return if self.has_token { Outcome::Done } else { Outcome::Unknown };
        }
        match self.dice.below(100) {
            0..45 if !self.unfinished.is_empty() => self.go_on().await,
            0..60 if self.unfinished.len() < UNFINISHED_MAX => self.begin().await,
            60..72 => self.name().await,
            72..76 => self.name_no_more().await,
            76..84 => self.remove().await,
            84..92 => self.name_and_delete().await,
            92..96 => self.fetch().await,
            96..98 => self.remove_object().await,
            98 => self.desk.remove_strangers().await,
            _ => self.go_on().await,
        }
    }

    async fn begin(&mut self) -> Outcome {
        let number = self.next();
        let content = match self.dice.below(LARGE_EVERY) {
            0 => Content::Large(number),
            1..20 => Content::Picture(number),
            _ => Content::Text(number),
        };
        match self.desk.begin(content).await {
            Some((201, body)) => {
                let (id, put) = (body["id"].as_str().unwrap().to_owned(), body["put"].clone());
                let sent = vec![false; content.part_count()];
                self.unfinished.push(Unfinished { id, content, put, sent, was_tried: false });
                Outcome::Done
            }
            // With another token it may begin more.
            Some((429, _)) => {
                self.has_token = false;
                Outcome::Refused
            }
            // Too many wait of which nobody was told.
            Some((409, _)) => self.desk.remove_strangers().await,
            _ => Outcome::Unknown,
        }
    }

    /// Goes on with the one that was begun first, or with any.
    async fn go_on(&mut self) -> Outcome {
        if self.unfinished.is_empty() {
            return Outcome::Refused;
        }
        let at = if self.dice.hits(50) { 0 } else { self.dice.below(self.unfinished.len()) };
        let mut upload = self.unfinished.remove(at);
        let outcome = match self.dice.below(100) {
            0..3 if self.left.len() < LEFT_MAX => {
                self.left.push(upload);
                return Outcome::Done;
            }
            3..6 => self.desk.delete(&upload.id).await,
            6..14 if upload.is_sent() => self.complete_and_delete(&upload).await,
            _ if upload.is_sent() => self.desk.complete(&upload.id, upload.content).await,
            _ => match self.send(&mut upload).await {
                Outcome::Done => {
                    self.unfinished.push(upload);
                    return Outcome::Done;
                }
                outcome => outcome,
            },
        };
        // Of what was refused there is nothing any more.
        if outcome == Outcome::Unknown {
            self.unfinished.push(upload);
        }
        outcome
    }

    /// Sends the whole, or the next part that is not there yet.
    async fn send(&self, upload: &mut Unfinished) -> Outcome {
        if !upload.put.is_null() {
            let status = self.desk.send("send", &upload.id, &upload.put, upload.content.sent()).await;
            return upload.told(0, status);
        }
        let (outcome, parts) = self.desk.parts(&upload.id, upload.sent.len()).await;
        if outcome != Outcome::Done {
            return outcome;
        }
        for (index, part) in parts.iter().enumerate() {
            let is_there = !part["etag"].is_null();
            assert!(is_there || !upload.sent[index], "a part of {} is lost: {part}", upload.id);
            upload.sent[index] = is_there;
        }
        let Some(next) = upload.sent.iter().position(|is_sent| !is_sent) else { return Outcome::Done };
        let bytes = upload.content.part(next + 1);
        let status = self.desk.send("send a part", &upload.id, &parts[next], bytes).await;
        upload.told(next, status)
    }

    /// Completes an upload and names it at once, while it is deleted.
    async fn complete_and_delete(&self, upload: &Unfinished) -> Outcome {
        let named = async {
            let outcome = self.desk.complete(&upload.id, upload.content).await;
            if outcome == Outcome::Done {
                self.desk.name(None, std::slice::from_ref(&upload.id)).await;
            }
            outcome
        };
        let (completed, deleted) = tokio::join!(named, self.desk.delete(&upload.id));
        if deleted == Outcome::Done { deleted } else { completed }
    }

    /// An object of one's own, or none for a new one.
    fn object(&mut self) -> Option<String> {
        let is_new = self.objects.is_empty() || self.objects.len() < OBJECTS_MAX && self.dice.hits(40);
        (!is_new).then(|| self.objects[self.dice.below(self.objects.len())].clone())
    }

    async fn name(&mut self) -> Outcome {
        let count = 1 + self.dice.below(NAMES_MAX);
        let ids = self.desk.journal.some(&mut self.dice, count);
        let object = self.object();
        let (outcome, made) = self.desk.name(object.as_deref(), &ids).await;
        self.objects.extend(made.filter(|_| object.is_none()));
        outcome
    }

    async fn name_no_more(&mut self) -> Outcome {
        match self.object() {
            Some(object) => self.desk.name(Some(&object), &[]).await.0,
            None => Outcome::Refused,
        }
    }

    /// An upload that others may name.
    fn one(&mut self) -> Option<String> {
        self.desk.journal.some(&mut self.dice, 1).pop()
    }

    async fn remove(&mut self) -> Outcome {
        match self.one() {
            Some(id) if self.dice.hits(30) => self.desk.destroy(&id).await,
            Some(id) => self.desk.delete(&id).await,
            None => Outcome::Refused,
        }
    }

    /// Names an upload while it is deleted.
    async fn name_and_delete(&mut self) -> Outcome {
        let (Some(id), object) = (self.one(), self.object()) else { return Outcome::Refused };
        let named = self.desk.name(object.as_deref(), std::slice::from_ref(&id));
        let ((outcome, made), _) = tokio::join!(named, self.desk.delete(&id));
        self.objects.extend(made.filter(|_| object.is_none()));
        outcome
    }

    async fn fetch(&mut self) -> Outcome {
        match self.one() {
            Some(id) => self.desk.fetch(&id).await,
            None => Outcome::Refused,
        }
    }

    async fn remove_object(&mut self) -> Outcome {
        if self.objects.is_empty() {
            return Outcome::Refused;
        }
        let id = self.objects.swap_remove(self.dice.below(self.objects.len()));
        self.desk.remove_object(&id, self.dice.hits(50)).await
    }
}
