//! Exact decimals of up to 38 digits, as DynamoDB's numbers have; kept as they are written.

use std::str::FromStr as _;

use bigdecimal::{
    BigDecimal, Zero as _,
    num_bigint::{BigInt, BigUint, Sign},
};

/// The most digits, before and behind the point together.
pub(super) const DIGITS_MAX: usize = 38;

/// The decimal in plain notation, trailing zeros kept where there is room for them; `None` if it has more than 38 digits.
pub(super) fn parse(text: &str) -> Option<String> {
    // The length bounds the work; 38 digits with sign, point and exponent stay far below it.
    let decimal = (text.len() <= 100).then(|| BigDecimal::from_str(text).ok())??;
    plain(&decimal).or_else(|| plain(&decimal.normalized()))
}

fn plain(decimal: &BigDecimal) -> Option<String> {
    let (digits, scale) = decimal.as_bigint_and_exponent();
    let places = digits.magnitude().to_string().len();
    let scale = usize::try_from(scale.unsigned_abs()).ok()?;
    let total = if decimal.fractional_digit_count() >= 0 { places.max(scale) } else { places + scale };
    (total <= DIGITS_MAX).then(|| if decimal.is_zero() { zero(decimal) } else { decimal.to_plain_string() })
}

/// Zero has no sign, and behind its point as many zeros as were written.
fn zero(decimal: &BigDecimal) -> String {
    let places = usize::try_from(decimal.fractional_digit_count()).unwrap_or_default();
    if places == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(places)) }
}

/// A text that sorts as the decimals do and is the same for equal ones: sign, exponent, digits.
pub(super) fn sort_key(text: &str) -> Option<String> {
    let (digits, scale) = BigDecimal::from_str(text).ok()?.normalized().into_bigint_and_exponent();
    let magnitude = digits.magnitude().to_string();
    // The value is 0.magnitude × 10^exponent, with the exponent from -38 to 38.
    let exponent = i64::try_from(magnitude.len()).ok()? - scale;
    let key = format!("{:03}{magnitude}", exponent + 100);
    Some(match digits.sign() {
        Sign::NoSign => "1".to_owned(),
        Sign::Plus => format!("2{key}"),
        // Of two negative numbers the larger magnitude is the smaller one: nines' complement, and a mark behind the
        // digits that sorts after all of them, so that -0.1 stands behind -0.12.
        Sign::Minus => {
            format!("0{}~", key.bytes().map(|digit| char::from(b'0' + b'9' - digit)).collect::<String>())
        }
    })
}

/// The decimal of a text that [`sort_key`] made, without the zeros at its end that mean nothing.
pub fn of_key(key: &str) -> Option<BigDecimal> {
    let (sign, key) = key.split_at_checked(1)?;
    let complement = |digit: u8| (b'0' + b'9').checked_sub(digit).map(char::from);
    let (sign, key) = match sign {
        "1" => return Some(BigDecimal::zero()),
        "2" => (Sign::Plus, key.to_owned()),
        "0" => (Sign::Minus, key.strip_suffix('~')?.bytes().map(complement).collect::<Option<_>>()?),
        _ => return None,
    };
    let (exponent, digits) = key.split_at_checked(3)?;
    let exponent = exponent.parse::<i64>().ok()? - 100;
    let magnitude = BigUint::from_str(digits).ok()?;
    let scale = i64::try_from(digits.len()).ok()? - exponent;
    Some(BigDecimal::new(BigInt::from_biguint(sign, magnitude), scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_digits() {
        for (text, kept) in [
            ("0", "0"),
            ("-0", "0"),
            ("0e5", "0"),
            ("-0.00", "0.00"),
            ("0e-2", "0.00"),
            ("12.30", "12.30"),
            ("1e3", "1000"),
            ("1.5E-3", "0.0015"),
            ("-7", "-7"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
            // What has more digits than there is room for, and would not without the zeros at its end.
            ("12345678901234567890123456789012345678.0", "12345678901234567890123456789012345678"),
            ("1.00000000000000000000000000000000000000", "1"),
            ("100000000000000000000000000000000000000e-38", "1"),
            ("0e400", "0"),
            ("0.000000000000000000000000000000000000000", "0"),
            ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(kept), "{text}");
        }
        for text in
            ["1e38", "1e400", "1e-39", "1e99999999999999999999", "123456789012345678901234567890123456789"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn keys_sort_as_numbers_do_and_equal_ones_are_equal() {
        let sorted = [
            "-12345678901234567890123456789012345678",
            "-100",
            "-99.5",
            "-12",
            "-1.2",
            "-1",
            "-0.12",
            "-0.1",
            "-0.01",
            "0",
            "0.001",
            "0.01",
            "0.1",
            "0.11",
            "1",
            "1.01",
            "2",
            "9",
            "10",
            "11",
            "100",
        ];
        let keys: Vec<_> = sorted.iter().map(|text| sort_key(text).unwrap()).collect();
        for (text, key) in sorted.iter().zip(&keys) {
            assert_eq!(of_key(key), BigDecimal::from_str(text).ok(), "{text}");
        }
        for no_key in ["", "3", "2", "2101", "0898", "21x1", "0898xy~", "é"] {
            assert_eq!(of_key(no_key), None, "{no_key}");
        }
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(sort_key("12.30"), sort_key("12.3"));
        assert_eq!(sort_key("1000"), sort_key("1e3"));
    }
}
