//! Smaller pictures that are made of one.

/// A picture with more pixels is served as it is.
pub const PIXELS_MAX: u64 = 50_000_000;

/// A smaller picture that is made of one, by where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// In a list: the longest side has at most 128 pixels.
    Small,
    /// In a text: at most 512 pixels.
    Medium,
    /// On a whole screen: at most 2,048 pixels.
    Large,
}

impl Variant {
    /// All of them, from the smallest.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];
    /// The type that they have.
    pub const CONTENT_TYPE: &'static str = "image/webp";

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.name() == name)
    }

    /// How many pixels the longest side has at most.
    pub const fn side_max(self) -> u16 {
        match self {
            Self::Small => 128,
            Self::Medium => 512,
            Self::Large => 2048,
        }
    }

    /// What the variant of a file with this name is called when it is saved.
    pub fn filename(self, of: &str) -> String {
        let stem = of.rsplit_once('.').map_or(of, |(stem, _)| stem);
        format!("{stem}-{}.webp", self.name())
    }
}

/// Whether variants are made of such a picture.
pub fn has_variants(content_type: &str, width: Option<u32>, height: Option<u32>) -> bool {
    let [width, height] = [width, height].map(Option::unwrap_or_default);
    let pixels = u64::from(width) * u64::from(height);
    let fits = u16::try_from(width.max(height)).is_ok() && (1..=PIXELS_MAX).contains(&pixels);
    crate::is_picture(content_type) && fits
}
