//! Archives and compound files with members of any names.

/// A zip whose members are empty.
pub(crate) fn zip(names: &[&str]) -> Vec<u8> {
    let members: Vec<_> = names.iter().map(|name| (*name, &b""[..])).collect();
    zip_of(&members)
}

/// A zip of members that are not compressed.
pub(crate) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, directory) = members_and_directory(members);
    let (place, count) = (u32_of(bytes.len()), u16_of(members.len()));
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend([u32_of(directory.len()).to_le_bytes(), place.to_le_bytes()].concat());
    bytes.extend([0, 0]);
    bytes
}

/// The same with the records for large archives, and nothing in the old one.
pub(crate) fn zip_64(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, directory) = members_and_directory(members);
    let place = bytes.len() as u64;
    bytes.extend(&directory);
    let end = bytes.len() as u64;
    bytes.extend(b"PK\x06\x06\x2C\0\0\0\0\0\0\0\x2D\0\x2D\0\0\0\0\0\0\0\0\0");
    for number in [members.len() as u64, members.len() as u64, directory.len() as u64, place] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend(end.to_le_bytes());
    bytes.extend([1, 0, 0, 0]);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([0xFF; 12]);
    bytes.extend([0, 0]);
    bytes
}

fn members_and_directory(members: &[(&str, &[u8])]) -> (Vec<u8>, Vec<u8>) {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let place = u32_of(bytes.len());
        let size = u32_of(data.len()).to_le_bytes();
        let sizes = [&crc32fast::hash(data).to_le_bytes()[..], &size, &size].concat();
        let names = [u16_of(name.len()).to_le_bytes(), [0, 0]].concat();
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes, &names].concat();
        bytes.extend([b"PK\x03\x04", &common[..], name.as_bytes(), data].concat());
        directory.extend(
            [b"PK\x01\x02\x14\0", &common[..], &[0; 10], &place.to_le_bytes(), name.as_bytes()].concat(),
        );
    }
    (bytes, directory)
}

/// A compound file whose root holds streams of these names, all of them in one sector of zeros.
pub(crate) fn ole(names: &[&str]) -> Vec<u8> {
    let mut header = vec![0; 512];
    put(&mut header, 0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    put(&mut header, 30, &[9, 0]);
    put(&mut header, 48, &1_u32.to_le_bytes());
    put(&mut header, 76, &0_u32.to_le_bytes());
    let mut table = vec![0xFF; 512];
    put(&mut table, 0, &[0xFD, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]);
    let mut directory = entry("Root Entry", u32::MAX, 1);
    for (number, name) in (2..).zip(names) {
        directory.extend(entry(name, number, u32::MAX));
    }
    directory.resize(1024, 0);
    [header, table, directory, vec![0; 512]].concat()
}

fn entry(name: &str, right: u32, child: u32) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let size = u16_of(entry.len());
    entry.resize(128, 0);
    put(&mut entry, 64, &size.to_le_bytes());
    put(&mut entry, 68, &u32::MAX.to_le_bytes());
    put(&mut entry, 72, &right.to_le_bytes());
    put(&mut entry, 76, &child.to_le_bytes());
    put(&mut entry, 116, &3_u32.to_le_bytes());
    entry
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (place, byte) in bytes.iter_mut().skip(at).zip(value) {
        *place = *byte;
    }
}

fn u16_of(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn u32_of(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
