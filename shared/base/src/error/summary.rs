//! A summary of faults in one sentence of bounded length.

use super::Fault;

/// The most bytes of a pointer or a detail.
const TEXT_LENGTH_MAX: usize = 300;

/// The first fault, and how many there are besides.
pub(super) fn summary(faults: &[Fault]) -> String {
    match faults {
        [one] => format!("{}: {}", place(one), one.detail),
        [first, rest @ ..] => format!("{}: {} And {} more.", place(first), first.detail, rest.len()),
        [] => "The request is not valid.".to_owned(),
    }
}

fn place(fault: &Fault) -> &str {
    if fault.pointer.is_empty() { "The body" } else { &fault.pointer }
}

/// What a client sent may be very long; what it is told of it is not.
pub(super) fn shortened(mut text: String) -> String {
    if text.len() > TEXT_LENGTH_MAX {
        text.truncate(text.floor_char_boundary(TEXT_LENGTH_MAX));
        text.push('…');
    }
    text
}
