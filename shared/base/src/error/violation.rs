//! What can be wrong at one place of a request, declared once: name and meaning.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::Code;

macro_rules! violations {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// What is wrong at one place of a request: the `code` of a [`Fault`](super::Fault). Names are stable.
        /// What went wrong with the request as a whole is told by a [`Code`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Violation {
            $($(#[doc = $doc])+ $variant,)+
            /// A part of the request is refused with the code of a whole request, such as the one operation of
            /// a batch whose object has changed. Only `From<Code>` makes it.
            Problem(Code),
        }

        impl Violation {
            /// Its stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Violation::$variant => $name,)+ Violation::Problem(code) => code.name() }
            }

            /// What it means and what to do, for people.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Violation::$variant => concat!($($doc,)+),)+
                    Violation::Problem(code) => code.meaning(),
                }
            }

            /// All rows of the table; the codes of whole requests are [`Code::ALL`].
            pub const fn all() -> &'static [Violation] {
                &[$(Violation::$variant,)+]
            }
        }
    };
}

violations! {
    // The form of a request.
    /// The body is not valid JSON at this place, or is nested too deep: send valid JSON in UTF-8.
    InvalidJson = "invalid_json";
    /// The body has a `Content-Encoding`: send it without one.
    UnsupportedCoding = "unsupported_coding";
    /// A member or a parameter that must be there is missing: send it.
    MissingMember = "missing_member";
    /// There is no such member or parameter here: leave it out, or correct its name.
    UnknownMember = "unknown_member";
    /// A member or a parameter was sent twice: send it once.
    DuplicateMember = "duplicate_member";
    /// The value has the wrong type, such as a number where a text is expected: send the type that `detail`
    /// names.
    WrongType = "wrong_type";
    /// The value is none of the choices: send one of those that `detail` names.
    UnknownChoice = "unknown_choice";
    /// The value does not have the expected form: send it in the form that `detail` describes.
    Invalid = "invalid";
    /// The cursor was changed, belongs to another query or is too old: ask for the first page again.
    InvalidCursor = "invalid_cursor";

    // How much was sent.
    /// A value is needed here, and it is missing or empty: send one.
    Required = "required";
    /// A number, a time or the length of a list is outside its bounds: stay within those that `detail` names.
    OutOfRange = "out_of_range";
    /// The text is too long: send at most as many characters as `detail` names.
    TooLong = "too_long";
    /// There are more items than there may be: send at most as many as `detail` names.
    TooMany = "too_many";
    /// The data would take more bytes than it may: send less, or in smaller parts.
    TooLarge = "too_large";
    /// Conditions are nested too deep: nest them less.
    TooDeep = "too_deep";
    /// The list contains this item twice: send it once.
    Duplicate = "duplicate";
    /// Another operation of the atomic batch changes the same object: combine the two, or send them in two
    /// batches.
    Repeated = "repeated";

    // Texts and values by their type.
    /// The text contains control characters or invisible characters: remove them.
    ControlCharacter = "control_character";
    /// The text has spaces around it: remove them.
    NotTidy = "not_tidy";
    /// The slug looks like an id: choose another one.
    LooksLikeAnId = "looks_like_an_id";
    /// The text is not a date, or not a date with time, as expected here: send one in the form that `detail`
    /// shows.
    NotADate = "not_a_date";
    /// The text is not an e-mail address: send one such as ada@example.com.
    NotAnEmail = "not_an_email";
    /// The text is not an e-mail address: sign in with one such as ada@example.com. Only the sign-in of
    /// `make run` answers this.
    InvalidEmail = "invalid_email";
    /// The text is not a telephone number: send one with its country, such as +49 30 123456, and without an
    /// extension.
    NotAPhone = "not_a_phone";
    /// The text is not a URL of the web: send one such as `https://example.com/page`.
    NotAUrl = "not_a_url";
    /// The text is not a color: send one such as `#1a2b3c`.
    NotAColor = "not_a_color";
    /// The text is not a range of IP addresses: send one such as `192.0.2.0/24`.
    NotARange = "not_a_range";
    /// The text is not an option of the field: send one of its options, in the same case.
    NotAnOption = "not_an_option";
    /// The text is not a number that this autogenerated field could have given: send one with its prefix and
    /// postfix.
    NotANumberOfThisField = "not_a_number_of_this_field";
    /// The amount is in another currency than the field: send it in the currency of the field.
    WrongCurrency = "wrong_currency";
    /// The amount has more decimals than the currency of the field: round it.
    TooManyDecimals = "too_many_decimals";
    /// There is no such currency: send its three letters in capitals, such as `EUR`.
    UnknownCurrency = "unknown_currency";
    /// There is no such country: send its two letters in capitals, such as `US`.
    UnknownCountry = "unknown_country";

    // Objects and the rules of their fields.
    /// There is no field or part with this name: use one that exists.
    UnknownField = "unknown_field";
    /// The thing that is referred to does not exist: refer to one that does.
    NotFound = "not_found";
    /// The upload is not ready: complete it first, and choose another one if it was rejected.
    NotReady = "not_ready";
    /// The field takes no files of this category: choose an upload of those that `detail` names.
    WrongCategory = "wrong_category";
    /// The picture tells where, when and with what it was taken, and the field takes no such pictures: send it
    /// anew, without `keep_metadata`.
    KeepsMetadata = "keeps_metadata";
    /// The value is set by the server: leave it out.
    ReadOnly = "read_only";
    /// The field is locked: leave it out, or send the values with which it is not locked.
    Locked = "locked";
    /// The field is hidden with these values: leave it out, or send the values with which it is visible.
    NotVisible = "not_visible";
    /// Another object has this value in a unique field: send another value.
    NotUnique = "not_unique";
    /// Objects can only be matched by a unique field: use one of those that `detail` names.
    NotAUniqueField = "not_a_unique_field";
    /// Only searchable fields can be filtered and sorted by: use another field, or make this one searchable.
    FieldNotSearchable = "field_not_searchable";
    /// The index of the field, or the check that its values are unique, is not finished: try again when the
    /// field says that it is.
    IndexBuilding = "index_building";

    // Object types.
    /// This cannot be combined with the type of the field or with what else was sent: leave it out or change
    /// it, as `detail` says.
    NotPossible = "not_possible";
    /// The type of a field, what it points at and where its numbers start are fixed: add another field.
    TypeFixed = "type_fixed";
    /// The order does not name each field of the type exactly once: name all of them.
    NotTheFields = "not_the_fields";
    /// The type has too many searchable fields: make at most as many searchable as `detail` names.
    TooManySearchable = "too_many_searchable";
    /// The type has too many unique fields: make at most as many unique as `detail` names.
    TooManyUnique = "too_many_unique";
    /// All indexes of the type are in use or still being emptied: make another field not searchable, or try
    /// again in a minute.
    NoFreeIndex = "no_free_index";
    /// Objects contradict this change; `detail` tells how many: change them first.
    Contradicted = "contradicted";
    /// The slug is in use already: choose another one.
    SlugTaken = "slug_taken";

    // Tokens.
    /// The name is in use already: choose another one.
    NameTaken = "name_taken";
    /// There is no such permission: send one that is listed in docs/secure/permissions.md.
    UnknownPermission = "unknown_permission";
    /// The permissions of a token are fixed: create another one, then delete this one.
    PermissionsFixed = "permissions_fixed";
    /// The time is in the past: send one in the future.
    InThePast = "in_the_past";
    /// A team that the token reaches limits the life of tokens: send an earlier end, or limit the token to
    /// other teams.
    TooLate = "too_late";

    // Submissions of forms.
    /// The form does not ask for this: leave it out.
    NotInForm = "not_in_form";
    /// The form wants the token that came with it: ask for the form, and send its token.
    TokenMissing = "token_missing";
    /// The token is none of this form, was changed or is older than a day: ask for the form again.
    TokenInvalid = "token_invalid";
    /// Nobody fills in a form so fast: wait a moment, and send it again.
    TooFast = "too_fast";

    // Webhooks.
    /// There is no such topic: send one of those that `detail` names.
    UnknownTopic = "unknown_topic";
    /// The URL must begin with `https`: send one that does.
    NotHttps = "not_https";
    /// The URL contains a user name or a password: remove them.
    UserInfo = "user_info";
    /// The URL leads to a host or a port to which nothing is sent: send one on the public internet.
    RefusedTarget = "refused_target";
}

impl From<Code> for Violation {
    /// The row of that name where there is one, so that equal names are equal values.
    fn from(code: Code) -> Self {
        let row = Self::all().iter().find(|row| row.name() == code.name());
        row.copied().unwrap_or(Self::Problem(code))
    }
}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl JsonSchema for Violation {
    fn schema_name() -> Cow<'static, str> {
        "Violation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let whole =
            Code::ALL.iter().map(|code| Self::from(*code)).filter(|one| matches!(one, Self::Problem(_)));
        let names: Vec<_> = Self::all().iter().copied().chain(whole).map(Self::name).collect();
        let rows: Vec<_> =
            Self::all().iter().map(|row| format!("- `{}`:{}", row.name(), row.meaning())).collect();
        let about = format!(
            "What is wrong at one place of a request. A part that is refused as a whole request would be, such as an operation of \
             a batch, has the code of that problem.\n\n{}",
            rows.join("\n")
        );
        json_schema!({"type": "string", "description": about, "enum": names})
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_are_what_clients_see() {
        let names: HashSet<_> = Violation::all().iter().map(|violation| violation.name()).collect();
        assert_eq!(names.len(), Violation::all().len());
        for violation in Violation::all().iter().copied().chain([Violation::Problem(Code::Stale)]) {
            assert_eq!(serde_json::to_value(violation).unwrap(), violation.name());
        }
    }

    #[test]
    fn a_name_is_one_value_whatever_refuses() {
        assert_eq!(Violation::from(Code::NotFound), Violation::NotFound);
        assert_eq!(Violation::from(Code::Stale), Violation::Problem(Code::Stale));
        for code in Code::ALL {
            assert_eq!(Violation::from(*code).name(), code.name());
        }
    }

    #[test]
    fn the_schema_has_each_name_that_there_may_be_once() {
        let schema = Violation::json_schema(&mut SchemaGenerator::default());
        let listed: Vec<_> = schema.as_value()["enum"].as_array().unwrap().iter().collect();
        let unique: HashSet<_> = listed.iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(unique.len(), listed.len());
        let names =
            Violation::all().iter().map(|row| row.name()).chain(Code::ALL.iter().map(|code| code.name()));
        assert_eq!(unique, names.collect());
    }
}
