//! Compresses what the page is made of, once, so that no request has to.

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// The folder of the page. Its assets lie one folder deeper.
const PAGE: &str = "src/page";
/// The best that brotli has.
const QUALITY: i32 = 11;
/// So many digits of the hash tell versions apart.
const VERSION_LENGTH: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PAGE}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let (mut rows, mut hash) = (String::new(), Sha256::new());
    for folder in entries(Path::new(PAGE))?.into_iter().filter(|path| path.is_dir()) {
        for path in entries(&folder)? {
            let name = path.strip_prefix(PAGE)?.to_str().ok_or("a name that is no text")?;
            let plain = fs::read(&path)?;
            let made = out.join(name.replace('/', "."));
            // A copy, so that what is compressed and what is not are the same whoever edits meanwhile.
            fs::write(&made, &plain)?;
            fs::write(made.with_added_extension("gz"), gzip(&plain)?)?;
            fs::write(made.with_added_extension("br"), brotli(&plain)?)?;
            hash.update(name);
            hash.update(&plain);
            let made = made.display();
            writeln!(
                rows,
                "    Asset {{ name: {name:?}, plain: include_bytes!(\"{made}\"), gzip: include_bytes!(\"{made}.gz\"), brotli: \
                 include_bytes!(\"{made}.br\") }},"
            )?;
        }
    }
    let version: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let version = &version[..VERSION_LENGTH];
    let made = format!(
        "/// The version of all assets: a hash of them.\npub(crate) const VERSION: &str = {version:?};\n\n/// The tag of each \
         of them.\npub(crate) const ETAG: &str = \"\\\"{version}\\\"\";\n\n/// All assets.\npub(crate) const ASSETS: &[Asset] \
         = &[\n{rows}];\n"
    );
    fs::write(out.join("assets.rs"), made)?;
    Ok(())
}

/// What lies in a folder, in the order of names.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

fn brotli(mut plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: QUALITY, ..Default::default() };
    brotli::BrotliCompress(&mut plain, &mut compressed, &parameters)?;
    Ok(compressed)
}
