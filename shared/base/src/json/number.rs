//! Numbers as they are written, and which of them are whole.

/// The most digits of a whole number that is looked at: more fit into none.
const DIGITS_MAX: usize = 20;

/// What a number is as a whole one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// A whole number, below zero or not.
    Signed(i64),
    /// A whole number too large for the other.
    Unsigned(u64),
    /// A whole number below all of them.
    TooSmall,
    /// A whole number above all of them.
    TooLarge,
    /// It has a fraction.
    Fraction,
}

/// Reads a number of JSON; how it is written does not matter, `1e2` is 100.
pub(super) fn whole(number: &str) -> Whole {
    let (sign, magnitude) = number.strip_prefix('-').map_or(("", number), |magnitude| ("-", magnitude));
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
    let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{before}{behind}");
    let (digits, zeros) = (all.trim_start_matches('0'), all.len() - all.trim_start_matches('0').len());
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Whole::Signed(0);
    }
    // How many digits stand before the point, counted from the first that is no zero.
    let places = length(before).saturating_sub(length(&all[..zeros])).saturating_add(exponent_of(exponent));
    let Some(places) = usize::try_from(places).ok().filter(|places| *places >= significant.len()) else {
        return Whole::Fraction;
    };
    let out_of_range = || if sign.is_empty() { Whole::TooLarge } else { Whole::TooSmall };
    if places > DIGITS_MAX {
        return out_of_range();
    }
    let plain = format!("{sign}{significant:0<places$}");
    let unsigned = || plain.parse().map(Whole::Unsigned);
    plain.parse().map(Whole::Signed).or_else(|_| unsigned()).unwrap_or_else(|_| out_of_range())
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// An exponent that is longer than any number has digits is the longest of its sign.
fn exponent_of(exponent: &str) -> i64 {
    let longest = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
    exponent.trim_start_matches('+').parse().unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for (number, expected) in [
            ("0", Whole::Signed(0)),
            ("-0", Whole::Signed(0)),
            ("0e400", Whole::Signed(0)),
            ("0.00e-9", Whole::Signed(0)),
            ("7", Whole::Signed(7)),
            ("-7", Whole::Signed(-7)),
            ("1e2", Whole::Signed(100)),
            ("1E+2", Whole::Signed(100)),
            ("1.50e1", Whole::Signed(15)),
            ("0.07e2", Whole::Signed(7)),
            ("700e-2", Whole::Signed(7)),
            ("10.0", Whole::Signed(10)),
            ("9223372036854775807", Whole::Signed(i64::MAX)),
            ("-9223372036854775808", Whole::Signed(i64::MIN)),
            ("18446744073709551615", Whole::Unsigned(u64::MAX)),
        ] {
            assert_eq!(whole(number), expected, "{number}");
        }
    }

    #[test]
    fn others_are_too_large_too_small_or_have_a_fraction() {
        for number in ["18446744073709551616", "1e20", "1e400", "1e99999999999999999999"] {
            assert_eq!(whole(number), Whole::TooLarge, "{number}");
            assert_eq!(whole(&format!("-{number}")), Whole::TooSmall, "{number}");
        }
        assert_eq!(whole("-9223372036854775809"), Whole::TooSmall);
        for number in ["1.5", "-0.1", "15e-1", "1e-400", "0.07e1", "1e-99999999999999999999"] {
            assert_eq!(whole(number), Whole::Fraction, "{number}");
        }
    }
}
