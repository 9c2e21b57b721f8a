//! The contents of arrays, of objects, and of enum variants with data.

use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer as _, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{
    cursor::Cursor,
    next_value::Reader,
    refusal::{JsonRefusal, one_of},
};

/// The items of an array.
pub(super) struct Items<'c, 'de> {
    cursor: &'c mut Cursor<'de>,
    index: usize,
    is_over: bool,
}

/// The members of an object.
pub(super) struct ObjectMembers<'c, 'de> {
    cursor: &'c mut Cursor<'de>,
    name: String,
    is_over: bool,
}

/// A choice that is written as a text.
pub(super) struct Word(pub(super) String);

/// A choice that is written as an object.
pub(super) struct Chosen<'c, 'de> {
    cursor: &'c mut Cursor<'de>,
    choices: &'static [&'static str],
    name: String,
}

impl<'c, 'de> Items<'c, 'de> {
    pub(super) fn new(cursor: &'c mut Cursor<'de>) -> Self {
        Self { cursor, index: 0, is_over: false }
    }

    /// Refuses what was left unread.
    pub(super) fn end(self) -> Result<(), JsonRefusal> {
        if self.is_over || self.cursor.take(b']') {
            Ok(())
        } else {
            Err(JsonRefusal::wrong_type("Send fewer items."))
        }
    }
}

impl<'c, 'de> ObjectMembers<'c, 'de> {
    pub(super) fn new(cursor: &'c mut Cursor<'de>) -> Self {
        Self { cursor, name: String::new(), is_over: false }
    }

    /// Refuses what was left unread.
    pub(super) fn end(self) -> Result<(), JsonRefusal> {
        if self.is_over || self.cursor.take(b'}') {
            Ok(())
        } else {
            Err(JsonRefusal::wrong_type("Send fewer members."))
        }
    }
}

impl<'c, 'de> Chosen<'c, 'de> {
    pub(super) fn new(cursor: &'c mut Cursor<'de>, choices: &'static [&'static str]) -> Self {
        Self { cursor, choices, name: String::new() }
    }

    fn refusal(&self) -> JsonRefusal {
        JsonRefusal::wrong_type(format!("Send {}.", one_of(self.choices)))
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = JsonRefusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonRefusal> {
        if self.cursor.take(b']') {
            self.is_over = true;
            return Ok(None);
        }
        self.cursor.take(b',');
        let item = seed.deserialize(Reader::new(self.cursor));
        let item = item.map_err(|refusal| refusal.at(&self.index.to_string()))?;
        self.index += 1;
        Ok(Some(item))
    }
}

impl<'de> MapAccess<'de> for ObjectMembers<'_, 'de> {
    type Error = JsonRefusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonRefusal> {
        if self.cursor.take(b'}') {
            self.is_over = true;
            return Ok(None);
        }
        self.cursor.take(b',');
        self.name = name(self.cursor)?;
        let key = seed.deserialize(self.name.as_str().into_deserializer());
        key.map(Some).map_err(|refusal: JsonRefusal| refusal.at(&self.name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonRefusal> {
        let value = seed.deserialize(Reader::new(self.cursor));
        value.map_err(|refusal| refusal.at(&self.name))
    }
}

impl<'de> EnumAccess<'de> for Word {
    type Error = JsonRefusal;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonRefusal> {
        Ok((seed.deserialize(self.0.as_str().into_deserializer())?, self))
    }
}

impl Word {
    fn refusal(&self) -> JsonRefusal {
        JsonRefusal::wrong_type(format!("Send an object with the member {}.", self.0))
    }
}

impl<'de> VariantAccess<'de> for Word {
    type Error = JsonRefusal;

    fn unit_variant(self) -> Result<(), JsonRefusal> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, JsonRefusal> {
        Err(self.refusal())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, JsonRefusal> {
        Err(self.refusal())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, JsonRefusal> {
        Err(self.refusal())
    }
}

impl<'de> EnumAccess<'de> for Chosen<'_, 'de> {
    type Error = JsonRefusal;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self), JsonRefusal> {
        if self.cursor.take(b'}') {
            return Err(self.refusal());
        }
        self.name = name(self.cursor)?;
        let choice = seed.deserialize(self.name.as_str().into_deserializer());
        // That there is no such choice matters less than that it is no text.
        choice.map_err(|_: JsonRefusal| self.refusal()).map(|choice| (choice, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_, 'de> {
    type Error = JsonRefusal;

    fn unit_variant(self) -> Result<(), JsonRefusal> {
        Err(self.refusal())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonRefusal> {
        let value = seed.deserialize(Reader::new(self.cursor)).map_err(|refusal| refusal.at(&self.name))?;
        if self.cursor.take(b'}') { Ok(value) } else { Err(self.refusal()) }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, JsonRefusal> {
        Err(self.refusal())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, JsonRefusal> {
        Err(self.refusal())
    }
}

/// The name of a member, of a text that is sound.
fn name(cursor: &mut Cursor<'_>) -> Result<String, JsonRefusal> {
    let name = cursor.text().map_err(|error| JsonRefusal::no_json(error.to_string()))?.into_owned();
    cursor.take(b':');
    Ok(name)
}
