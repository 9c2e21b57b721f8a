//! Large objects in little memory.

use std::{fs, io};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::object_store::support::{BUCKET, for_a_minute, open, world};

const GIBIBYTE: i64 = 1 << 30;
/// Both sides of the connection are in this process, and so are those of other tests.
const MEMORY_MAX: usize = 200 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_goes_in_and_out_through_bounded_buffers() {
    let world = world().await;
    let put = world.s3.put_object().bucket(BUCKET).key("k").content_length(GIBIBYTE);
    let url = put.presigned(for_a_minute()).await.unwrap();
    let before = resident();
    let mut stream = open("PUT", &url).await;
    let chunk = vec![7; 1 << 20];
    for _ in 0..1_024 {
        stream.write_all(&chunk).await.unwrap();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let url = world.s3.get_object().bucket(BUCKET).key("k").presigned(for_a_minute()).await.unwrap();
    let mut stream = open("GET", &url).await;
    let (mut received, mut buffer, mut most) = (0, vec![0; 1 << 16], 0);
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        received += i64::try_from(length).unwrap();
        most = most.max(resident());
    }
    assert!((GIBIBYTE..GIBIBYTE + 2_000).contains(&received), "{received}");
    assert!(most.saturating_sub(before) < MEMORY_MAX, "{before} {most}");
}

/// The memory of this process, the most it ever had; 0 where the system does not tell.
fn resident() -> usize {
    let status: io::Result<String> = fs::read_to_string("/proc/self/status");
    let kib = status.ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<usize>().ok()
    });
    kib.unwrap_or_default() << 10
}
