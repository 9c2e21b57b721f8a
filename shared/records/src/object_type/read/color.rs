//! Colors: `#rrggbb`, `hsl(…)` and `rgba(…)`, in one spelling each; the numbers stay as they were written.

use base::error::{Fault, Violation};

pub(super) fn parse(pointer: &str, sent: &str) -> Result<String, Fault> {
    let sent = sent.trim().to_ascii_lowercase();
    let color = match sent.strip_prefix('#') {
        Some(digits) => {
            let is_hex = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_hex.then_some(sent)
        }
        None => function(&sent),
    };
    let detail = "Send a color such as #1a2b3c, hsl(210, 50%, 40%) or rgba(26, 43, 60, 0.5).";
    color.ok_or_else(|| Fault::new(pointer, Violation::NotAColor, detail))
}

fn function(sent: &str) -> Option<String> {
    let (name, rest) = sent.split_once('(')?;
    let parts: Vec<_> = rest.strip_suffix(')')?.split(',').map(str::trim).collect();
    let is_sound = match (name.trim(), parts.as_slice()) {
        ("hsl", [hue, saturation, lightness]) => {
            is_within(hue, 360.0) && is_percent(saturation) && is_percent(lightness)
        }
        ("rgba", [red, green, blue, alpha]) => {
            [red, green, blue].iter().all(|part| part.parse::<u8>().is_ok() && is_plain(part))
                && is_within(alpha, 1.0)
        }
        _ => false,
    };
    is_sound.then(|| format!("{}({})", name.trim(), parts.join(", ")))
}

fn is_percent(part: &str) -> bool {
    part.strip_suffix('%').is_some_and(|number| is_within(number, 100.0))
}

fn is_within(part: &str, most: f64) -> bool {
    is_plain(part) && part.parse::<f64>().is_ok_and(|number| number <= most)
}

/// Up to three digits before a point and six behind it, without sign or exponent.
fn is_plain(part: &str) -> bool {
    let (whole, places) = part.split_once('.').unwrap_or((part, "0"));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&whole.len())
        && (1..=6).contains(&places.len())
        && are_digits(whole)
        && are_digits(places)
}
