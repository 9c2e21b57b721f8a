//! The rules of a form, but for what its type has to do with: texts, times, numbers, origins. All faults at once.

use base::{Fault, Violation, rate_limit::RateLimit, text};
use url::{Host, Url};

use crate::{
    Confirmation, Form, Protection,
    limits::{
        ACCEPTED_MAX, DEFINITION_BYTES_MAX, LINKS_MAX, NAME_LENGTH_MAX, ORIGINS_MAX, PER_HOUR_MAX,
        SECONDS_MIN_MAX, TEXT_LENGTH_MAX, TITLE_LENGTH_MAX, URL_LENGTH_MAX, WORD_LENGTH_MAX,
    },
};

/// Tidies a form, and finds what is wrong with it whatever its type is.
pub fn check(form: &mut Form, faults: &mut Vec<Fault>) {
    check_texts(form, faults);
    let is_backwards = form.opens_at.zip(form.closes_at).is_some_and(|(opens, closes)| closes <= opens);
    if is_backwards {
        faults.push(Fault::new("/closes_at", Violation::OutOfRange, "Give a time after opens_at."));
    }
    within(form.limit, (1, ACCEPTED_MAX), "/limit", faults);
    check_confirmation(&mut form.confirmation, faults);
    check_protection(&form.protection, faults);
    check_origins(&form.allowed_origins, faults);
    let bytes = serde_json::to_string(form).map_or(0, |text| text.len());
    if bytes > DEFINITION_BYTES_MAX {
        let detail = format!("A form has at most {DEFINITION_BYTES_MAX} bytes; this one has {bytes}.");
        faults.push(Fault::new("", Violation::TooLarge, detail));
    }
}

fn check_texts(form: &mut Form, faults: &mut Vec<Fault>) {
    tidy(text::name("/name", &form.name, NAME_LENGTH_MAX), &mut form.name, faults);
    if !form.title.is_empty() {
        tidy(text::label("/title", &form.title, TITLE_LENGTH_MAX), &mut form.title, faults);
    }
    lines(&mut form.description, "/description", TEXT_LENGTH_MAX, faults);
    lines(&mut form.closed_message, "/closed_message", TEXT_LENGTH_MAX, faults);
    if let Some(locale) = &form.locale {
        let is_tag = !locale.is_empty()
            && locale.split('-').all(|part| {
                (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if !is_tag || locale.len() > WORD_LENGTH_MAX {
            faults.push(Fault::new("/locale", Violation::Invalid, "Give a language such as de or de-AT."));
        }
    }
}

fn check_confirmation(confirmation: &mut Confirmation, faults: &mut Vec<Fault>) {
    lines(&mut confirmation.message, "/confirmation/message", TEXT_LENGTH_MAX, faults);
    let Some(redirect) = &confirmation.redirect else {
        if !confirmation.append.is_empty() {
            let detail = "Values are appended to a URL: give a redirect, or leave this out.";
            faults.push(Fault::new("/confirmation/append", Violation::NotPossible, detail));
        }
        return;
    };
    if confirmation.message.is_some() {
        let detail = "Give a message or a redirect, and not both.";
        faults.push(Fault::new("/confirmation/message", Violation::NotPossible, detail));
    }
    let pointer = "/confirmation/redirect";
    if redirect.len() > URL_LENGTH_MAX {
        let detail = format!("Give at most {URL_LENGTH_MAX} characters.");
        faults.push(Fault::new(pointer, Violation::TooLong, detail));
        return;
    }
    match Url::parse(redirect) {
        Ok(url) if url.scheme() != "https" => {
            faults.push(Fault::new(pointer, Violation::NotHttps, "Give a URL that begins with https."));
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            faults.push(Fault::new(pointer, Violation::UserInfo, "Leave out the name and the password."));
        }
        Ok(url) if has_plain_host(&url) => {}
        _ => {
            faults.push(Fault::new(pointer, Violation::NotAUrl, "Give a URL such as https://example.com."));
        }
    }
}

fn check_protection(protection: &Protection, faults: &mut Vec<Fault>) {
    let Protection {
        min_seconds, per_address: RateLimit { limit, window_seconds }, per_hour, max_links, ..
    } = protection;
    let at = |name: &str| format!("/protection/{name}");
    within(Some(u64::from(*min_seconds)), (0, SECONDS_MIN_MAX.into()), &at("min_seconds"), faults);
    within(Some(u64::from(*limit)), (1, RateLimit::LIMIT_MAX.into()), &at("per_address/limit"), faults);
    let window = (1, RateLimit::WINDOW_SECONDS_MAX.into());
    within(Some(u64::from(*window_seconds)), window, &at("per_address/window_seconds"), faults);
    within(Some(u64::from(*per_hour)), (1, PER_HOUR_MAX.into()), &at("per_hour"), faults);
    within(max_links.map(u64::from), (0, LINKS_MAX.into()), &at("max_links"), faults);
}

/// An origin as browsers write it: scheme, host, and the port if it is not that of the scheme.
fn check_origins(origins: &[String], faults: &mut Vec<Fault>) {
    if origins.len() > ORIGINS_MAX {
        let detail = format!("Give at most {ORIGINS_MAX} origins.");
        faults.push(Fault::new("/allowed_origins", Violation::TooMany, detail));
    }
    for (index, origin) in origins.iter().enumerate() {
        let pointer = format!("/allowed_origins/{index}");
        let is_any = origin == "*";
        let is_exact = || {
            Url::parse(origin).is_ok_and(|url| {
                let is_own = url.origin().ascii_serialization() == *origin;
                url.scheme() == "https" && is_own && has_plain_host(&url)
            })
        };
        if is_any && origins.len() > 1 {
            let detail = "Give * alone, for every origin, or origins.";
            faults.push(Fault::new(&pointer, Violation::NotPossible, detail));
        } else if !is_any && !is_exact() {
            let detail = "Give an origin as browsers send it, such as https://example.com.";
            faults.push(Fault::new(&pointer, Violation::Invalid, detail));
        }
        if origins[..index].contains(origin) {
            let detail = "This origin stands in the list twice.";
            faults.push(Fault::new(&pointer, Violation::Duplicate, detail));
        }
    }
}

/// Whether the host is made of letters, digits, dots and hyphens, or an address: URLs allow more, which has a meaning of its own in
/// the policies of browsers.
fn has_plain_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

pub(crate) fn tidy(outcome: Result<String, Fault>, text: &mut String, faults: &mut Vec<Fault>) {
    match outcome {
        Ok(tidy) => *text = tidy,
        Err(fault) => faults.push(fault),
    }
}

pub(crate) fn lines(text: &mut Option<String>, pointer: &str, length_max: usize, faults: &mut Vec<Fault>) {
    if let Some(text) = text {
        tidy(text::lines(pointer, text, length_max), text, faults);
    }
}

pub(crate) fn label(text: &mut Option<String>, pointer: &str, length_max: usize, faults: &mut Vec<Fault>) {
    if let Some(text) = text {
        tidy(text::label(pointer, text, length_max), text, faults);
    }
}

fn within(number: Option<u64>, (low, high): (u64, u64), pointer: &str, faults: &mut Vec<Fault>) {
    if number.is_some_and(|number| !(low..=high).contains(&number)) {
        let detail = format!("Give a whole number from {low} to {high}.");
        faults.push(Fault::new(pointer, Violation::OutOfRange, detail));
    }
}
