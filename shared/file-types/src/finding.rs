//! What was found in a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The content type of what is not known.
pub const UNKNOWN: &str = "application/octet-stream";

/// What a file is by its bytes. It is kept as JSON beside the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// One of the table of types, [`UNKNOWN`], or a known type that no upload may have: an archive, an e-book, SVG,
    /// XML.
    pub content_type: String,
    /// What one should know before opening it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// The width of a picture, by its header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// The height of a picture, by its header, before it is turned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// How many frames an animated PNG declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    /// Which kind of text it is, if it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextKind>,
}

/// What one should know before opening a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// It carries programs.
    Macro,
    /// It cannot be read without a password.
    Encrypted,
}

/// The kinds of text that can be told apart. The less trusted one is said where it is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// No markup at its start.
    Plain,
    /// A browser might read it as a page.
    Html,
    /// A picture that may carry scripts.
    Svg,
    /// Other markup.
    Xml,
}

impl Finding {
    /// Whether it is a picture of a kind from which metadata is cut.
    pub fn is_picture(&self) -> bool {
        crate::is_picture(&self.content_type)
    }

    /// One of which nothing else is to be known.
    pub fn of(content_type: &str) -> Self {
        Self {
            content_type: content_type.to_owned(),
            flags: Vec::new(),
            width: None,
            height: None,
            frames: None,
            text: None,
        }
    }

    /// One of a text.
    pub fn text(kind: TextKind) -> Self {
        let content_type = match kind {
            TextKind::Plain => "text/plain",
            TextKind::Html => "text/html",
            TextKind::Svg => "image/svg+xml",
            TextKind::Xml => "application/xml",
        };
        Self { text: Some(kind), ..Self::of(content_type) }
    }

    /// The same with a flag, if the file carries it.
    #[must_use]
    pub fn flagged(mut self, flag: Flag, carries: bool) -> Self {
        if carries {
            self.flags.push(flag);
        }
        self
    }
}
