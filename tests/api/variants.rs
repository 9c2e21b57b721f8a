//! Variants of pictures: made when they are first asked for, once, never of what is gone, and never waited for in vain twice.

use std::io::Cursor;

use base::id::{TeamId, UploadId};
use bucket::{Attempts, VariantKeys, VariantState};
use file_types::Variant;
use futures_util::future::join_all;
use image_webp::WebPDecoder;
use media::{Event, Inspector};
use serde_json::{Value, json};

use crate::{
    file_store::bucket_of_engine,
    harness::{Api, Person, System, World, contacts},
    jobs::until,
    uploads::{at, fetched, sent, sha256},
};

/// A PNG with a colour for each place, and other chunks before its pixels.
fn png(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    picture_that_tells(width, height, None)
}

/// The same, with a comment.
pub(crate) fn picture_that_tells(width: u32, height: u32, comment: Option<&str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    if let Some(comment) = comment {
        encoder.add_text_chunk("Comment".to_owned(), comment.to_owned()).unwrap();
    }
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| [x, y, x ^ y].map(|c| c.to_le_bytes()[0])))
        .collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

fn sides(webp: &[u8]) -> (u32, u32) {
    WebPDecoder::new(Cursor::new(webp)).unwrap().dimensions()
}

/// The keys of a variant of this upload.
fn keys(world: &World, upload: &Value, variant: Variant) -> VariantKeys {
    let id = UploadId::parse(upload["id"].as_str().unwrap()).unwrap();
    VariantKeys::new(&TeamId::parse(&world.team).unwrap(), &id, variant)
}

#[tokio::test]
async fn a_picture_comes_in_each_size_and_is_made_once() {
    let world = World::new().await;
    let owner = &world.owner.api;
    let upload = sent(owner, &world, "Ulm \"2026\".png", &picture(700, 350)).await;
    assert_eq!(upload["variants"], "on_demand");
    for (variant, expected) in [("small", (128, 64)), ("medium", (512, 256)), ("large", (700, 350))] {
        let query = format!("?variant={variant}&disposition=inline");
        // Whoever asks at the same time gets the same.
        let answers = join_all((0..5).map(|_| fetched(owner, &world, &upload, &query))).await;
        let mut bodies = Vec::new();
        for (found, response) in answers {
            assert_eq!((&found["variant"], &found["content_type"]), (&json!(variant), &json!("image/webp")));
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "image/webp");
            let name = format!("inline; filename=\"Ulm _2026_-{variant}.webp\"");
            assert!(header("content-disposition").starts_with(&name), "{}", header("content-disposition"));
            bodies.push(response.bytes().await.unwrap());
        }
        assert_eq!(sides(&bodies[0]), expected);
        bodies.dedup();
        assert_eq!(bodies.len(), 1);
    }
    let (saved, response) = fetched(owner, &world, &upload, "?variant=small").await;
    assert_eq!(
        (&saved["disposition"], &saved["content_type"]),
        (&json!("attachment"), &json!("application/octet-stream"))
    );
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    let (original, response) = fetched(owner, &world, &upload, "?variant=original").await;
    assert_eq!(original["variant"], "original");
    assert_eq!(upload["sha256"], sha256(&response.bytes().await.unwrap()));
    owner.get(&at(&world, &upload, "/content?variant=huge")).await.expect_problem(400, "invalid_request");
}

#[tokio::test]
async fn what_has_no_variants_is_served_as_it_was_sent() {
    let world = World::new().await;
    let owner = &world.owner.api;
    // 4 MB of a header, of which nothing is believed before it is decoded.
    let large = png(65_535, 65_535, b"");
    for (name, bytes) in [("a.txt", b"text".to_vec()), ("large.png", large)] {
        let upload = sent(owner, &world, name, &bytes).await;
        assert_eq!((&upload["status"], &upload["variants"]), (&json!("ready"), &json!("none")), "{name}");
        let (found, response) = fetched(owner, &world, &upload, "?variant=small").await;
        assert_eq!(found["variant"], "original", "{name}");
        assert_eq!(upload["sha256"], sha256(&response.bytes().await.unwrap()), "{name}");
    }
    // Its parts are those of a picture; what lies in them is not.
    let damaged = sent(owner, &world, "damaged.png", &png(40, 40, b"not compressed")).await;
    assert_eq!(damaged["variants"], "on_demand");
    for _ in 0..2 {
        let (found, _) = fetched(owner, &world, &damaged, "?variant=small&disposition=inline").await;
        assert_eq!((&found["variant"], &found["content_type"]), (&json!("original"), &json!("image/png")));
        let seen = owner.get(&at(&world, &damaged, "")).await.expect(200);
        assert_eq!((&seen["status"], &seen["variants"]), (&json!("ready"), &json!("failed")));
    }
}

#[tokio::test]
async fn a_picture_that_is_removed_takes_its_variants_with_it() {
    let system = System::isolated();
    let world = World::of(Person::at(&Api::at(&system.url)).await, contacts()).await;
    let owner = &world.owner.api;
    let upload = sent(owner, &world, "a.png", &picture(300, 300)).await;
    let of = keys(&world, &upload, Variant::Small);
    fetched(owner, &world, &upload, "?variant=small").await;
    assert_eq!(system.bucket.variant(&of).await.unwrap(), VariantState::Made);
    owner.delete(&at(&world, &upload, "/force")).await.expect(204);
    owner.get(&at(&world, &upload, "/content?variant=small")).await.expect_problem(404, "not_found");
    let is_gone = async || system.bucket.variant(&of).await.unwrap() == VariantState::Absent;
    until(is_gone).await;
    // Somebody has asked just before, and the picture went first.
    system.bucket.ask_for_variant(&of).await.unwrap();
    until(async || system.bucket.requests().await.unwrap().is_empty()).await;
    assert!(is_gone().await);
    // The process that made it has ended before it could see that.
    system.bucket.store_variant(&of, Some(b"late".to_vec())).await.unwrap();
    system.bucket.remove_orphaned_variants().await.unwrap();
    assert!(is_gone().await);
}

#[tokio::test]
async fn what_ends_its_maker_again_and_again_is_given_up() {
    let bucket = bucket_of_engine().await;
    let inspector = Inspector::new(bucket.clone());
    for (count, outcome) in [(1, VariantState::Made), (2, VariantState::Made), (3, VariantState::Failed)] {
        let of = VariantKeys::new(&TeamId::new(), &UploadId::new(), Variant::Medium);
        bucket.put(&of.original, "image/png", picture(64, 64)).await.unwrap();
        let mut before = Attempts::default();
        for begun in 1..=count {
            assert!(bucket.begin_variant(&of, &before).await.unwrap());
            assert!(!bucket.begin_variant(&of, &before).await.unwrap(), "one of two who try at once");
            let VariantState::Begun(attempts) = bucket.variant(&of).await.unwrap() else {
                panic!("it has begun")
            };
            assert_eq!(attempts.count, begun);
            before = attempts;
        }
        for _ in 0..2 {
            // A second notification adds nothing to what is there. No request is stored: the system would hear of it too.
            inspector.handle(Event::of(of.request.as_str())).await.unwrap();
            assert_eq!(bucket.variant(&of).await.unwrap(), outcome, "{count}");
        }
        // Nor does another one who has counted the attempts before it was made.
        bucket.give_up_variant(&of, &before).await.unwrap();
        assert_eq!(bucket.variant(&of).await.unwrap(), outcome, "{count}");
        bucket.delete(&of.original).await.unwrap();
        inspector.handle(Event::of(of.request.as_str())).await.unwrap();
        assert_eq!(bucket.variant(&of).await.unwrap(), VariantState::Absent);
        // A second request adds nothing to the first, and both end.
        bucket.ask_for_variant(&of).await.unwrap();
        bucket.ask_for_variant(&of).await.unwrap();
        inspector.handle(Event::of(of.request.as_str())).await.unwrap();
        until(async || !bucket.requests().await.unwrap().contains(&of.request.to_string())).await;
        assert_eq!(bucket.variant(&of).await.unwrap(), VariantState::Absent);
    }
}
