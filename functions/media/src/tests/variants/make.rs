//! Makes pictures of all kinds.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Pixels with red, green, blue and how opaque they are.
#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) pixels: Vec<[u8; 4]>,
}

impl Image {
    pub(crate) fn of(width: u16, height: u16, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Self {
        let places = (0..u32::from(height)).flat_map(|y| (0..u32::from(width)).map(move |x| (x, y)));
        Self { width, height, pixels: places.map(|(x, y)| pixel(x, y)).collect() }
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 4] {
        self.pixels[y as usize * usize::from(self.width) + x as usize]
    }

    fn opaque(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect()
    }
}

/// Slopes, edges and grain, as in a photo.
pub(crate) fn photo(width: u16, height: u16) -> Image {
    let (w, h) = (u32::from(width), u32::from(height));
    Image::of(width, height, |x, y| {
        let grain =
            (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 29;
        let edge = if (x * 7 / w + y * 5 / h) % 2 == 0 { 60 } else { 0 };
        let wave = (x / 16 * (y / 16)) % 40;
        [x * 180 / w + grain + edge, y * 180 / h + grain + wave, 90 + grain + edge / 2, 255]
            .map(|c| c.min(255) as u8)
    })
}

/// Four fields, one a colour: red and green above, blue and white below.
pub(crate) fn fields(width: u16, height: u16) -> Image {
    let (w, h) = (u32::from(width), u32::from(height));
    Image::of(width, height, |x, y| match (x * 2 < w, y * 2 < h) {
        (true, true) => [220, 20, 20, 255],
        (false, true) => [20, 200, 20, 255],
        (true, false) => [20, 20, 220, 255],
        (false, false) => [240, 240, 240, 255],
    })
}

/// EXIF, without a prefix, that declares an orientation and more.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0\x0F\x01\x02\0\x04\0\0\0SECR\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

/// A profile for this space with this description.
pub(crate) fn profile(space: [u8; 4], description: &str) -> Vec<u8> {
    let mut profile = vec![0; 128];
    profile[16..20].copy_from_slice(&space);
    profile[36..40].copy_from_slice(b"acsp");
    profile.extend(1_u32.to_be_bytes());
    profile.extend(b"desc");
    profile.extend(144_u32.to_be_bytes());
    let text =
        [b"desc\0\0\0\0".as_slice(), &be32(description.len() + 1), description.as_bytes(), &[0]].concat();
    profile.extend(be32(text.len()));
    profile.extend(text);
    profile
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Jpeg {
    Baseline,
    Progressive,
    Grey,
    Inks,
    /// Inks as brightness and colours, as Photoshop writes them.
    InksApart,
}

pub(crate) fn jpeg(image: &Image, kind: Jpeg, exif: Option<&[u8]>, icc: Option<&[u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_progressive(kind == Jpeg::Progressive);
    let is_whole = kind == Jpeg::Inks;
    encoder.set_sampling_factor(if is_whole { SamplingFactor::R_4_4_4 } else { SamplingFactor::R_4_2_0 });
    if let Some(exif) = exif {
        encoder.add_app_segment(1, [b"Exif\0\0", exif].concat()).unwrap();
    }
    if let Some(icc) = icc {
        encoder.add_app_segment(2, [b"ICC_PROFILE\0\x01\x01".as_slice(), icc].concat()).unwrap();
    }
    let bytes = image.pixels.iter();
    let (pixels, colours) = match kind {
        Jpeg::Baseline | Jpeg::Progressive => (image.opaque(), ColorType::Rgb),
        Jpeg::Grey => (bytes.map(|pixel| pixel[1]).collect(), ColorType::Luma),
        Jpeg::Inks | Jpeg::InksApart => {
            let inks =
                bytes.flat_map(|[red, green, blue, _]| [255 - red, 255 - green, 255 - blue, 0]).collect();
            (inks, if kind == Jpeg::Inks { ColorType::Cmyk } else { ColorType::CmykAsYcck })
        }
    };
    encoder.encode(&pixels, image.width, image.height, colours).unwrap();
    file
}

/// How a PNG writes its pixels.
#[derive(Clone, Copy)]
pub(crate) struct Png {
    /// 0 for grey, 2 for colours, 3 for a palette, 4 and 6 with opacity.
    pub(crate) colours: u8,
    pub(crate) depth: u8,
    pub(crate) is_interlaced: bool,
}

const PASSES: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// With chunks of its own before the pixels. Samples of 16 bits repeat those of 8, and those of fewer keep the highest.
pub(crate) fn png(
    image: &Image,
    kind: Png,
    before: &[(&[u8; 4], &[u8])],
    index: impl Fn([u8; 4]) -> u8,
) -> Vec<u8> {
    let (width, height) = (u32::from(image.width), u32::from(image.height));
    let passes: &[_] = if kind.is_interlaced { &PASSES } else { &[(0, 0, 1, 1)] };
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    for &(left, top, step, apart) in passes.iter().filter(|(left, ..)| *left < width) {
        for y in (top..height).step_by(apart as usize) {
            let pixels = (left..width).step_by(step as usize).map(|x| image.at(x, y));
            let row = pixels.flat_map(|[r, g, b, a]| match kind.colours {
                0 => vec![g],
                2 => vec![r, g, b],
                3 => vec![index([r, g, b, a])],
                4 => vec![g, a],
                _ => vec![r, g, b, a],
            });
            packed.write_all(&[0]).unwrap();
            packed.write_all(&samples(row, kind)).unwrap();
        }
    }
    let mut file = png_head(width, height, kind);
    for (name, content) in before {
        chunk(&mut file, **name, content);
    }
    chunk(&mut file, *b"IDAT", &packed.finish().unwrap());
    chunk(&mut file, *b"IEND", &[]);
    file
}

pub(crate) fn png_head(width: u32, height: u32, kind: Png) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    let kinds = [kind.depth, kind.colours, 0, 0, u8::from(kind.is_interlaced)];
    chunk(&mut file, *b"IHDR", &[width.to_be_bytes().as_slice(), &height.to_be_bytes(), &kinds].concat());
    file
}

fn samples(row: impl Iterator<Item = u8>, kind: Png) -> Vec<u8> {
    let depth = kind.depth;
    match depth {
        16 => row.flat_map(|sample| [sample, sample]).collect(),
        8 => row.collect(),
        _ => {
            let shift = if kind.colours == 3 { 0 } else { 8 - depth };
            let row: Vec<u8> = row.map(|sample| sample >> shift).collect();
            row.chunks(usize::from(8 / depth)).map(|few| byte(few, depth)).collect()
        }
    }
}

fn byte(few: &[u8], depth: u8) -> u8 {
    few.iter().zip(1..).fold(0, |byte, (sample, at)| byte | sample << (8 - depth * at))
}

pub(crate) fn chunk(file: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    file.extend(be32(content.len()));
    let start = file.len();
    file.extend(name);
    file.extend(content);
    let checksum = crc32fast::hash(&file[start..]);
    file.extend(checksum.to_be_bytes());
}

pub(crate) fn zlib(content: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}

/// One of 216 colours, or the last index for what is not there.
pub(crate) fn index([red, green, blue, opacity]: [u8; 4]) -> u8 {
    if opacity < 128 { 216 } else { step(red) * 36 + step(green) * 6 + step(blue) }
}

fn step(colour: u8) -> u8 {
    (colour / 3 + 8) / 17
}

pub(crate) fn palette() -> Vec<u8> {
    let mut palette: Vec<u8> = (0..216).flat_map(|i: u8| [i / 36 * 51, i / 6 % 6 * 51, i % 6 * 51]).collect();
    palette.extend([0, 0, 0]);
    palette
}

/// A GIF with this screen, whose frame lies at a place of it.
pub(crate) fn gif(screen: (u16, u16), image: &Image, at: (u16, u16), is_interlaced: bool) -> Vec<u8> {
    let order: Vec<u32> = if is_interlaced {
        let height = u32::from(image.height);
        [(0, 8), (4, 8), (2, 4), (1, 2)]
            .iter()
            .flat_map(|(first, step)| (*first..height).step_by(*step))
            .collect()
    } else {
        (0..u32::from(image.height)).collect()
    };
    let pixels = order.iter().flat_map(|y| (0..u32::from(image.width)).map(move |x| index(image.at(x, *y))));
    let frame = gif::Frame {
        left: at.0,
        top: at.1,
        width: image.width,
        height: image.height,
        interlaced: is_interlaced,
        transparent: Some(216),
        buffer: pixels.collect::<Vec<_>>().into(),
        ..gif::Frame::default()
    };
    let mut file = Vec::new();
    gif::Encoder::new(&mut file, screen.0, screen.1, &palette()).unwrap().write_frame(&frame).unwrap();
    file
}

pub(crate) fn webp_lossless(image: &Image) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut file);
    let (width, height) = (u32::from(image.width), u32::from(image.height));
    encoder.encode(image.pixels.as_flattened(), width, height, image_webp::ColorType::Rgba8).unwrap();
    file
}

pub(crate) fn webp_lossy(image: &Image) -> Vec<u8> {
    let (width, height) = (u32::from(image.width), u32::from(image.height));
    if image.pixels.iter().all(|pixel| pixel[3] == 255) {
        return webp::Encoder::from_rgb(&image.opaque(), width, height).encode(90.0).to_vec();
    }
    webp::Encoder::from_rgba(image.pixels.as_flattened(), width, height).encode(90.0).to_vec()
}

/// A WebP in the extended form: the chunks of another, and more.
pub(crate) fn webp_extended(canvas: (u32, u32), flags: u8, chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let header = [vec![flags, 0, 0, 0], side(canvas.0), side(canvas.1)].concat();
    let mut body = b"WEBP".to_vec();
    for (name, content) in
        std::iter::once((b"VP8X", &header)).chain(chunks.iter().map(|(name, all)| (*name, all)))
    {
        body.extend(name);
        body.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        body.extend(content);
        body.extend(vec![0; content.len() % 2]);
    }
    [b"RIFF".as_slice(), &u32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

fn be32(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}
