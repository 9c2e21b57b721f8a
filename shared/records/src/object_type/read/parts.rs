//! Values of several parts: addresses and composites. A part that is null or empty is left out.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{
    super::{AddressPart, Field, Required, SentFields, Value, limits::PART_LENGTH_MAX, pointer_part},
    parse_value,
};
use base::{
    error::{Fault, Violation},
    text,
};

pub(super) fn address(field: &Field, pointer: &str, raw: &RawValue) -> Result<Option<Value>, Vec<Fault>> {
    let mut parts = Parts::read(pointer, raw)?;
    for (name, raw) in &parts.sent {
        let pointer = format!("{pointer}/{}", pointer_part(name));
        if !AddressPart::ALL.iter().any(|part| part.name() == name) {
            let names = AddressPart::ALL.map(AddressPart::name).join(", ");
            let detail = format!("An address has no such part; it has {names}.");
            parts.faults.push(Fault::new(pointer, Violation::UnknownField, detail));
            continue;
        }
        match part(&pointer, raw) {
            Ok(None) => {}
            Ok(Some(text)) => drop(parts.values.insert(name.clone(), Value::Text(text))),
            Err(fault) => parts.faults.push(fault),
        }
    }
    let required = field.settings.required_parts.iter().flatten().map(|part| part.name());
    parts.finish(pointer, required)
}

fn part(pointer: &str, raw: &RawValue) -> Result<Option<String>, Fault> {
    if raw.get() == "null" {
        return Ok(None);
    }
    let sent = super::string(pointer, raw)?;
    if text::is_blank(&sent) { Ok(None) } else { text::prose_line(pointer, &sent, PART_LENGTH_MAX).map(Some) }
}

pub(super) fn composite(field: &Field, pointer: &str, raw: &RawValue) -> Result<Option<Value>, Vec<Fault>> {
    let mut parts = Parts::read(pointer, raw)?;
    let fields = field.settings.fields.as_deref().unwrap_or_default();
    for (name, raw) in &parts.sent {
        let pointer = format!("{pointer}/{}", pointer_part(name));
        let Some(field) = fields.iter().find(|field| field.slug.as_str() == name) else {
            let detail = "This composite has no such field.";
            parts.faults.push(Fault::new(pointer, Violation::UnknownField, detail));
            continue;
        };
        // The fields of a composite are of simple types, so there are no references.
        match parse_value(field, &pointer, raw) {
            Ok(sent) => parts.values.extend(sent.value.map(|value| (name.clone(), value))),
            Err(faults) => parts.faults.extend(faults),
        }
    }
    let required = fields.iter().filter(|field| matches!(field.required, Required::Always));
    parts.finish(pointer, required.map(|field| field.slug.as_str()))
}

/// The parts of a value while they are read.
struct Parts {
    sent: SentFields,
    values: BTreeMap<String, Value>,
    faults: Vec<Fault>,
}

impl Parts {
    fn read(pointer: &str, raw: &RawValue) -> Result<Self, Vec<Fault>> {
        let wrong = |_| {
            vec![Fault::new(pointer, Violation::WrongType, "Send an object with the parts of this value.")]
        };
        let sent = serde_json::from_str(raw.get()).map_err(wrong)?;
        Ok(Self { sent, values: BTreeMap::new(), faults: Vec::new() })
    }

    /// The value, if it has all that it needs; nothing at all is no value, and needs nothing.
    fn finish<'a>(
        mut self,
        pointer: &str,
        required: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Value>, Vec<Fault>> {
        if self.values.is_empty() && self.faults.is_empty() {
            return Ok(None);
        }
        for name in required.filter(|name| !self.values.contains_key(*name)) {
            let pointer = format!("{pointer}/{name}");
            if !self.faults.iter().any(|fault| fault.pointer == pointer) {
                self.faults.push(Fault::new(pointer, Violation::Required, "This part needs a value."));
            }
        }
        if self.faults.is_empty() { Ok(Some(Value::Parts(self.values))) } else { Err(self.faults) }
    }
}
