//! Amounts of money: exact, in the currency of the field, with no more decimals than it has.

use iso_currency::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{Field, Value, decimal};
use base::{
    error::{Fault, Violation},
    json,
};

/// The currency of a field that names none.
const CURRENCY_DEFAULT: &str = "USD";

/// An amount as it is sent, its currency the field's if it is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    amount: Box<RawValue>,
    #[serde(default, deserialize_with = "json::nullable")]
    currency: Option<String>,
}

/// The decimals of a currency; `None` if there is no such currency, or none that is paid with.
pub(in super::super) fn places(currency: &str) -> Option<u16> {
    Currency::from_code(currency)?.exponent()
}

/// `{amount, currency}`.
pub(super) fn sent(field: &Field, pointer: &str, raw: &RawValue) -> Result<Value, Fault> {
    let detail = r#"Send an amount such as {"amount": "12.30", "currency": "EUR"}."#;
    let wrong = |_| Fault::new(pointer, Violation::WrongType, detail);
    let Sent { amount, currency } = json::read(raw.get().as_bytes()).map_err(wrong)?;
    let own = field.settings.currency.as_deref().unwrap_or(CURRENCY_DEFAULT);
    if currency.is_some_and(|currency| currency != own) {
        let detail = format!("This field holds amounts in {own}.");
        return Err(Fault::new(format!("{pointer}/currency"), Violation::WrongCurrency, detail));
    }
    let amount = read(&format!("{pointer}/amount"), &amount, places(own).unwrap_or_default())?;
    Ok(Value::Money { amount, currency: own.to_owned() })
}

/// `{amount, currency}`, or the amount alone, as a number or a text.
pub(super) fn compared(field: &Field, pointer: &str, raw: &RawValue) -> Result<Value, Fault> {
    if raw.get().starts_with('{') {
        return sent(field, pointer, raw);
    }
    let own = field.settings.currency.as_deref().unwrap_or(CURRENCY_DEFAULT);
    let amount = read(pointer, raw, places(own).unwrap_or_default())?;
    Ok(Value::Money { amount, currency: own.to_owned() })
}

fn read(pointer: &str, raw: &RawValue, places: u16) -> Result<String, Fault> {
    let text = serde_json::from_str::<String>(raw.get()).ok();
    let is_number = raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let is_sound = text.as_deref().map_or(is_number, is_decimal);
    let text = text.as_deref().unwrap_or(raw.get());
    if !is_sound {
        return Err(Fault::new(pointer, Violation::WrongType, r#"Send an amount such as "12.30"."#));
    }
    let amount = decimal::parse(text)
        .ok_or_else(|| Fault::new(pointer, Violation::OutOfRange, "Send an amount of at most 38 digits."))?;
    in_places(&amount, places.into()).ok_or_else(|| {
        let detail = format!("Send at most {places} decimals, as the currency of this field has.");
        Fault::new(pointer, Violation::TooManyDecimals, detail)
    })
}

/// The amount with at most so many decimals, if those behind them are zeros.
fn in_places(amount: &str, places: usize) -> Option<String> {
    let Some((whole, decimals)) = amount.split_once('.') else { return Some(amount.to_owned()) };
    let (kept, behind) = decimals.split_at(places.min(decimals.len()));
    let is_whole = kept.is_empty();
    let amount = || if is_whole { whole.to_owned() } else { format!("{whole}.{kept}") };
    behind.bytes().all(|digit| digit == b'0').then(amount)
}

/// Whether a text is a decimal as people write them, without an exponent.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(places)
}
