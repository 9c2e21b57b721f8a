//! Whether a text is JSON without ambiguity: no member twice, nothing behind the value, valid UTF-8, bounded depth (RFC
//! 8259, I-JSON RFC 7493). A number may have any size: what it is for decides what is too large.

use std::collections::HashSet;

use super::{cursor::Cursor, refusal::JsonRefusal};

/// How deep arrays and objects may be nested.
const DEPTH_MAX: usize = 127;

/// The text of these bytes, if it is sound.
pub(super) fn checked(bytes: &[u8]) -> Result<&str, JsonRefusal> {
    match std::str::from_utf8(bytes) {
        Ok(text) => whole(text).map(|()| text),
        Err(error) => {
            // The text breaks off where it is none any more, so its last fault has the place.
            let sound = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            let place = whole(sound).err().unwrap_or_else(|| broken("it is not UTF-8"));
            Err(place.because("This is not valid JSON: it is not UTF-8."))
        }
    }
}

fn whole(text: &str) -> Result<(), JsonRefusal> {
    let mut cursor = Cursor::new(text);
    value(&mut cursor, 0)?;
    if cursor.peek().is_some() { Err(broken("something stands behind the value")) } else { Ok(()) }
}

fn value(cursor: &mut Cursor<'_>, depth: usize) -> Result<(), JsonRefusal> {
    match cursor.peek() {
        Some(b'{' | b'[') if depth == DEPTH_MAX => Err(broken("it is nested too deep")),
        Some(b'{') => object(cursor, depth + 1),
        Some(b'[') => array(cursor, depth + 1),
        Some(b'"') => cursor.text().map(drop).map_err(|error| broken(&cause(&error))),
        Some(b'-' | b'0'..=b'9') => {
            cursor.number().map(drop).ok_or_else(|| broken("a number has another form"))
        }
        Some(_) if ["null", "true", "false"].iter().any(|word| cursor.word(word)) => Ok(()),
        Some(_) => Err(broken("a value is expected here")),
        None => Err(broken("it ends too early")),
    }
}

fn object(cursor: &mut Cursor<'_>, depth: usize) -> Result<(), JsonRefusal> {
    let mut names = HashSet::new();
    cursor.take(b'{');
    if cursor.take(b'}') {
        return Ok(());
    }
    loop {
        if cursor.peek() != Some(b'"') {
            return Err(broken("the name of a member is expected here"));
        }
        let name = cursor.text().map_err(|error| broken(&cause(&error)))?;
        if !names.insert(name.clone()) {
            return Err(JsonRefusal::twice().at(&name));
        }
        if !cursor.take(b':') {
            return Err(broken("a colon is expected here").at(&name));
        }
        value(cursor, depth).map_err(|refusal| refusal.at(&name))?;
        if cursor.take(b'}') {
            return Ok(());
        }
        next(cursor, "}")?;
    }
}

fn array(cursor: &mut Cursor<'_>, depth: usize) -> Result<(), JsonRefusal> {
    cursor.take(b'[');
    if cursor.take(b']') {
        return Ok(());
    }
    for index in 0_usize.. {
        value(cursor, depth).map_err(|refusal| refusal.at(&index.to_string()))?;
        if cursor.take(b']') {
            break;
        }
        next(cursor, "]")?;
    }
    Ok(())
}

fn next(cursor: &mut Cursor<'_>, end: &str) -> Result<(), JsonRefusal> {
    match cursor.peek() {
        None => Err(broken("it ends too early")),
        Some(_) if cursor.take(b',') => Ok(()),
        Some(_) => Err(broken(&format!("a comma or {end} is expected here"))),
    }
}

fn broken(cause: &str) -> JsonRefusal {
    JsonRefusal::no_json(format!("This is not valid JSON: {cause}."))
}

/// The cause without its place in the text, as the pointer tells it.
fn cause(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}
