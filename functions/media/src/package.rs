//! Which documents are kept in a zip, by the names of its members.

use crate::Source;
use crate::fields::{le16, part};
use crate::zip::{self, Member};
use file_types::{Finding, Flag};

const ZIP: &str = "application/zip";

pub(crate) fn begins(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// The document, or a bare zip: if there is no directory, or if it says two things at once.
pub(crate) async fn identify(source: &impl Source, head: &[u8]) -> anyhow::Result<Finding> {
    let Some(directory) = zip::directory(source).await? else {
        return Ok(Finding::of(ZIP));
    };
    let mut parts = Parts::default();
    for member in zip::members(&directory) {
        parts.add(&member, head);
    }
    Ok(Finding::of(parts.content_type())
        .flagged(Flag::Macro, parts.has_macros)
        .flagged(Flag::Encrypted, parts.is_encrypted))
}

/// What the names say.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one name that was met or not")]
struct Parts {
    has_content_types: bool,
    is_word: bool,
    is_excel: bool,
    is_excel_binary: bool,
    is_powerpoint: bool,
    is_xps: bool,
    is_iwork: bool,
    has_slides: bool,
    /// The type that the first member of an `OpenDocument` file or an e-book declares.
    declared: Option<&'static str>,
    is_program: bool,
    has_macros: bool,
    is_encrypted: bool,
}

impl Parts {
    fn add(&mut self, member: &Member<'_>, head: &[u8]) {
        self.is_encrypted |= member.encrypted;
        match member.name {
            b"[Content_Types].xml" => self.has_content_types = true,
            b"mimetype" => self.declared = declared(member, head),
            b"xl/workbook.bin" => self.is_excel_binary = true,
            b"FixedDocSeq.fdseq" | b"FixedDocumentSequence.fdseq" => self.is_xps = true,
            b"Index.zip" | b"Index/Document.iwa" => self.is_iwork = true,
            b"META-INF/MANIFEST.MF" | b"AndroidManifest.xml" | b"classes.dex" => self.is_program = true,
            b"encrypted-package" => self.is_encrypted = true,
            name => self.add_by_ends(name),
        }
    }

    /// The main part has a number in some versions of Office: `word/document2.xml`.
    fn add_by_ends(&mut self, name: &[u8]) {
        let starts = |start: &[u8]| name.starts_with(start);
        self.is_word |= starts(b"word/document") && name.ends_with(b".xml");
        self.is_excel |= starts(b"xl/workbook") && name.ends_with(b".xml");
        self.is_powerpoint |= starts(b"ppt/presentation") && name.ends_with(b".xml");
        self.has_slides |= starts(b"Index/Slide") || starts(b"Index/TemplateSlide");
        self.has_macros |= starts(b"xl/macrosheets/")
            || starts(b"Basic/")
            || starts(b"Scripts/")
            || name.to_ascii_lowercase().ends_with(b"vbaproject.bin");
    }

    fn content_type(&self) -> &'static str {
        let office = [
            (self.is_word, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (self.is_excel, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (self.is_excel_binary, "application/vnd.ms-excel.sheet.binary.macroEnabled.12"),
            (self.is_powerpoint, "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
            (self.is_xps, "application/oxps"),
        ];
        let iwork =
            if self.has_slides { "application/vnd.apple.keynote" } else { "application/vnd.apple.pages" };
        let office =
            office.into_iter().map(|(met, content_type)| (met && self.has_content_types, content_type));
        let mut met = office
            .chain([(self.is_iwork, iwork)])
            .filter_map(|(met, content_type)| met.then_some(content_type));
        match (met.next(), met.next(), self.declared) {
            _ if self.is_program => ZIP,
            (Some(one), None, None) if self.has_macros => with_macros(one),
            (Some(one), None, None) | (None, None, Some(one)) => one,
            _ => ZIP,
        }
    }
}

fn with_macros(content_type: &'static str) -> &'static str {
    match content_type {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
            "application/vnd.ms-word.document.macroEnabled.12"
        }
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
            "application/vnd.ms-excel.sheet.macroEnabled.12"
        }
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => {
            "application/vnd.ms-powerpoint.presentation.macroEnabled.12"
        }
        other => other,
    }
}

/// The first member of all, not compressed, so that its content stands in the file as it is.
fn declared(member: &Member<'_>, head: &[u8]) -> Option<&'static str> {
    const HEADER_SIZE: usize = 30;
    if member.place != 0 || !member.stored {
        return None;
    }
    let start = HEADER_SIZE + usize::from(le16(head, 26)?) + usize::from(le16(head, 28)?);
    match part(head, start, member.size)?.trim_ascii_end() {
        b"application/vnd.oasis.opendocument.text" => Some("application/vnd.oasis.opendocument.text"),
        b"application/vnd.oasis.opendocument.spreadsheet" => {
            Some("application/vnd.oasis.opendocument.spreadsheet")
        }
        b"application/vnd.oasis.opendocument.presentation" => {
            Some("application/vnd.oasis.opendocument.presentation")
        }
        b"application/epub+zip" => Some("application/epub+zip"),
        _ => None,
    }
}
