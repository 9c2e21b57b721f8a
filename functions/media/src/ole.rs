//! Compound files (OLE2), in which the older programs of Office keep documents, and all of them encrypted ones.

use std::collections::HashSet;

use crate::Source;
use crate::fields::{le16, le32, length, part};
use file_types::{Finding, Flag, UNKNOWN};

const SIGNATURE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
const ENTRY_SIZE: usize = 128;
const SECTORS_MAX: usize = 64;
/// How often the file is read at all, wherever its chains lead.
const READS_MAX: usize = 200;
/// The places of the allocation table that stand in the header itself.
const IN_HEADER: usize = 109;
/// Greater numbers mean that there is no sector, or no entry.
const NUMBER_MAX: u32 = 0xFFFF_FFFA;

pub(crate) fn begins(head: &[u8]) -> bool {
    head.starts_with(SIGNATURE)
}

/// The document by the names in its root. What is embedded in it stands deeper.
pub(crate) async fn identify(source: &impl Source, head: &[u8]) -> anyhow::Result<Finding> {
    let sector_bits = le16(head, 30).unwrap_or_default();
    if sector_bits != 9 && sector_bits != 12 {
        return Ok(Finding::of(UNKNOWN));
    }
    let mut file = Compound { source, head, sector_size: 1 << sector_bits, reads: 0 };
    let directory = file.directory().await?;
    let root = in_root(&directory);
    let stream = |name: &str| root.iter().find(|entry| entry.name == name);
    if stream("EncryptedPackage").is_some() {
        return Ok(Finding::of(UNKNOWN).flagged(Flag::Encrypted, true));
    }
    let word = stream("WordDocument");
    let excel = stream("Workbook").or_else(|| stream("Book"));
    let powerpoint = stream("PowerPoint Document");
    let (content_type, main) = match (word, excel, powerpoint) {
        (Some(main), None, None) => ("application/msword", main),
        (None, Some(main), None) => ("application/vnd.ms-excel", main),
        (None, None, Some(main)) => ("application/vnd.ms-powerpoint", main),
        _ => return Ok(Finding::of(UNKNOWN)),
    };
    let has_macros = ["Macros", "_VBA_PROJECT_CUR", "VBA"].into_iter().any(|name| stream(name).is_some());
    let start = file.sector(main.start).await?;
    let encrypted = match content_type {
        "application/msword" => le16(&start, 10).is_some_and(|bits| bits & 0x0100 != 0),
        "application/vnd.ms-excel" => has_password_record(&start),
        _ => stream("EncryptedSummary").is_some(),
    };
    Ok(Finding::of(content_type).flagged(Flag::Macro, has_macros).flagged(Flag::Encrypted, encrypted))
}

struct Compound<'a, S> {
    source: &'a S,
    head: &'a [u8],
    sector_size: usize,
    reads: usize,
}

impl<S: Source> Compound<'_, S> {
    async fn sector(&mut self, number: u32) -> anyhow::Result<Vec<u8>> {
        if number > NUMBER_MAX || self.reads >= READS_MAX {
            return Ok(Vec::new());
        }
        self.reads += 1;
        let place = (u64::from(number) + 1) * self.sector_size as u64;
        self.source.read(place, self.sector_size).await
    }

    /// The first sectors of the directory, in the order of the allocation table.
    async fn directory(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut directory = Vec::new();
        let mut number = le32(self.head, 48);
        for _ in 0..SECTORS_MAX {
            let Some(current) = number.filter(|number| *number <= NUMBER_MAX) else { break };
            let sector = self.sector(current).await?;
            if sector.is_empty() {
                break;
            }
            directory.extend(sector);
            number = self.after(current).await?;
        }
        Ok(directory)
    }

    /// Which sector follows in a chain.
    async fn after(&mut self, number: u32) -> anyhow::Result<Option<u32>> {
        let per_sector = self.sector_size / 4;
        let (table, place) = (length(number) / per_sector, length(number) % per_sector);
        let Some(table) = self.table(table).await? else { return Ok(None) };
        Ok(le32(&self.sector(table).await?, place * 4))
    }

    /// Which sector holds a part of the allocation table.
    async fn table(&mut self, index: usize) -> anyhow::Result<Option<u32>> {
        if index < IN_HEADER {
            return Ok(le32(self.head, 76 + index * 4));
        }
        let per_sector = self.sector_size / 4 - 1;
        let (hops, place) = ((index - IN_HEADER) / per_sector, (index - IN_HEADER) % per_sector);
        if hops >= READS_MAX {
            return Ok(None);
        }
        let mut next = le32(self.head, 68);
        for _ in 0..hops {
            let Some(number) = next else { return Ok(None) };
            next = le32(&self.sector(number).await?, per_sector * 4);
        }
        let Some(number) = next else { return Ok(None) };
        Ok(le32(&self.sector(number).await?, place * 4))
    }
}

struct Entry {
    name: String,
    start: u32,
}

/// The entries below the root are a tree of siblings: each is visited once, whatever it points to.
fn in_root(directory: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<u32> = le32(directory, 76).into_iter().collect();
    while let Some(number) = open.pop() {
        let bytes =
            length(number).checked_mul(ENTRY_SIZE).and_then(|place| part(directory, place, ENTRY_SIZE));
        let Some(bytes) = bytes.filter(|_| seen.insert(number)) else { continue };
        open.extend([le32(bytes, 68), le32(bytes, 72)].into_iter().flatten());
        entries.extend(entry(bytes));
    }
    entries
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let size = usize::from(le16(bytes, 64)?).checked_sub(2)?;
    let (pairs, _) = part(bytes, 0, size.min(62))?.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    Some(Entry { name: String::from_utf16(&units).ok()?, start: le32(bytes, 116)? })
}

/// A workbook is a row of records of a kind and a length; one of the first says that a password is needed.
fn has_password_record(start: &[u8]) -> bool {
    const FILE_PASS: u16 = 0x2F;
    let mut rest = start;
    while let (Some(kind), Some(size)) = (le16(rest, 0), le16(rest, 2)) {
        if kind == FILE_PASS {
            return true;
        }
        rest = rest.get(4 + usize::from(size)..).unwrap_or_default();
    }
    false
}
