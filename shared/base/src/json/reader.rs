//! Reads types from JSON that is sound, and holds them to it: serde by itself takes an array for an object, an object for
//! a choice, and null for what may be left out.

use serde::de::{Deserializer, Visitor};

use super::{
    access::{Chosen, Items, ObjectMembers, Word},
    next_value::Reader,
    nullable,
    number::{Whole, whole},
    refusal::{JsonRefusal, one_of},
};

/// How `serde_json` calls a value that stays as it was sent.
const RAW: &str = "$serde_json::private::RawValue";

impl<'de> Reader<'_, 'de> {
    fn next_is(&mut self, first: u8) -> bool {
        self.cursor.peek() == Some(first)
    }

    fn whole<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        let number = self.cursor.number().ok_or_else(|| JsonRefusal::wrong_type("Send a whole number."))?;
        match whole(number) {
            Whole::Signed(number) => visitor.visit_i64(number),
            Whole::Unsigned(number) => visitor.visit_u64(number),
            Whole::TooSmall => Err(JsonRefusal::too_small()),
            Whole::TooLarge => Err(JsonRefusal::too_large()),
            Whole::Fraction => Err(JsonRefusal::wrong_type("Send a whole number.")),
        }
    }

    fn float<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        let number = self.cursor.number().ok_or_else(|| JsonRefusal::wrong_type("Send a number."))?;
        match number.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => visitor.visit_f64(number),
            None if number.starts_with('-') => Err(JsonRefusal::too_small()),
            None => Err(JsonRefusal::too_large()),
        }
    }

    fn text<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, JsonRefusal> {
        if !self.next_is(b'"') {
            return Err(JsonRefusal::wrong_type("Send a text."));
        }
        visitor.visit_string(self.text_itself()?)
    }

    fn text_itself(self) -> Result<String, JsonRefusal> {
        let text = self.cursor.text().map_err(|error| JsonRefusal::no_json(error.to_string()))?;
        Ok(text.into_owned())
    }

    fn array<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        if self.cursor.take(b'[') {
            let mut items = Items::new(self.cursor);
            let value = visitor.visit_seq(&mut items)?;
            return items.end().map(|()| value);
        }
        Err(JsonRefusal::wrong_type("Send an array."))
    }

    fn object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        if self.cursor.take(b'{') {
            let mut members = ObjectMembers::new(self.cursor);
            let value = visitor.visit_map(&mut members)?;
            return members.end().map(|()| value);
        }
        Err(JsonRefusal::wrong_type("Send an object."))
    }

    fn null<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        if self.cursor.word("null") {
            visitor.visit_unit()
        } else {
            Err(JsonRefusal::wrong_type("Send null."))
        }
    }

    /// The value as it is written, for who reads it later. Only `serde_json` can make one.
    fn raw<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        let mut raw = serde_json::Deserializer::from_str(self.cursor.skip());
        raw.deserialize_newtype_struct(RAW, visitor).map_err(|error| JsonRefusal::no_json(error.to_string()))
    }
}

/// Methods that read what others read.
macro_rules! the_same {
    ($($method:ident)* => $read:ident) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
            self.$read(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for Reader<'_, 'de> {
    type Error = JsonRefusal;

    the_same! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 => whole }
    the_same! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 => whole }
    the_same! { deserialize_f32 deserialize_f64 => float }
    the_same! { deserialize_char deserialize_str deserialize_string deserialize_identifier => text }
    the_same! { deserialize_bytes deserialize_byte_buf => text }
    the_same! { deserialize_seq => array }
    the_same! { deserialize_map => object }
    the_same! { deserialize_unit => null }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        match self.cursor.peek() {
            Some(b'{') => self.object(visitor),
            Some(b'[') => self.array(visitor),
            Some(b'"') => self.text(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => self.null(visitor),
            _ => self.float(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        let words = [("true", true), ("false", false)];
        match words.into_iter().find(|(word, _)| self.cursor.word(word)) {
            Some((_, flag)) => visitor.visit_bool(flag),
            None => Err(JsonRefusal::wrong_type("Send true or false.")),
        }
    }

    /// What is there is there: that null is taken says the type, not that it may be left out.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        if self.takes_null && self.cursor.word("null") {
            return visitor.visit_none();
        }
        visitor.visit_some(Reader::new(self.cursor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonRefusal> {
        self.null(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonRefusal> {
        match name {
            RAW => self.raw(visitor),
            nullable::NAME => visitor.visit_newtype_struct(Reader { takes_null: true, ..self }),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonRefusal> {
        self.array(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, JsonRefusal> {
        self.array(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonRefusal> {
        self.object(visitor)
    }

    /// A choice is a text; only one that has something with it is an object of that one member.
    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        choices: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonRefusal> {
        if self.next_is(b'"') {
            return visitor.visit_enum(Word(self.text_itself()?));
        }
        if self.cursor.take(b'{') {
            return visitor.visit_enum(Chosen::new(self.cursor, choices));
        }
        Err(JsonRefusal::wrong_type(format!("Send {}.", one_of(choices))))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonRefusal> {
        self.cursor.skip();
        visitor.visit_unit()
    }
}
