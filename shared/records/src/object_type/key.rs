//! The keys of values: those of the search index, by which they are found and sorted, and those of the unique
//! index.

use ::url::Url;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{Field, FieldType, Value};
use base::{
    domain::{self, Email},
    text::fold,
};

/// DynamoDB's sort keys have at most 1,024 bytes.
pub const SORT_KEY_BYTES_MAX: usize = 1_000;

/// The separator of the parts of a key: no text that is searched for holds it.
const SEPARATOR: &str = "\u{2}";

impl Field {
    /// A text that sorts as the values do, as far as an index can hold it. Behind it stands the other spelling of a domain
    /// that has two, so that parts of both are found.
    pub fn sort_key(&self, value: &Value) -> String {
        let key = self.comparable(value);
        cut(match self.other_spelling(value) {
            Some(other) => format!("{key}{SEPARATOR}{other}"),
            None => key,
        })
    }

    /// A text of bounded length that is the same for values that count as the same, and for no others.
    pub fn unique_key(&self, value: &Value) -> String {
        hashed(&self.comparable(value))
    }

    /// Whether the two count as the same.
    pub fn is_same(&self, one: &Value, other: &Value) -> bool {
        one == other || self.comparable(one) == self.comparable(other)
    }

    /// The keys that a search index may still have for the same value: before domains had one spelling, each
    /// had its own.
    pub fn former_sort_keys(&self, value: &Value) -> Vec<String> {
        let Some(other) = self.other_spelling(value) else { return Vec::new() };
        let other = (self.r#type == FieldType::Email).then_some(other);
        std::iter::once(self.comparable(value)).chain(other).map(cut).collect()
    }

    /// What a key has somewhere whose other spelling begins with that part, if the part is of such a spelling.
    pub fn start_of_other_spelling(&self, part: &str) -> Option<String> {
        let may_be_meant = match self.r#type {
            FieldType::Email => part.contains("xn--"),
            FieldType::Url => !part.is_ascii(),
            _ => false,
        };
        may_be_meant.then(|| format!("{SEPARATOR}{part}"))
    }

    /// The key under which a unique entry of the same value may still lie: of an e-mail address whose domain
    /// was written in punycode.
    pub fn former_unique_key(&self, value: &Value) -> Option<String> {
        let other = self.other_spelling(value).filter(|_| self.r#type == FieldType::Email);
        other.map(|other| hashed(&other))
    }

    fn comparable(&self, value: &Value) -> String {
        match (self.r#type, value) {
            (FieldType::Email, Value::Text(address)) => {
                let Email { local, domain, .. } = Email::of(address);
                format!("{}@{domain}", fold(&local))
            }
            _ => value.comparable(),
        }
    }

    /// The value with its domain in the spelling that [`Field::comparable`] does not have: of an address as it is sent, of a
    /// URL as it is read.
    fn other_spelling(&self, value: &Value) -> Option<String> {
        match (self.r#type, value) {
            (FieldType::Email, Value::Text(address)) => {
                let Email { local, ascii_domain, .. } = Email::of(address);
                Some(format!("{}@{}", fold(&local), ascii_domain?))
            }
            (FieldType::Url, Value::Exact(text)) => {
                let url = Url::parse(text).ok()?;
                let host = url.domain()?;
                Some(fold(&text.replacen(host, &domain::readable(host)?, 1)))
            }
            _ => None,
        }
    }
}

fn cut(mut key: String) -> String {
    key.truncate(key.floor_char_boundary(SORT_KEY_BYTES_MAX));
    key
}

fn hashed(key: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(r#type: &str) -> Field {
        let json = json!({"slug": "f", "label": "F", "type": r#type}).to_string();
        serde_json::from_str(&json).unwrap()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn texts_compare_without_case_and_options_with_it() {
        let key = |value: &str| field("text").sort_key(&text(value));
        assert_eq!(key("Ada Lovelace"), key("ada LOVELACE"));
        let option = |option: &str| field("dropdown").sort_key(&Value::Exact(option.to_owned()));
        assert_ne!(option("New"), option("new"));
        assert_eq!(option("Cafe\u{301}"), option("Café"));
        assert!(["a", "B", "b", "c"].map(option).is_sorted());
    }

    #[test]
    fn money_sorts_by_its_amount_and_numbers_by_their_place() {
        let money = |amount: &str| {
            field("money").sort_key(&Value::Money { amount: amount.into(), currency: "EUR".into() })
        };
        assert!(["-10", "-2.5", "0", "2.50", "10"].map(money).is_sorted());
        assert_eq!(money("2.50"), money("2.5"));
        let numbered =
            |n: u64| field("autogenerated").sort_key(&Value::Numbered { n, text: format!("A-{n}") });
        assert!([0, 9, 10, 11, 100, u64::MAX].map(numbered).is_sorted());
    }

    #[test]
    fn an_address_has_the_keys_that_it_always_had_unless_its_domain_has_two_spellings() {
        let email = field("email");
        for address in ["Ada@Example.com", "Äda@example.com", "straße@example.com"] {
            let before = text(address).comparable();
            assert_eq!(email.sort_key(&text(address)), before);
            assert_eq!(email.unique_key(&text(address)), hashed(&before));
            assert!(email.former_sort_keys(&text(address)).is_empty());
            assert_eq!(email.former_unique_key(&text(address)), None);
        }
        let [read, sent] = [text("Ada@Bücher.example"), text("ada@xn--bcher-kva.example")];
        assert_eq!(email.sort_key(&read), email.sort_key(&sent));
        assert!(email.is_same(&read, &sent) && !field("text").is_same(&read, &sent));
        for value in [&read, &sent] {
            // What the version before kept of either spelling.
            let before = [read.comparable(), sent.comparable()];
            assert_eq!(email.former_sort_keys(value), before);
            assert_eq!(email.unique_key(value), hashed(&before[0]));
            assert_eq!(email.former_unique_key(value), Some(hashed(&before[1])));
        }
    }

    #[test]
    fn a_url_is_found_by_its_domain_as_it_is_read_and_as_it_is_sent() {
        let value = Value::Exact("https://xn--bcher-kva.example/Xn--bcher-kva.example".into());
        let key = field("url").sort_key(&value);
        assert!(
            key.contains("://bücher.example/xn--bcher-kva.example") && key.starts_with(&value.comparable())
        );
        assert_eq!(field("url").unique_key(&value), hashed(&value.comparable()));
        assert_eq!(field("url").former_sort_keys(&value), [value.comparable()]);
        for plain in ["https://example.com/ü", "http://127.0.0.1/"] {
            let value = Value::Exact(plain.into());
            assert_eq!(field("url").sort_key(&value), value.comparable());
        }
    }

    #[test]
    fn a_long_text_has_a_key_that_dynamodb_takes() {
        assert!(field("text").sort_key(&text(&"é".repeat(2_000))).len() <= SORT_KEY_BYTES_MAX);
        let long = Value::Exact(format!("https://xn--bcher-kva.example/{}", "a".repeat(1_900)));
        assert!(field("url").sort_key(&long).len() <= SORT_KEY_BYTES_MAX);
    }
}
