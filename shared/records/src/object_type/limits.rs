//! How long, how many and how deep: what a type and its values may have.

/// The most characters of a label of a field.
pub const LABEL_LENGTH_MAX: usize = 100;
/// The most options of a dropdown, a radio or checkboxes.
pub(super) const OPTIONS_MAX: usize = 500;
/// The most characters of an option.
pub(super) const OPTION_LENGTH_MAX: usize = 100;
/// The most that `max_length` may ask for.
pub(super) const LENGTH_MAX: usize = 50_000;
/// The most characters of a prefix and of a postfix.
pub(super) const AFFIX_LENGTH_MAX: usize = 50;
/// The largest number to start with: whole numbers up to 2^53 are exact in every client.
pub(super) const START_MAX: u64 = 1_000_000_000_000_000;
/// The most fields of a composite.
pub(super) const SUB_FIELDS_MAX: usize = 50;
/// How deep `all` and `any` may be nested, a single test included.
pub(super) const CONDITION_DEPTH_MAX: usize = 5;
/// The most tests of one rule.
pub(super) const CONDITIONS_MAX: usize = 50;
/// The most values of `in`.
pub(super) const IN_VALUES_MAX: usize = 100;
/// The most characters of a text or a name unless its settings say less.
pub(super) const TEXT_LENGTH_MAX: usize = 1_000;
/// The most characters of a textarea unless its settings say less.
pub(super) const TEXTAREA_LENGTH_MAX: usize = 50_000;
/// The most characters of an e-mail address (RFC 5321, section 4.5.3.1.3, without the angle brackets).
pub(super) const EMAIL_LENGTH_MAX: usize = 254;
/// The most uploads that one field holds.
pub(super) const UPLOADS_MAX: usize = 20;
/// The most characters of a URL.
pub(super) const URL_LENGTH_MAX: usize = 2_000;
/// The most characters of a part of an address.
pub(super) const PART_LENGTH_MAX: usize = 200;
