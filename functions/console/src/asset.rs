//! The assets of the page: modules and style sheets, with one version for all of them in their addresses, so that they can be
//! kept for ever and refer to each other as they lie in their folders.

use api::openapi::{Input, Operation};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use base::{Error, Result};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file, and what it is when it is compressed.
pub(crate) struct Asset {
    /// Folder and file.
    pub(crate) name: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) gzip: &'static [u8],
    pub(crate) brotli: &'static [u8],
}

impl Asset {
    /// The asset of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.name == name)
    }

    /// Its media type.
    pub(crate) fn content_type(&self) -> HeaderValue {
        HeaderValue::from_static(if self.is_module() {
            "text/javascript; charset=utf-8"
        } else {
            "text/css; charset=utf-8"
        })
    }

    /// Whether it is a module; else it is a style sheet.
    pub(crate) fn is_module(&self) -> bool {
        !self.name.starts_with("style/")
    }

    /// The bytes in a coding.
    pub(crate) const fn bytes(&self, coding: Coding) -> &'static [u8] {
        match coding {
            Coding::Identity => self.plain,
            Coding::Gzip => self.gzip,
            Coding::Brotli => self.brotli,
        }
    }
}

/// How the bytes are coded on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Brotli,
}

impl Coding {
    /// Its name in `Content-Encoding`, if it has to be told.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// The smallest of those that the client takes (RFC 9110, section 12.5.3). Weights do not matter but for zero, which
    /// takes a coding out.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        let accepted: Vec<_> = lines.flat_map(|line| line.split(',')).filter_map(accepted).collect();
        let takes = |coding: &Self| coding.name().is_some_and(|name| accepted.contains(&name));
        [Self::Brotli, Self::Gzip].into_iter().find(takes).unwrap_or(Self::Identity)
    }
}

/// The coding of one part of the list, unless its weight is zero.
fn accepted(part: &str) -> Option<&str> {
    let mut words = part.split(';').map(str::trim);
    let coding = words.next()?;
    let is_out =
        words.any(|word| word.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0_f32)));
    (!is_out).then_some(coding)
}

/// What a browser asks for: an asset in a coding, and whether it has it already.
pub(crate) struct AssetRequest {
    pub(crate) asset: &'static Asset,
    pub(crate) coding: Coding,
    pub(crate) is_known: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for AssetRequest {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = axum::extract::Path::<(String, String, String)>::from_request_parts(parts, state).await;
        let (version, folder, file) = path.map_err(|_| Error::not_found("asset"))?.0;
        let asset = Asset::find(&format!("{folder}/{file}")).filter(|_| version == VERSION);
        let known = parts.headers.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
        Ok(Self {
            asset: asset.ok_or_else(|| Error::not_found("asset"))?,
            coding: Coding::of(&parts.headers),
            // An asset never changes under its address: whichever tag is known, it is this one's.
            is_known: known.is_some_and(|tag| tag.contains(VERSION)),
        })
    }
}

impl Input for AssetRequest {
    fn describe(_: &mut Operation) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_coding_that_is_taken_is_sent() {
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip;q=1.0, br;q=0", Coding::Gzip),
            ("br;q=0.001", Coding::Brotli),
            ("gzip ; q=0.0", Coding::Identity),
            ("deflate, *", Coding::Identity),
            ("identity", Coding::Identity),
            ("", Coding::Identity),
            ("brotli", Coding::Identity),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(Coding::of(&headers), coding, "{accepted}");
        }
        assert_eq!(Coding::of(&HeaderMap::new()), Coding::Identity);
    }
}
