//! Ranges of the sort keys of an index.

use records::object_type::SORT_KEY_BYTES_MAX;

/// The texts from `low` to `high`, both included; open where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) low: Option<String>,
    pub(crate) high: Option<String>,
}

impl Range {
    pub(crate) fn new(low: Option<&str>, high: Option<&str>) -> Self {
        Self { low: low.map(str::to_owned), high: high.map(str::to_owned) }
    }

    /// The texts that begin so.
    pub(crate) fn prefix(prefix: &str) -> Self {
        // Of a longer one no key has more, and DynamoDB takes no longer bound.
        let prefix = &prefix[..prefix.floor_char_boundary(SORT_KEY_BYTES_MAX)];
        Self { low: Some(prefix.to_owned()), high: behind(prefix) }
    }

    /// The intersection of both, if it is not empty.
    fn and(&self, other: &Self) -> Option<Self> {
        let low = self.low.as_ref().max(other.low.as_ref());
        let high = match (&self.high, &other.high) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.as_ref().or(two.as_ref()),
        };
        let is_empty = low.zip(high).is_some_and(|(low, high)| low > high);
        (!is_empty).then(|| Self { low: low.cloned(), high: high.cloned() })
    }
}

/// The intersection of two lists of ranges. Each list is in order and without overlaps, and so is the result.
pub(crate) fn intersect(ranges: &[Range], others: &[Range]) -> Vec<Range> {
    ranges.iter().flat_map(|range| others.iter().filter_map(|other| range.and(other))).collect()
}

/// The first text that sorts behind all that begin so; `None` if there is none.
fn behind(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(letter) = letters.pop() {
        // Between U+D7FF and U+E000 there are no letters.
        let next =
            if letter == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(letter) + 1) };
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: &str, high: &str) -> Range {
        Range::new(Some(low).filter(|low| !low.is_empty()), Some(high).filter(|high| !high.is_empty()))
    }

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        for (prefix, high) in [
            ("a", Some("b")),
            ("a\u{10ffff}", Some("b")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("é", Some("ê")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(Range::prefix(prefix).high.as_deref(), high, "{prefix:?}");
        }
    }

    #[test]
    fn what_lies_in_both_lists_lies_in_some_of_each() {
        let (all, ab, cd) = (range("", ""), range("a", "b"), range("c", "d"));
        let both = [ab.clone(), cd.clone()];
        assert_eq!(intersect(std::slice::from_ref(&all), &both), both);
        assert_eq!(intersect(&both, &[range("b", "c")]), [range("b", "b"), range("c", "c")]);
        assert_eq!(intersect(&both, &[range("", "a")]), [range("a", "a")]);
        assert_eq!(intersect(&[ab], &[cd]), []);
        assert_eq!(intersect(&[range("a", "")], &[range("", "b")]), [range("a", "b")]);
    }
}
