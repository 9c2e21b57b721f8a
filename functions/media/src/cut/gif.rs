//! GIF: a screen, then pictures and extensions, each a row of short blocks.

use super::{Malformed, Rest, Result, ensure};

const PICTURE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const END: u8 = 0x3B;

pub(super) fn cut(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut rest = Rest(bytes);
    let mut kept: Vec<u8> = Vec::with_capacity(bytes.len());
    let screen = rest.take(13)?;
    ensure(screen.starts_with(b"GIF87a") || screen.starts_with(b"GIF89a"))?;
    kept.extend(screen);
    kept.extend(rest.take(table_size(screen.get(10)))?);
    // How long a picture is shown stands before it, and goes with what is cut.
    let mut control: &[u8] = &[];
    let mut has_picture = false;
    loop {
        let before = rest.0;
        match rest.byte()? {
            END => break,
            // Some programs pad with zeros.
            0 => {}
            PICTURE => {
                picture(&mut rest)?;
                kept.extend(control);
                kept.extend(read(before, &rest));
                control = &[];
                has_picture = true;
            }
            EXTENSION => match (rest.byte()?, blocks(&mut rest)?) {
                (0xF9, [4, _, _, _, _, 0]) => control = read(before, &rest),
                (0xFF, data) if is_kept(data) => kept.extend(read(before, &rest)),
                (0x01, _) => control = &[],
                _ => {}
            },
            _ => return Err(Malformed::Malformed),
        }
    }
    ensure(has_picture)?;
    kept.push(END);
    Ok(kept)
}

/// How often the frames are repeated, and the colour profile.
fn is_kept(data: &[u8]) -> bool {
    match data {
        [11, rest @ ..] if rest.starts_with(b"NETSCAPE2.0") || rest.starts_with(b"ANIMEXTS1.0") => {
            matches!(rest.get(11..), Some([3, 1, _, _, 0]))
        }
        [11, rest @ ..] => rest.starts_with(b"ICCRGBG1012"),
        _ => false,
    }
}

/// The picture's place, its colours, and its pixels.
fn picture(rest: &mut Rest<'_>) -> Result<()> {
    let descriptor = rest.take(9)?;
    rest.take(table_size(descriptor.get(8)))?;
    let code_size = rest.byte()?;
    ensure((1..=11).contains(&code_size))?;
    blocks(rest).map(|_| ())
}

/// Blocks with their lengths, until the one of none.
fn blocks<'a>(rest: &mut Rest<'a>) -> Result<&'a [u8]> {
    let before = rest.0;
    loop {
        match rest.byte()? {
            0 => return Ok(read(before, rest)),
            size => rest.take(usize::from(size))?,
        };
    }
}

/// What was read since.
fn read<'a>(before: &'a [u8], rest: &Rest<'_>) -> &'a [u8] {
    before.get(..before.len() - rest.0.len()).unwrap_or_default()
}

fn table_size(bits: Option<&u8>) -> usize {
    match bits {
        Some(bits) if bits & 0x80 != 0 => 3 << ((bits & 7) + 1),
        _ => 0,
    }
}
