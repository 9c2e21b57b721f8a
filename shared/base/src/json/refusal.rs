//! Why JSON does not fit the type that is expected, in words that the client understands.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::error::{Error, Fault, Violation};

/// A fault of what was sent, which learns its place on the way out.
#[derive(Debug)]
pub struct JsonRefusal {
    violation: Violation,
    detail: String,
    /// The names that lead to it, the last one first.
    place: Vec<String>,
}

impl JsonRefusal {
    fn new(violation: Violation, detail: impl Into<String>) -> Self {
        Self { violation, detail: detail.into(), place: Vec::new() }
    }

    pub(super) fn no_json(detail: String) -> Self {
        Self::new(Violation::InvalidJson, detail)
    }

    pub(super) fn twice() -> Self {
        Self::new(Violation::DuplicateMember, "This member stands in its object twice.")
    }

    pub(super) fn wrong_type(detail: impl Into<String>) -> Self {
        Self::new(Violation::WrongType, detail)
    }

    pub(super) fn too_large() -> Self {
        Self::new(Violation::OutOfRange, "Send a smaller number.")
    }

    pub(super) fn too_small() -> Self {
        Self::new(Violation::OutOfRange, "Send a larger number.")
    }

    /// The same inside of the member or item of that name.
    #[must_use]
    pub(super) fn at(mut self, name: &str) -> Self {
        self.place.push(name.to_owned());
        self
    }

    /// The same place with another word about it.
    #[must_use]
    pub(super) fn because(self, detail: &str) -> Self {
        Self { violation: Violation::InvalidJson, detail: detail.to_owned(), ..self }
    }

    /// The fault in a body, at its JSON pointer.
    pub fn in_body(self) -> Error {
        let escaped = |name: &String| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let fault = self.fault(self.place.iter().rev().map(escaped).collect());
        if self.is_of_the_data() { Error::unprocessable(vec![fault]) } else { Error::invalid(vec![fault]) }
    }

    /// The fault in a query, at the name of its parameter. A URL of another form leads nowhere, so it is 400 whatever is
    /// wrong.
    pub fn in_query(self) -> Error {
        Error::invalid(vec![self.fault(format!("?{}", self.place.last().cloned().unwrap_or_default()))])
    }

    /// Whether the value has the right type, and only breaks a rule of range or form.
    const fn is_of_the_data(&self) -> bool {
        matches!(self.violation, Violation::OutOfRange | Violation::UnknownChoice | Violation::Invalid)
    }

    fn fault(&self, pointer: String) -> Fault {
        Fault::new(pointer, self.violation, &*self.detail)
    }
}

/// A list of words for people, the last one behind an `or` or an `and`.
pub(super) fn listed(words: &[&str], joint: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} {joint} {last}", most.join(", ")),
    }
}

impl de::Error for JsonRefusal {
    /// What a type says that reads a text by rules of its own.
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Violation::Invalid, sentence(&message.to_string()))
    }

    /// The reader says itself what to send; only of a type that reads any kind of value it does not know. What such a
    /// type says of itself is for programmers.
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::wrong_type("Send a value of another type.")
    }

    fn invalid_value(unexpected: Unexpected<'_>, _: &dyn Expected) -> Self {
        match unexpected {
            Unexpected::Signed(..0) => Self::too_small(),
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => Self::too_large(),
            _ => Self::new(Violation::Invalid, "Send another value."),
        }
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::wrong_type("Send as many items as there are to be.")
    }

    fn unknown_variant(_: &str, choices: &'static [&'static str]) -> Self {
        Self::new(Violation::UnknownChoice, format!("Send {}.", one_of(choices)))
    }

    fn unknown_field(_: &str, members: &'static [&'static str]) -> Self {
        let detail = match members {
            [] => "There is no such member: leave it out.".to_owned(),
            members => format!("There is no such member; there is {}.", listed(members, "and")),
        };
        Self::new(Violation::UnknownMember, detail)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Violation::MissingMember, "This member must be there.").at(name)
    }
}

/// The choices for people.
pub(super) fn one_of(choices: &[&str]) -> String {
    match choices {
        [one] => (*one).to_owned(),
        choices => format!("one of {}", listed(choices, "or")),
    }
}

fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

impl fmt::Display for JsonRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.violation.name(), self.detail)
    }
}

impl std::error::Error for JsonRefusal {}
