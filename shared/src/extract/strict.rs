//! JSON without ambiguity: no member twice, nothing behind the value, valid UTF-8, bounded depth (RFC 8259, I-JSON RFC 7493).

use std::{cell::RefCell, collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::Fault;

/// Checks the text of a body.
///
/// # Errors
/// The first fault, with its place.
pub(super) fn check(body: &[u8]) -> Result<(), Fault> {
    let walk = Walk { place: RefCell::default() };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let outcome = Value(&walk).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    outcome.map_err(|error| {
        let message = error.to_string();
        let pointer = walk.pointer();
        if message.starts_with("duplicate member") {
            return Fault::new(pointer, "duplicate_member", "This member stands in its object twice.");
        }
        Fault::new(pointer, "invalid_json", format!("This is not valid JSON: {message}."))
    })
}

struct Walk {
    place: RefCell<Vec<String>>,
}

impl Walk {
    fn pointer(&self) -> String {
        let place = self.place.borrow();
        place.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
    }
}

/// Visits one value. After a fault the place is left as it is, so that it can be told.
struct Value<'a>(&'a Walk);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for place in 0.. {
            self.0.place.borrow_mut().push(place.to_string());
            let more = items.next_element_seed(Value(self.0))?;
            self.0.place.borrow_mut().pop();
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            self.0.place.borrow_mut().push(name.clone());
            if !names.insert(name) {
                return Err(A::Error::custom("duplicate member"));
            }
            members.next_value_seed(Value(self.0))?;
            self.0.place.borrow_mut().pop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sound_passes() {
        for body in [r#"{"a": [1, {"b": null}], "c": {"a": 1e9}}"#, "0", r#""é""#] {
            assert_eq!(check(body.as_bytes()), Ok(()), "{body}");
        }
    }

    #[test]
    fn each_fault_has_a_place() {
        let deep = "[".repeat(1_000);
        for (body, pointer, code) in [
            (&b"{\"a\": [{\"b/c\": 1, \"b/c\": 2}]}"[..], "/a/0/b~1c", "duplicate_member"),
            (b"{\"a\": {\"b\": tru}}", "/a/b", "invalid_json"),
            (b"{\"a\": 1", "", "invalid_json"),
            (b"{} {}", "", "invalid_json"),
            (b"{\"a\": \"\xff\"}", "/a", "invalid_json"),
            (b"{\"a\": 1e999}", "/a", "invalid_json"),
            (b"", "", "invalid_json"),
        ] {
            let fault = check(body).unwrap_err();
            assert_eq!((fault.pointer.as_str(), fault.code), (pointer, code), "{}", fault.detail);
        }
        assert_eq!(check(deep.as_bytes()).unwrap_err().code, "invalid_json");
    }
}
