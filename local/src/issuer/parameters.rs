//! The parameters of OAuth 2.0, from a query or a form.

use std::collections::HashMap;

/// Parameters, each sent once (RFC 6749, section 3.1).
#[derive(Debug)]
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// Reads `a=b&c=d`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(encoded: &[u8]) -> Result<Self, String> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if let Some(_first) = parameters.insert(name.clone().into_owned(), value.into_owned()) {
                return Err(format!("Send {name} once."));
            }
        }
        Ok(Self(parameters))
    }

    /// The parameter, if it is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The parameter.
    ///
    /// # Errors
    /// That it is missing.
    pub(super) fn require(&self, name: &str) -> Result<&str, String> {
        self.get(name).ok_or_else(|| format!("Send {name}."))
    }

    /// Checks a parameter that can have one value only.
    ///
    /// # Errors
    /// That it has another one.
    pub(super) fn expect(&self, name: &str, value: &str) -> Result<(), String> {
        if self.require(name)? == value { Ok(()) } else { Err(format!("{name} must be {value}.")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_stand_once() {
        let parameters = Parameters::read(b"a=1+2%263&empty=&c").unwrap();
        assert_eq!(
            (parameters.get("a"), parameters.get("empty"), parameters.get("c")),
            (Some("1 2&3"), None, None)
        );
        assert_eq!(parameters.require("d"), Err("Send d.".to_owned()));
        assert_eq!(parameters.expect("a", "1"), Err("a must be 1.".to_owned()));
        assert_eq!(Parameters::read(b"a=1&a=1").unwrap_err(), "Send a once.");
    }
}
