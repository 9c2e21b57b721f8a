//! The parameters of a query as types read them: each is a text.

use std::collections::BTreeMap;

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, Visitor,
        value::MapAccessDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{access::Word, refusal::JsonRefusal};

/// Reads the parameters of a query.
///
/// # Errors
/// The first fault, with the name of its parameter.
pub fn read_query<T: DeserializeOwned>(query: &BTreeMap<String, String>) -> Result<T, JsonRefusal> {
    T::deserialize(MapAccessDeserializer::new(Parameters { rest: query.iter(), open: ("", "") }))
}

/// The parameters that are not yet read, and the one that is.
struct Parameters<'a> {
    rest: std::collections::btree_map::Iter<'a, String, String>,
    open: (&'a str, &'a str),
}

impl<'de> MapAccess<'de> for Parameters<'_> {
    type Error = JsonRefusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonRefusal> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.open = (name, value);
        let key = seed.deserialize(name.as_str().into_deserializer());
        key.map(Some).map_err(|refusal: JsonRefusal| refusal.at(name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonRefusal> {
        let (name, value) = self.open;
        seed.deserialize(Parameter(value)).map_err(|refusal| refusal.at(name))
    }
}

/// The text of one parameter.
struct Parameter<'a>(&'a str);

impl<'de> Deserializer<'de> for Parameter<'_> {
    type Error = JsonRefusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonRefusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonRefusal> {
        visitor.visit_enum(Word(self.0.to_owned()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
