//! What makes a submission suspicious, by what is in it alone: nobody else is asked.

use crate::{FilledIn, Hold, Protection, SubmissionReason};

/// Why a submission is to be held; none if it is not suspicious.
pub(super) fn suspicion(protection: &Protection, filled_in: &FilledIn) -> Option<SubmissionReason> {
    match protection.hold {
        Hold::Never => None,
        Hold::Always => Some(SubmissionReason::Always),
        Hold::Suspicious => {
            let links = filled_in.fields.values().map(|raw| links(raw.get())).sum::<usize>();
            let most = protection.max_links.and_then(|most| usize::try_from(most).ok());
            most.is_some_and(|most| links > most).then_some(SubmissionReason::Links)
        }
    }
}

/// How many links are in a text, however their scheme is written.
fn links(json: &str) -> usize {
    let text = json.replace("\\/", "/").to_lowercase();
    text.matches("http://").count() + text.matches("https://").count()
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::to_raw_value};

    use super::*;

    #[test]
    fn more_links_than_there_may_be_are_suspicious() {
        let sent = |text: &str| FilledIn {
            fields: [("about".to_owned(), to_raw_value(&json!(text)).unwrap())].into(),
            ..FilledIn::default()
        };
        let protection = |hold, max_links| Protection { max_links, hold, ..Protection::default() };
        let two = sent("see HTTP://a.example and https://b.example");
        for (hold, most, reason) in [
            (Hold::Suspicious, Some(1), Some(SubmissionReason::Links)),
            (Hold::Suspicious, Some(2), None),
            (Hold::Suspicious, None, None),
            (Hold::Never, Some(0), None),
            (Hold::Always, None, Some(SubmissionReason::Always)),
        ] {
            assert_eq!(suspicion(&protection(hold, most), &two), reason, "{hold:?} {most:?}");
        }
        assert_eq!(suspicion(&protection(Hold::Suspicious, Some(0)), &sent("no link: http.example")), None);
    }
}
