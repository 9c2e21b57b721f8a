//! What a log is asked for.

use anyhow::{Context as _, ensure};
use audit::{AuditEvent, Kind};
use hyper::{Request, Response, body::Bytes};
use serde_json::Value;

use super::{
    log_profile::{BUSY, LIFE, WORD, neighbour},
    sized_log::{PAGE, SizedLog},
};

/// Entries of a page that is gathered from several places: each of them has as many in the shortest log too. With more
/// to a page a place would end earlier there, and so cost less for having little in it.
const GATHERED: usize = 10;
/// Entries from `from` to `to`.
const SPAN: usize = 200;
/// What nobody and nothing is called.
const NOWHERE: &str = "nowhere-to-be-found";

/// A question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Latest,
    ByUser,
    NextByUser,
    Frequent,
    Rare,
    OfKind,
    OfType,
    OfSubject,
    Span,
    FrequentByUser,
    FrequentOfType,
    Word,
    Deep,
    Middle,
    History,
    RareByUser,
    NoWord,
}

impl Question {
    /// Those that are answered with a page, which is to cost the same in each log.
    pub(super) const PAGES: [Self; 15] = [
        Self::Latest,
        Self::ByUser,
        Self::NextByUser,
        Self::Frequent,
        Self::Rare,
        Self::OfKind,
        Self::OfType,
        Self::OfSubject,
        Self::Span,
        Self::FrequentByUser,
        Self::FrequentOfType,
        Self::Word,
        Self::Deep,
        Self::Middle,
        Self::History,
    ];
    /// Those for which one place of the log is gone through entry by entry, and in vain: they cost what is there to be
    /// gone through, up to a bound.
    pub(super) const SEARCHES: [Self; 2] = [Self::RareByUser, Self::NoWord];

    /// How the tables call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Latest => "no filter",
            Self::ByUser => "`user`",
            Self::NextByUser => "`user`, page 2 by cursor",
            Self::Frequent => "`event`, the most frequent",
            Self::Rare => "`event`, one in 10,000",
            Self::OfKind => "`kind`",
            Self::OfType => "`object_type`",
            Self::OfSubject => "`subject`",
            Self::Span => "`from` and `to`, in the middle of the log",
            Self::FrequentByUser => "`user` and `event`",
            Self::FrequentOfType => "`object_type` and `event`",
            Self::Word => "`q`, half of all match",
            Self::Deep => "no filter, page 20 by cursor",
            Self::Middle => "`to`, the middle of the log",
            Self::History => "history of an object",
            Self::RareByUser => "`user` and `event`, none match",
            Self::NoWord => "`q`, none match",
        }
    }

    /// How many entries are on the page.
    fn count(self) -> usize {
        match self {
            Self::Frequent | Self::Rare | Self::OfKind => GATHERED,
            Self::OfSubject => LIFE,
            // With the one that tells of the real object.
            Self::History => LIFE + 1,
            Self::RareByUser | Self::NoWord => 0,
            _ => PAGE,
        }
    }

    fn limit(self) -> usize {
        if self.count() == GATHERED { GATHERED } else { PAGE }
    }

    /// The most entries that may be read, unless some of them are compared and left out: in each place where such lie a
    /// page, and one to go on behind.
    pub(super) fn read_max(self) -> Option<usize> {
        let of_event = |event| Kind::ALL.iter().filter(|kind| kind.events().contains(&event)).count();
        let places = match self {
            Self::Frequent => of_event(AuditEvent::Updated),
            Self::Rare => of_event(AuditEvent::Destroyed),
            Self::OfKind => Kind::Object.events().len(),
            Self::FrequentByUser | Self::FrequentOfType | Self::Word | Self::RareByUser | Self::NoWord => {
                return None;
            }
            _ => 1,
        };
        Some(places * (self.limit() + 1))
    }

    /// The filters.
    fn filters(self, sized: &SizedLog) -> anyhow::Result<Vec<(&'static str, String)>> {
        let profile = &sized.profile;
        let user = || ("user", profile.user(BUSY));
        let event = |event: AuditEvent| ("event", event.name().to_owned());
        let of_type = || ("object_type", profile.main_type());
        let time = |name, age| Ok::<_, anyhow::Error>((name, profile.time(age)?.to_string()));
        Ok(match self {
            Self::Latest | Self::Deep | Self::History => Vec::new(),
            Self::ByUser | Self::NextByUser => vec![user()],
            Self::Frequent => vec![event(AuditEvent::Updated)],
            Self::Rare => vec![event(AuditEvent::Destroyed)],
            Self::OfKind => vec![("kind", Kind::Object.name().to_owned())],
            Self::OfType => vec![of_type()],
            Self::OfSubject => vec![("subject", neighbour())],
            Self::Span => vec![time("from", profile.middle() + SPAN)?, time("to", profile.middle())?],
            Self::Middle => vec![time("to", profile.middle())?],
            Self::FrequentByUser => vec![user(), event(AuditEvent::Updated)],
            Self::FrequentOfType => vec![of_type(), event(AuditEvent::Updated)],
            Self::Word => vec![("q", WORD.to_owned())],
            Self::RareByUser => vec![user(), event(AuditEvent::Destroyed)],
            Self::NoWord => vec![("q", NOWHERE.to_owned())],
        })
    }

    /// The request, through the engine at that address.
    pub(super) fn request(self, sized: &SizedLog, address: &str) -> anyhow::Result<Request<Bytes>> {
        let fixture = sized.fixture(address);
        let mut parts = vec![("limit", self.limit().to_string())];
        parts.extend(self.filters(sized)?);
        match self {
            Self::Deep => parts.push(("cursor", sized.deep.clone())),
            Self::NextByUser => parts.push(("cursor", sized.next_by_user.clone())),
            _ => {}
        }
        let parts: Vec<_> = parts.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let rest = format!("?{}", parts.join("&"));
        let path = match self {
            Self::History => fixture.objects(&format!("/{}/history{rest}", sized.profile.object)),
            _ => fixture.logs(&rest),
        };
        fixture.request("GET", &path, None)
    }

    /// Whether it was answered with as many entries as there must be, the latest first, for which all holds that was
    /// asked. How many they are.
    pub(super) fn check(self, sized: &SizedLog, answer: &Response<Bytes>) -> anyhow::Result<usize> {
        let (status, text) = (answer.status().as_u16(), String::from_utf8_lossy(answer.body()));
        ensure!(status == 200, "{} was answered {status}: {text}", self.name());
        let body: Value = serde_json::from_slice(answer.body())?;
        let data = body["data"].as_array().context("a list has no data")?;
        let (found, due) = (data.len(), self.count());
        ensure!(found == due, "{} found {found} entries and not {due}", self.name());
        let is_sorted = data.is_sorted_by(|one, next| one["id"].as_str() > next["id"].as_str());
        ensure!(is_sorted, "{} is not told the latest first", self.name());
        for filter in self.filters(sized)? {
            let wrong = data.iter().find(|entry| !holds(entry, &filter));
            ensure!(wrong.is_none(), "{} found {wrong:?}", self.name());
        }
        Ok(found)
    }
}

/// Whether an entry is one that the filter means.
fn holds(entry: &Value, (name, value): &(&str, String)) -> bool {
    let at = entry["at"].as_str().unwrap_or_default();
    let label = entry["subject"]["label"].as_str().unwrap_or_default();
    match *name {
        "user" => entry["actor"]["user_id"] == value.as_str(),
        "event" => entry["event"] == value.as_str(),
        "kind" => entry["subject"]["kind"] == value.as_str(),
        "object_type" => entry["subject"]["type"]["id"] == value.as_str(),
        "subject" => entry["subject"]["id"] == value.as_str(),
        "from" => at >= value.as_str(),
        "to" => at < value.as_str(),
        _ => label.to_lowercase().contains(value.as_str()),
    }
}
