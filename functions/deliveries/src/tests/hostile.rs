//! Receivers that are slow, endless, too large or broken: each request ends in time, and little of the response
//! is stored.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use super::{
    SHORT, client, hasty, post, post_by,
    receiver::{Receiver, answer, read_request, until},
};
use crate::{client::Response, failure::Failure};
use delivery::target::TargetRules;

/// Writes the first text once and the second again and again, as long as the client reads; returns how many
/// bytes were written.
async fn pour(mut stream: TcpStream, first: &'static str, then: &'static str, pause: Duration) -> u64 {
    read_request(&mut stream).await;
    let mut taken = 0;
    let mut next = first;
    while stream.write_all(next.as_bytes()).await.is_ok() {
        taken += next.len() as u64;
        next = then;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    taken
}

async fn pouring(first: &'static str, then: &'static str, pause: Duration) -> (Receiver, Arc<AtomicU64>) {
    let taken = Arc::new(AtomicU64::new(u64::MAX));
    let told = taken.clone();
    let receiver = Receiver::start(move |stream| {
        let told = told.clone();
        async move { told.store(pour(stream, first, then, pause).await, Ordering::SeqCst) }
    });
    (receiver.await, taken)
}

const TRICKLE: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_good_receiver_gets_the_event_as_it_is() {
    let (receiver, kept) = Receiver::keeping("HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\n\r\ntaken").await;
    let answer = post(&receiver.url()).await.unwrap();
    assert_eq!(answer, Response { status: 202, retry_after: None, body: "taken".into() });
    let request = kept.lock().unwrap().pop().unwrap();
    assert!(request.starts_with("POST /hooks?a=b HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"type\":\"object.created\"}"), "{request}");
    let host = format!("host: {}\r\n", receiver.address);
    assert!(request.contains(&host) && request.contains("webhook-id: evt_1\r\n"), "{request}");
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let receiver = Receiver::start(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    let begun = Instant::now();
    let outcome = post_by(&hasty(SHORT), &TargetRules::anywhere(), &receiver.await.url()).await;
    assert_eq!(outcome, Err(Failure::Timeout));
    assert!(begun.elapsed() >= SHORT.response);
}

#[tokio::test]
async fn slow_headers_are_a_timeout_and_the_connection_ends() {
    let (receiver, taken) = pouring("HTTP/1.1 200 OK\r\nx-slow: ", "a", TRICKLE).await;
    let outcome = post_by(&hasty(SHORT), &TargetRules::anywhere(), &receiver.url()).await;
    assert_eq!(outcome, Err(Failure::Timeout));
    until(|| taken.load(Ordering::SeqCst) < u64::MAX).await;
}

#[tokio::test]
async fn a_status_counts_however_slow_the_body_is() {
    for (status, then) in [("200 OK", "."), ("500 No", ".")] {
        let head: &'static str = format!("HTTP/1.1 {status}\r\n\r\nso far").leak();
        let (receiver, taken) = pouring(head, then, TRICKLE).await;
        // Waiting for all of the body would be a timeout.
        let answer = post(&receiver.url()).await.unwrap();
        assert_eq!(answer.status, status[..3].parse::<u16>().unwrap());
        assert!(answer.body.starts_with("so far"), "{}", answer.body);
        until(|| taken.load(Ordering::SeqCst) < u64::MAX).await;
    }
}

#[tokio::test]
async fn of_an_endless_body_the_beginning_is_read_and_no_more() {
    let kilobyte: &'static str = "0123456789abcdef".repeat(64).leak();
    let (receiver, taken) = pouring("HTTP/1.1 200 OK\r\n\r\n", kilobyte, Duration::ZERO).await;
    let answer = post(&receiver.url()).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 2_048));
    // What the buffers of the system hold counts too.
    until(|| taken.load(Ordering::SeqCst) < 16 * 1_024 * 1_024).await;
}

#[tokio::test]
async fn endless_headers_are_refused_before_the_time_is_over() {
    for (first, then) in [
        ("HTTP/1.1 200 OK\r\nx-long: ", "aaaaaaaaaaaaaaaa"),
        ("HTTP/1.1 200 OK\r\n", "x-many: a\r\n"),
        ("HTTP/1.1 200 ", "OK OK OK OK "),
    ] {
        let (receiver, taken) = pouring(first, then, Duration::ZERO).await;
        assert_eq!(post(&receiver.url()).await, Err(Failure::InvalidResponse), "{first}");
        until(|| taken.load(Ordering::SeqCst) < 16 * 1_024 * 1_024).await;
    }
}

#[tokio::test]
async fn headers_up_to_the_bound_are_fine() {
    let head = "x-a: b\r\n".repeat(60);
    let receiver = Receiver::answering(format!("HTTP/1.1 200 OK\r\n{head}content-length: 0\r\n\r\n")).await;
    assert_eq!(post(&receiver.url()).await.unwrap().status, 200);
    let head = "x-a: b\r\n".repeat(65);
    let receiver = Receiver::answering(format!("HTTP/1.1 200 OK\r\n{head}content-length: 0\r\n\r\n")).await;
    assert_eq!(post(&receiver.url()).await, Err(Failure::InvalidResponse));
}

#[tokio::test]
async fn what_comes_before_the_answer_is_passed_over_but_not_without_end() {
    let early = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let receiver =
        Receiver::answering(format!("HTTP/1.1 100 Continue\r\n\r\n{early}{}", answer("204 No Content")))
            .await;
    assert_eq!(post(&receiver.url()).await.unwrap().status, 204);
    for pause in [Duration::ZERO, TRICKLE] {
        let (receiver, taken) = pouring(early, early, pause).await;
        let outcome = post_by(&hasty(SHORT), &TargetRules::anywhere(), &receiver.url()).await;
        assert_eq!(outcome, Err(Failure::Timeout), "{pause:?}");
        until(|| taken.load(Ordering::SeqCst) < u64::MAX).await;
    }
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_protocol_is_switched() {
    let other = Receiver::answering(answer("200 OK")).await;
    for status in ["300 A", "301 B", "302 C", "303 D", "304 E", "307 F", "308 G"] {
        let head = format!("{status}\r\nlocation: {}", other.url());
        let receiver = Receiver::answering(answer(&head)).await;
        assert_eq!(post(&receiver.url()).await.unwrap().status, status[..3].parse::<u16>().unwrap());
    }
    assert_eq!(other.connections(), 0);
    let head = "101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket";
    let receiver = Receiver::answering(format!("HTTP/1.1 {head}\r\n\r\n")).await;
    assert_eq!(post(&receiver.url()).await.unwrap().status, 101);
}

#[tokio::test]
async fn a_connection_that_ends_early_is_told_as_that() {
    for (text, expected) in [
        ("", Err(Failure::Closed)),
        ("HTTP/1.1 200 OK\r\nx-a: ", Err(Failure::Closed)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", Ok((200, "half"))),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nffff", Ok((200, "half"))),
    ] {
        let receiver = Receiver::answering(text).await;
        let outcome = post(&receiver.url()).await;
        assert_eq!(
            outcome.as_ref().map(|answer| (answer.status, &*answer.body)),
            expected.as_ref().map(|ok| *ok),
            "{text}"
        );
    }
    let receiver = Receiver::start(|stream| async move { drop(stream) }).await;
    assert_eq!(post(&receiver.url()).await, Err(Failure::Closed));
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for text in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\u{0}\u{0}\u{12}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}",
        "220 mail.example.com ESMTP\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    ] {
        let receiver = Receiver::answering(text).await;
        assert_eq!(post(&receiver.url()).await, Err(Failure::InvalidResponse), "{text:?}");
    }
}

#[tokio::test]
async fn what_is_packed_stays_packed_and_what_is_no_text_is_shown_as_that() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";
    let receiver = Receiver::start(move |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(&[head.as_bytes(), &[0x1f, 0x8b, 0x08, 0xff]].concat()).await;
    });
    let answer = post(&receiver.await.url()).await.unwrap();
    assert_eq!(answer.body, "\u{1f}\u{fffd}\u{8}\u{fffd}");
}

#[tokio::test]
async fn who_asks_for_time_is_heard() {
    let receiver = Receiver::answering(answer("429 Slow Down\r\nretry-after: 120")).await;
    let answer = post(&receiver.url()).await.unwrap();
    assert_eq!((answer.status, answer.retry_after.as_deref()), (429, Some("120")));
}

#[tokio::test]
async fn a_receiver_that_reads_nothing_is_a_timeout_and_one_that_answers_early_is_heard() {
    let body = "a".repeat(8 * 1_024 * 1_024);
    let target = |receiver: &Receiver| TargetRules::anywhere().check("", &receiver.url()).unwrap();
    let silent = Receiver::start(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    let silent = silent.await;
    assert_eq!(
        hasty(SHORT).post(&target(&silent), http::HeaderMap::new(), body.clone()).await,
        Err(Failure::Timeout)
    );
    let early = Receiver::start(|mut stream| async move {
        let _ = stream.read(&mut [0; 100]).await;
        let _ = stream.write_all(super::receiver::answer("413 Too Large").as_bytes()).await;
        std::future::pending::<()>().await;
    });
    let early = early.await;
    let answer = client().post(&target(&early), http::HeaderMap::new(), body).await.unwrap();
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    // The socket has the port, so that no other process gets it, and does not listen.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());
    assert_eq!(post(&url).await, Err(Failure::Connect));
}
