//! Files that are two things at once.

use file_types::{by_content_type, by_extension};

use super::found;
use crate::{Cut, corpus, without_metadata};
use file_types::{agrees, may_be_inline};

#[tokio::test]
async fn each_is_what_its_bytes_are_and_fits_its_name_or_not() {
    let corpus = corpus();
    assert!(corpus.len() >= 40);
    for file in corpus {
        let finding = found(&file.bytes).await;
        assert_eq!(finding.content_type, file.content_type, "{}", file.name);
        let fits = by_extension(file.name).is_some_and(|row| agrees(row, &finding));
        assert_eq!(fits, file.agrees, "{}", file.name);
    }
}

/// A browser that is told not to look for itself runs none of these types, so what is inside them does not matter.
#[tokio::test]
async fn what_is_shown_in_place_begins_like_its_type_and_has_one_that_runs_nothing() {
    let mut shown = Vec::new();
    for file in corpus() {
        let finding = found(&file.bytes).await;
        let Some(row) = by_extension(file.name).filter(|row| may_be_inline(row, &finding)) else { continue };
        assert!(by_content_type(&finding.content_type).unwrap().inline);
        assert!(finding.text.is_none(), "{}", file.name);
        let signature: &[u8] = match row.content_type {
            "image/png" => b"\x89PNG",
            "image/jpeg" => b"\xFF\xD8\xFF",
            "image/gif" => b"GIF8",
            "image/webp" => b"RIFF",
            "application/pdf" => b"%PDF-",
            "video/mp4" => b"\0\0\0\x18ftyp",
            other => panic!("{} is shown as {other}", file.name),
        };
        assert!(file.bytes.starts_with(signature), "{}", file.name);
        shown.push(file.name);
    }
    assert_eq!(shown.len(), 13, "{shown:?}");
}

#[tokio::test]
async fn nothing_foreign_is_left_in_pictures_once_they_are_cut() {
    for file in corpus().into_iter().filter(|file| file.content_type.starts_with("image/")) {
        if file.content_type == "image/svg+xml" || file.name == "many-large-frames.png" {
            continue;
        }
        let Cut::Changed(cut) = without_metadata(file.content_type, file.bytes).unwrap() else {
            panic!("{} is the same", file.name);
        };
        for foreign in [&b"<html"[..], b"<?php", b"alert", b"evil", b"PK\x03\x04", b"PK\x05\x06"] {
            assert!(!cut.windows(foreign.len()).any(|window| window == foreign), "{}", file.name);
        }
        assert_eq!(found(&cut).await.content_type, file.content_type);
    }
}
