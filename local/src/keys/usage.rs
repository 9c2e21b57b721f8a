//! How many tokens, invitations, webhooks and forms use each key of the ring: counted item by item over the tables that they lie in.

use std::collections::{BTreeMap, BTreeSet};

use base::{
    Result, Timestamp,
    id::{TokenId, UserId},
};
use form::StoredForm;
use gate::token::StoredToken;
use keys::KeyedHash;
use resources::resource::Resource as _;
use serde::Deserialize;
use table::{Item, decode, text};
use webhook::{StoredWebhook, WEBHOOK_PREFIX};

/// So many tokens of a key are named.
const NAMED_MAX: usize = 10;

/// The usage of all keys.
pub(super) struct KeyUsage {
    now: Timestamp,
    /// What uses each key, by its id.
    pub(super) keys: BTreeMap<String, Count>,
}

/// What is hashed with one key.
#[derive(Default)]
pub(super) struct Count {
    /// Tokens with a secret that counts or can count again.
    pub(super) tokens: usize,
    /// Invitations that can be accepted.
    pub(super) invitations: usize,
    /// Webhooks whose keys are sealed under it, in the trash or not.
    pub(super) webhooks: usize,
    /// Forms that are found by a key which is hashed with it, in the trash or not.
    pub(super) forms: usize,
    /// Secrets that count no more, and serve only to recognise their use.
    pub(super) remembered: usize,
    /// Some of the tokens.
    pub(super) named: Vec<Named>,
}

/// A token, as far as it is told of.
pub(super) struct Named {
    pub(super) id: TokenId,
    pub(super) user: UserId,
    pub(super) last_used: Option<Timestamp>,
}

/// An invitation, as far as it counts here.
#[derive(Deserialize)]
struct Invitation {
    secret: KeyedHash,
    expires_at: Timestamp,
}

impl Count {
    /// Whether something would be lost with the key.
    pub(super) fn is_needed(&self) -> bool {
        self.tokens + self.invitations + self.webhooks + self.forms > 0
    }
}

impl KeyUsage {
    /// Nothing counted yet; now decides which invitations are open.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, keys: BTreeMap::new() }
    }

    /// Counts one item.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub(super) fn count(&mut self, item: Item) -> Result<()> {
        match (text(&item, "pk"), text(&item, "sk")) {
            (Some(pk), Some(sk)) if pk.starts_with("USER#") && sk.starts_with("TOKEN#") => {
                self.count_token(decode(item)?);
            }
            (Some(pk), Some(sk)) if pk.starts_with("USER#") && sk.starts_with("ENDED#") => {
                // A secret that ended long ago is kept in the name of its place alone.
                let hash = sk.rsplit_once('#').and_then(|(_, hash)| hash.rsplit_once('.'));
                if let Some(key_id) = hash.map(|(key_id, _)| key_id.to_owned()) {
                    self.of(&key_id).remembered += 1;
                }
            }
            (Some(pk), Some(sk)) if pk.starts_with("TEAM#") && sk.starts_with("INVITATION#") => {
                let Invitation { secret, expires_at } = decode(item)?;
                let is_open = expires_at > self.now;
                self.of(secret.key_id()).invitations += usize::from(is_open);
            }
            (Some(pk), Some(sk)) if pk.starts_with("TEAM#") && sk.starts_with(WEBHOOK_PREFIX) => {
                self.count_webhook(&StoredWebhook::from_item(&item)?);
            }
            (Some(pk), Some(sk)) if pk.starts_with("TEAM#") && sk.starts_with(StoredForm::PREFIX) => {
                self.count_form(&StoredForm::from_item(&item)?);
            }
            _ => {}
        }
        Ok(())
    }

    fn count_webhook(&mut self, webhook: &StoredWebhook) {
        let previous = webhook.previous.iter().filter(|previous| previous.until > self.now);
        let sealed = std::iter::once(&webhook.keys).chain(previous.map(|previous| &previous.keys));
        let key_ids: BTreeSet<_> = sealed.map(|keys| keys.key_id.clone()).collect();
        for key_id in key_ids {
            self.of(&key_id).webhooks += 1;
        }
    }

    fn count_form(&mut self, form: &StoredForm) {
        let previous = form.previous.iter().filter(|previous| previous.until > self.now);
        let keys = std::iter::once(&form.key).chain(previous.map(|previous| &previous.key));
        let key_ids: BTreeSet<_> = keys.map(|key| key.hash.key_id().to_owned()).collect();
        for key_id in key_ids {
            self.of(&key_id).forms += 1;
        }
    }

    fn count_token(&mut self, token: StoredToken) {
        let now = self.now;
        let ended = token.replaced.iter().filter(|replaced| replaced.overlap_until <= now);
        for old in ended.map(|replaced| &replaced.secret).chain(&token.retired_secrets) {
            self.of(old.key_id()).remembered += 1;
        }
        let key_ids: BTreeSet<_> = StoredToken::key_ids(Some(&token), now).into_iter().collect();
        for key_id in key_ids {
            let count = self.of(key_id);
            if token.revoked_at.is_some() {
                count.remembered += 1;
                continue;
            }
            count.tokens += 1;
            if count.named.len() < NAMED_MAX {
                let (id, user) = (token.id.clone(), token.user.clone());
                count.named.push(Named { id, user, last_used: token.last_used.as_ref().map(|last| last.at) });
            }
        }
    }

    fn of(&mut self, key_id: &str) -> &mut Count {
        self.keys.entry(key_id.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use base::id::TeamId;
    use keys::KeyRing;
    use serde_json::{Value, json};
    use table::{AttributeValue, attribute};

    use super::*;
    use crate::keys::report;

    const RING: &str = r#"{"current": "k2", "k1": "11111111111111111111111111111111", "k2": "22222222222222222222222222222222"}"#;
    const NOW: &str = "2026-11-23T10:30:00.000Z";

    fn hash(key_id: &str) -> String {
        format!("{key_id}.{}", "A".repeat(43))
    }

    fn item(pk: &str, sk: &str, value: Value) -> Item {
        let Ok(AttributeValue::M(mut item)) = attribute(&value) else { panic!("{value}") };
        item.insert("pk".to_owned(), AttributeValue::S(pk.to_owned()));
        item.insert("sk".to_owned(), AttributeValue::S(sk.to_owned()));
        item
    }

    fn token(secret: &str, more: Value) -> Item {
        let (id, user) = (TokenId::new(), UserId::new());
        let mut token = json!({
            "id": id, "user": user, "name": "a", "description": "", "permissions": ["upload"], "active": true,
            "secret": hash(secret), "hint": "…", "secret_created_at": NOW, "expires_at": null, "team_ids": null,
            "allowed_cidrs": null, "last_used": null, "created_at": NOW, "updated_at": NOW, "version": 1,
            "actor": {"user": user, "credential": "session", "token": null, "ip": "", "source": "api", "request_id": ""},
        });
        token.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item(&format!("USER#{user}"), &format!("TOKEN#{id}"), token)
    }

    fn invitation(expires_at: &str) -> Item {
        let team = TeamId::new();
        let about = json!({"secret": hash("k1"), "expires_at": expires_at});
        item(&format!("TEAM#{team}"), "INVITATION#inv", about)
    }

    fn webhook(previous: &str) -> Item {
        let (id, team) = (base::id::WebhookId::new(), TeamId::new());
        let sealed = |key_id: &str| json!({"key_id": key_id, "sealed": "", "public_key": ""});
        let definition = json!({
            "id": id, "team": team, "name": "a", "description": "", "url": "https://example.com/", "topics": [],
            "object_types": null, "active": true, "keys": sealed("k2"),
            "previous": [{"keys": sealed("k1"), "until": previous}], "created_at": NOW, "updated_at": NOW,
            "created_by": UserId::new(), "updated_by": UserId::new(), "version": 1,
            "actor": {"user": UserId::new(), "credential": "session", "token": null, "ip": "", "source": "api", "request_id": ""},
        });
        item(&format!("TEAM#{team}"), &format!("WEBHOOK#{id}"), json!({"definition": definition.to_string()}))
    }

    #[test]
    fn a_webhook_needs_each_key_that_something_it_signs_with_is_sealed_under() {
        let text = told(vec![webhook("2026-11-23T10:30:00.001Z"), webhook(NOW)]);
        assert!(text.contains("k1 is needed (tokens: 0, invitations: 0, webhooks: 1, forms: 0)"), "{text}");
        let rows: Vec<_> =
            text.lines().take(3).map(|line| line.split_whitespace().skip(2).collect::<Vec<_>>()).collect();
        assert_eq!(rows[1..], [["0", "0", "1", "0", "0"], ["0", "0", "2", "0", "0"]], "{text}");
    }

    fn told(items: Vec<Item>) -> String {
        let mut usage = KeyUsage::new(NOW.parse().unwrap());
        for item in items {
            usage.count(item).unwrap();
        }
        report::of(&KeyRing::parse(RING).unwrap(), &usage)
    }

    #[test]
    fn a_secret_to_follow_needs_its_key_too_and_one_that_counts_no_more_needs_none() {
        let pending = json!({
            "secret": hash("k2"), "hint": "…", "created_at": NOW, "by": "session", "overlap_until": NOW,
        });
        let text = told(vec![
            token("k1", json!({"pending": pending})),
            token("k2", json!({"rotated_away": [hash("k1"), hash("k1")]})),
            token("k1", json!({"revoked_at": NOW})),
            item("USER#usr", "PROFILE", json!({"id": "usr"})),
            item("USER#usr", &format!("ENDED#tok#{}", hash("k1")), json!({"expires": 1})),
            invitation("2026-11-23T10:30:00.001Z"),
            invitation(NOW),
        ]);
        let rows: Vec<_> =
            text.lines().take(3).map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>()).collect();
        assert_eq!(rows[1..], [["no", "1", "1", "0", "0", "4"], ["yes", "2", "0", "0", "0", "0"]], "{text}");
    }

    #[test]
    fn a_secret_that_was_replaced_needs_its_key_until_its_overlap_ends() {
        let replaced = |until: &str| json!({"replaced": [{"secret": hash("k1"), "hint": "…", "created_at": NOW, "overlap_until": until}]});
        let text = told(vec![token("k2", replaced("2026-11-23T10:30:00.001Z")), token("k2", replaced(NOW))]);
        let rows: Vec<_> =
            text.lines().take(3).map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>()).collect();
        assert_eq!(rows[1..], [["no", "1", "0", "0", "0", "1"], ["yes", "2", "0", "0", "0", "0"]], "{text}");
    }

    #[test]
    fn of_many_tokens_ten_are_named() {
        let text = told((0..12).map(|_| token("k1", json!({}))).collect());
        assert_eq!(text.lines().filter(|line| line.ends_with(", never used")).count(), NAMED_MAX);
        assert!(
            text.contains("k1 is needed (tokens: 12, invitations: 0, webhooks: 0, forms: 0)")
                && text.contains("\n  and 2 more\n"),
            "{text}"
        );
    }

    #[test]
    fn a_key_that_nothing_needs_can_be_removed_and_the_current_one_stays() {
        let text = told(Vec::new());
        assert!(
            text.contains("\nk1 can be removed, if ") && text.contains("\nk2 is current: it stays.\n"),
            "{text}"
        );
    }
}
