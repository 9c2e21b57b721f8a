//! The table, names of files, and the header that they are served with.

use super::*;

#[test]
fn every_extension_stands_in_one_row_only() {
    let mut all: Vec<_> = TYPES.iter().flat_map(|row| row.extensions).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(all.iter().all(|known| known.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
}

#[test]
fn exactly_what_no_browser_runs_is_shown_in_place() {
    let mut shown: Vec<_> =
        TYPES.iter().filter(|row| row.inline).flat_map(|row| row.extensions).copied().collect();
    shown.sort_unstable();
    let expected = ["gif", "jpe", "jpeg", "jpg", "mp3", "mp4", "ogg", "pdf", "png", "wav", "webm", "webp"];
    assert_eq!(shown, expected);
}

#[test]
fn the_last_extension_counts_in_any_case() {
    for (name, content_type) in [
        ("a.PNG", Some("image/png")),
        ("a.png.html", Some("text/html")),
        ("a.tar.gz", None),
        ("png", None),
        ("a.", None),
        (".pdf", Some("application/pdf")),
        ("a.exe", None),
        ("a.js", None),
        ("a.svg", None),
        ("a.png ", None),
    ] {
        assert_eq!(by_extension(name).map(|row| row.content_type), content_type, "{name}");
    }
}

#[test]
fn every_category_has_types_and_a_word() {
    let words: Vec<_> = Category::ALL.iter().map(|c| serde_json::to_string(c).unwrap()).collect();
    assert_eq!(
        words.join(" "),
        r#""documents" "spreadsheets" "interactive" "text" "images" "audio" "video""#
    );
    for category in Category::ALL {
        assert!(TYPES.iter().any(|row| row.category == category));
    }
}

#[test]
fn a_content_type_is_found_without_its_parameters_and_the_shown_row_comes_first() {
    assert_eq!(by_content_type("text/CSV; charset=utf-8").unwrap().extensions, ["csv"]);
    assert_eq!(by_content_type("audio/mpeg").unwrap().extensions, ["mp3"]);
    assert!(by_content_type("application/x-msdownload").is_none());
}

#[test]
fn names_that_others_would_misread_are_refused() {
    use FilenameFault::{End, Invisible, Path, Reserved, Size};
    let long = "x".repeat(256);
    for (name, fault) in [
        ("", Size),
        (long.as_str(), Size),
        ("../../x", Path),
        ("a\\b", Path),
        ("c:x", Path),
        (".", Path),
        ("..", Path),
        ("a\0.png", Invisible),
        ("a\n.png", Invisible),
        ("a\u{85}.png", Invisible),
        ("x.png\u{202e}gpj", Invisible),
        ("x\u{2066}.png", Invisible),
        ("x\u{200f}.png", Invisible),
        ("x\u{2028}.png", Invisible),
        ("CON", Reserved),
        ("nul.txt", Reserved),
        ("Com1.tar.png", Reserved),
        ("LPT² .png", Reserved),
        ("a.png.", End),
        ("a.png ", End),
    ] {
        assert_eq!(filename(name), Err(fault), "{name:?}");
    }
}

#[test]
fn other_names_are_composed_and_kept() {
    assert_eq!(filename("cafe\u{301}.png").unwrap(), "caf\u{e9}.png");
    let longest = "x".repeat(255);
    for name in [
        "a.png",
        "CONSOLE.txt",
        "COM10.txt",
        "COM.txt",
        ".profile",
        "\"; filename=x.html",
        "日本.pdf",
        &longest,
    ] {
        assert_eq!(filename(name).unwrap(), name);
    }
}

#[test]
fn a_name_never_leaves_its_quotes_in_the_header() {
    for (name, value) in [
        ("a b.png", r#"attachment; filename="a b.png"; filename*=UTF-8''a%20b.png"#),
        (
            "\"; filename=x.html",
            r#"attachment; filename="__ filename=x.html"; filename*=UTF-8''%22%3B%20filename%3Dx.html"#,
        ),
        ("é%41\\.png", r#"attachment; filename="__41_.png"; filename*=UTF-8''%C3%A9%2541%5C.png"#),
        ("a\r\nx: y", r#"attachment; filename="a__x_ y"; filename*=UTF-8''a%0D%0Ax%3A%20y"#),
    ] {
        assert_eq!(content_disposition(Disposition::Attachment, name), value);
    }
    assert!(content_disposition(Disposition::Inline, "a.png").starts_with("inline; "));
}
