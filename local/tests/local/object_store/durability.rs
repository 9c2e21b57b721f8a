//! What is there after an end at any moment.

use std::{fs, time::Duration};

use local::object_store::{self, Settings};
use tokio::{io::AsyncWriteExt as _, sync::mpsc};

use crate::object_store::support::{
    BUCKET, World, bytes_of, files, for_a_minute, keys, open, put, put_url, world, world_in,
};

#[tokio::test]
async fn objects_and_uploads_survive_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let World { store, s3, .. } = world_in(Some(path.clone())).await;
    put(&s3, "k", b"kept").await;
    let upload = s3.create_multipart_upload().bucket(BUCKET).key("m").send().await.unwrap();
    let id = upload.upload_id().unwrap().to_owned();
    let part = s3.upload_part().bucket(BUCKET).key("m").upload_id(&id).part_number(1);
    part.body(b"part".to_vec().into()).send().await.unwrap();
    store.stop().await;
    // As a write leaves it that the end of the process cut off, before and after its file was complete.
    let kept = fs::read_dir(path.join("objects")).unwrap().next().unwrap().unwrap().file_name();
    let hash = kept.to_str().unwrap().split('-').next().unwrap().to_owned();
    fs::write(path.join("objects").join(format!("{hash}-0123")), b"half").unwrap();
    fs::write(path.join("objects").join("strange"), b"").unwrap();
    assert_eq!(files(&path), 4);
    let World { store: _store, s3, .. } = world_in(Some(path.clone())).await;
    assert_eq!(files(&path), 2);
    assert_eq!(bytes_of(&s3, "k").await.unwrap(), b"kept");
    assert_eq!(s3.list_parts().bucket(BUCKET).key("m").upload_id(&id).send().await.unwrap().parts().len(), 1);
}

#[tokio::test]
async fn a_replaced_object_takes_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_in(Some(folder.path().to_owned())).await;
    for bytes in [&b"one"[..], b"two", b"three"] {
        put(&world.s3, "k", bytes).await;
    }
    assert_eq!(files(folder.path()), 1);
    world.s3.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(files(folder.path()), 0);
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_in(Some(folder.path().to_owned())).await;
    let url = put_url(&world.s3, "k", &vec![7; 3_000_000], for_a_minute()).await;
    let mut stream = open("PUT", &url).await;
    stream.write_all(&vec![7; 2_000_000]).await.unwrap();
    until(|| files(folder.path()) == 1).await;
    drop(stream);
    until(|| files(folder.path()) == 0).await;
    assert!(keys(&world.s3).await.is_empty());
}

#[tokio::test]
async fn a_reader_keeps_what_it_began_to_read() {
    let world = world().await;
    let large = vec![1; 8 << 20];
    world.s3.put_object().bucket(BUCKET).key("k").body(large.clone().into()).send().await.unwrap();
    let reading = world.s3.get_object().bucket(BUCKET).key("k").send().await.unwrap();
    put(&world.s3, "k", b"new").await;
    assert!(reading.body.collect().await.unwrap().to_vec() == large);
    assert_eq!(bytes_of(&world.s3, "k").await.unwrap(), b"new");
}

#[tokio::test]
async fn a_second_store_does_not_open_the_folder_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_in(Some(folder.path().to_owned())).await;
    put(&world.s3, "k", b"kept").await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings {
        folder: Some(folder.path().to_owned()),
        bucket: BUCKET.to_owned(),
        access_key: "a".to_owned(),
        secret_key: "b".to_owned(),
        origins: Vec::new(),
        created: mpsc::unbounded_channel().0,
    };
    assert!(object_store::start(listener, settings).await.is_err());
    assert_eq!(bytes_of(&world.s3, "k").await.unwrap(), b"kept");
}

async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to that");
}
