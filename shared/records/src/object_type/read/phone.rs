//! Telephone numbers: E.164 out, common written forms in. Form, country code and length are checked; whether a number is
//! given to anybody is not.

use base::{
    error::{Fault, Violation},
    text,
};

/// The most digits of a number, and the fewest that are in use anywhere, with the country code (ITU-T E.164).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Each country (ISO 3166) with its country code, and behind a stroke what is dialled before a number within the country.
const COUNTRIES: &str = "
AC247 AD376 AE971/0 AF93/0 AG1/1 AI1/1 AL355/0 AM374/0 AO244 AR54/0 AS1/1 AT43/0 AU61/0 AW297 AX358/0 AZ994/0 BA387/0
BB1/1 BD880/0 BE32/0 BF226 BG359/0 BH973 BI257 BJ229 BL590/0 BM1/1 BN673 BO591/0 BQ599 BR55/0 BS1/1 BT975 BW267 BY375/8
BZ501 CA1/1 CC61/0 CD243/0 CF236 CG242 CH41/0 CI225 CK682 CL56 CM237 CN86/0 CO57/0 CR506 CU53/0 CV238 CW599 CX61/0 CY357
CZ420 DE49/0 DJ253 DK45 DM1/1 DO1/1 DZ213/0 EC593/0 EE372 EG20/0 EH212/0 ER291/0 ES34 ET251/0 FI358/0 FJ679 FK500 FM691
FO298 FR33/0 GA241/0 GB44/0 GD1/1 GE995/0 GF594/0 GG44/0 GH233/0 GI350 GL299 GM220 GN224 GP590/0 GQ240 GR30 GT502 GU1/1
GW245 GY592 HK852 HN504 HR385/0 HT509 HU36/06 ID62/0 IE353/0 IL972/0 IM44/0 IN91/0 IO246 IQ964/0 IR98/0 IS354 IT39 JE44/0
JM1/1 JO962/0 JP81/0 KE254/0 KG996/0 KH855/0 KI686/0 KM269 KN1/1 KP850/0 KR82/0 KW965 KY1/1 KZ7/8 LA856/0 LB961/0 LC1/1
LI423/0 LK94/0 LR231/0 LS266 LT370/0 LU352 LV371 LY218/0 MA212/0 MC377/0 MD373/0 ME382/0 MF590/0 MG261/0 MH692/1 MK389/0
ML223 MM95/0 MN976/0 MO853 MP1/1 MQ596/0 MR222 MS1/1 MT356 MU230 MV960 MW265/0 MX52 MY60/0 MZ258 NA264/0 NC687 NE227 NF672
NG234/0 NI505 NL31/0 NO47 NP977/0 NR674 NU683 NZ64/0 OM968 PA507 PE51/0 PF689 PG675 PH63/0 PK92/0 PL48 PM508/0 PR1/1
PS970/0 PT351 PW680 PY595/0 QA974 RE262/0 RO40/0 RS381/0 RU7/8 RW250/0 SA966/0 SB677 SC248 SD249/0 SE46/0 SG65 SH290 SI386/0
SJ47 SK421/0 SL232/0 SM378 SN221 SO252/0 SR597 SS211/0 ST239 SV503 SX1/1 SY963/0 SZ268 TA290 TC1/1 TD235 TG228 TH66/0 TJ992
TK690 TL670 TM993/8 TN216 TO676 TR90/0 TT1/1 TV688 TW886/0 TZ255/0 UA380/0 UG256/0 US1/1 UY598/0 UZ998 VA39 VC1/1 VE58/0
VG1/1 VI1/1 VN84/0 VU678 WF681 WS685 XK383/0 YE967/0 YT262/0 ZA27/0 ZM260/0 ZW263/0
";

/// Country codes that belong to no country: free calls, satellites, networks.
const SHARED_CODES: [&str; 8] = ["800", "808", "870", "878", "881", "882", "883", "979"];

struct Country {
    name: &'static str,
    code: &'static str,
    trunk: &'static str,
}

fn countries() -> impl Iterator<Item = Country> {
    COUNTRIES.split_ascii_whitespace().map(|entry| {
        let (name, codes) = entry.split_at(2);
        let (code, trunk) = codes.split_once('/').unwrap_or((codes, ""));
        Country { name, code, trunk }
    })
}

/// Whether it is a country that a field can have numbers of.
pub(in super::super) fn is_country(name: &str) -> bool {
    countries().any(|country| country.name == name)
}

/// How people write that an extension follows.
const EXTENSION_WORDS: [&str; 6] = ["extension", "extn", "ext", "x", "#", ";ext"];
/// The most digits of an extension (RFC 3966 knows no limit; what is longer is something else).
const EXTENSION_DIGITS_MAX: usize = 15;

pub(super) fn parse(default_country: Option<&str>, pointer: &str, sent: &str) -> Result<String, Fault> {
    let seen: String = sent.chars().filter(|letter| !text::is_unseen(*letter)).collect();
    let sent = without_scheme(seen.trim());
    if let Some(extension) = extension(sent) {
        let detail = format!(
            "A telephone number has no extension here: leave \"{extension}\" out, and keep it in a field of its own."
        );
        return Err(Fault::new(pointer, Violation::NotAPhone, detail));
    }
    let number = digits(sent).and_then(|(digits, is_international)| {
        if is_international { international(&digits) } else { national(&digits, default_country?) }
    });
    let detail = match default_country {
        Some(_) => {
            "Send a telephone number such as +49 30 123456, or as it is dialled in the country of this field."
        }
        None => "Send a telephone number with its country such as +49 30 123456.",
    };
    number
        .filter(|number| DIGITS.contains(&number.len()))
        .map(|number| format!("+{number}"))
        .ok_or_else(|| Fault::new(pointer, Violation::NotAPhone, detail))
}

/// The number in a link (RFC 3966).
fn without_scheme(sent: &str) -> &str {
    let scheme = sent.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
    scheme.map_or(sent, |scheme| sent[scheme.len()..].trim_start())
}

/// What is dialled once somebody has answered, if that is what the text ends with.
fn extension(sent: &str) -> Option<&str> {
    let start = sent.find(|letter: char| letter.is_ascii_alphabetic() || "#;".contains(letter))?;
    let extension = sent[start..].trim();
    let is_between = |letter: char| letter.is_whitespace() || ".:=-".contains(letter);
    let is_said = |word: &&str| {
        let said = extension.get(..word.len()).is_some_and(|said| said.eq_ignore_ascii_case(word));
        let digits = if said { extension[word.len()..].trim_start_matches(is_between) } else { "" };
        digits.bytes().all(|digit| digit.is_ascii_digit())
            && (1..=EXTENSION_DIGITS_MAX).contains(&digits.len())
    };
    EXTENSION_WORDS.iter().any(is_said).then_some(extension)
}

/// The digits without what people put between them, and whether the country code is among them.
fn digits(sent: &str) -> Option<(String, bool)> {
    let (rest, has_plus) = sent.strip_prefix(['+', '＋']).map_or((sent, false), |rest| (rest, true));
    let is_between = |letter: char| letter.is_whitespace() || "-–‐‑./()".contains(letter);
    // A zero in brackets is dialled in the country only.
    let rest = if has_plus || rest.starts_with("00") { rest.replacen("(0)", "", 1) } else { rest.to_owned() };
    let digits: String = rest.chars().filter(|letter| !is_between(*letter)).collect();
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.strip_prefix("00") {
        _ if !are_digits => None,
        Some(digits) if !has_plus => Some((digits.to_owned(), true)),
        _ => Some((digits, has_plus)),
    }
}

fn international(digits: &str) -> Option<String> {
    if SHARED_CODES.iter().any(|code| digits.starts_with(code)) {
        return Some(digits.to_owned());
    }
    // No country code is the beginning of another one.
    let country = countries().find(|country| digits.starts_with(country.code))?;
    let rest = &digits[country.code.len()..];
    let rest = if country.trunk == "0" { rest.strip_prefix('0').unwrap_or(rest) } else { rest };
    Some(format!("{}{rest}", country.code))
}

fn national(digits: &str, country: &str) -> Option<String> {
    let country = countries().find(|known| known.name == country)?;
    let rest = digits.strip_prefix(country.trunk).unwrap_or(digits);
    Some(format!("{}{rest}", country.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_country_code_is_the_beginning_of_another_one_and_each_country_stands_once() {
        let codes: Vec<_> = countries().map(|country| country.code).chain(SHARED_CODES).collect();
        for code in &codes {
            let longer = codes.iter().find(|other| other.starts_with(code) && *other != code);
            assert_eq!(longer, None, "{code}");
        }
        let names: std::collections::HashSet<_> = countries().map(|country| country.name).collect();
        assert_eq!(names.len(), countries().count());
    }
}
