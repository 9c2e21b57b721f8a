//! Colour profiles: which of them a variant needs.

use crate::fields::{be32, length, part};

/// No profile of a screen or camera is larger.
const PROFILE_MAX: usize = 1024 * 1024;

/// The descriptions of profiles that say what is taken for granted where there is none.
const STANDARD: [&str; 5] =
    ["sRGB", "sRGB IEC61966-2.1", "sRGB built-in", "GIMP built-in sRGB", "sRGB IEC61966-2-1 black scaled"];

/// Whether a profile goes into the variant. One for grey or for inks does not: the variant has red, green and blue, and
/// the profile would be about other numbers.
pub(crate) fn is_kept(profile: &[u8]) -> bool {
    let is_for_screens = part(profile, 16, 4) == Some(b"RGB ") && part(profile, 36, 4) == Some(b"acsp");
    let is_standard =
        description(profile).is_some_and(|text| STANDARD.contains(&text.trim_end_matches('\0')));
    is_for_screens && !is_standard && profile.len() <= PROFILE_MAX
}

/// Its description, in the form of the second or the fourth version.
fn description(profile: &[u8]) -> Option<String> {
    let (tags, _) = profile.get(132..)?.as_chunks::<12>();
    let tag = tags.iter().take(length(be32(profile, 128)?)).find(|tag| tag.starts_with(b"desc"))?;
    let content = part(profile, length(be32(tag, 4)?), length(be32(tag, 8)?))?;
    if content.starts_with(b"desc") {
        let text = part(content, 12, length(be32(content, 8)?))?;
        return String::from_utf8(text.to_vec()).ok();
    }
    let text = part(content, length(be32(content, 24)?), length(be32(content, 20)?))?;
    let (units, _) = text.as_chunks::<2>();
    String::from_utf16(&units.iter().copied().map(u16::from_be_bytes).collect::<Vec<_>>()).ok()
}
