//! Base 62 of fixed width with the digits in the order of their bytes, so that texts sort as the numbers do.

use rand::TryRng as _;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters that hold 128 bits.
pub(crate) const WIDTH_128: usize = 22;
/// Characters that hold 32 bits.
pub(crate) const WIDTH_32: usize = 6;

/// The number in `width` digits; the caller picks a width that holds it.
pub(crate) fn encode(mut number: u128, width: usize) -> String {
    let mut text = vec![b'0'; width];
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    text.into_iter().map(char::from).collect()
}

/// The number that [`encode`] wrote; `None` if it is none of 128 bits.
pub(crate) fn decode(text: &str) -> Option<u128> {
    text.bytes().try_fold(0_u128, |number, byte| {
        let digit = DIGITS.binary_search(&byte).ok()?;
        number.checked_mul(62)?.checked_add(u128::try_from(digit).ok()?)
    })
}

/// Whether all characters are base-62 digits.
pub(crate) fn is_valid(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Random digits from the system's generator, each with log2(62) = 5.95 bits.
///
/// # Errors
/// When the system has no randomness to give.
pub(crate) fn random(length: usize) -> anyhow::Result<String> {
    let mut text = String::with_capacity(length);
    let mut bytes = [0_u8; 64];
    while text.len() < length {
        rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
        // 248 = 4 × 62: larger bytes are thrown away, or the first digits would come up more often.
        let digits =
            bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(DIGITS[usize::from(byte % 62)]));
        text.extend(digits.take(length - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_width_sort_like_their_texts() {
        let numbers = [0, 1, 61, 62, 3843, u128::from(u32::MAX), u128::MAX / 2, u128::MAX];
        let texts: Vec<_> = numbers.iter().map(|number| encode(*number, WIDTH_128)).collect();
        assert!(texts.is_sorted());
        assert_eq!(texts.iter().filter_map(|text| decode(text)).collect::<Vec<_>>(), numbers);
        assert_eq!((decode("7n42DGM5Tflk9n8mt7Fhc8"), decode("-")), (None, None));
        assert_eq!(texts[3], "0000000000000000000010");
        assert_eq!(encode(u128::MAX, WIDTH_128), "7n42DGM5Tflk9n8mt7Fhc7");
        assert_eq!(encode(u128::from(u32::MAX), WIDTH_32), "4gfFC3");
    }

    #[test]
    fn random_digits_are_digits_of_the_length_asked_for_and_differ() {
        let (a, b) = (random(43).unwrap(), random(43).unwrap());
        assert_eq!(a.len(), 43);
        assert!(is_valid(&a));
        assert_ne!(a, b);
    }
}
