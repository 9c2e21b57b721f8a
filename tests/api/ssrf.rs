//! Webhooks that would lead requests inside: refused when they are saved, and again when they are sent.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base::id::{TeamId, WebhookId};
use serde_json::{Value, json};
use table::{AttributeValue, text};
use tokio::net::TcpListener;
use webhook::webhook_key;

use crate::{
    harness::{World, system},
    jobs::platform,
};

/// Hosts by class of address, each in several forms; URLs are made of them as `https://{host}/`.
const INSIDE: &[(&str, &[&str])] = &[
    (
        "loopback",
        &[
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "017700000001",
            "0177.0.0.1",
            "0x7f.1",
        ],
    ),
    (
        "loopback",
        &[
            "127.0.0.1.",
            "127.255.255.254",
            "①②⑦.⓪.⓪.①",
            "127。0。0。1",
            "%31%32%37.0.0.1",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
        ],
    ),
    ("this network", &["0", "0.0.0.0", "0x0", "0.1.2.3", "[::]"]),
    (
        "private",
        &[
            "10.0.0.1",
            "0xa000001",
            "012.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "3232235777",
            "0xc0.168.257",
        ],
    ),
    (
        "metadata",
        &[
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "169.254.43518",
            "[fd00:ec2::254]",
        ],
    ),
    ("carriers", &["100.64.0.1", "100.127.255.255", "100.100.100.200"]),
    (
        "special",
        &[
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "168.63.129.16",
        ],
    ),
    (
        "multicast and above",
        &["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "4294967295", "[ff02::1]"],
    ),
    (
        "mapped",
        &[
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:a9fe:a9fe]",
            "[::ffff:8.8.8.8]",
            "[::127.0.0.1]",
        ],
    ),
    (
        "translated",
        &[
            "[64:ff9b::7f00:1]",
            "[64:ff9b::169.254.169.254]",
            "[64:ff9b::8.8.8.8]",
            "[64:ff9b:1::1]",
            "[::ffff:0:7f00:1]",
        ],
    ),
    ("tunnelled", &["[2002:7f00:1::]", "[2002:808:808::1]", "[2001::1]", "[2a00:1450::5efe:7f00:1]"]),
    ("local", &["[fe80::1]", "[fec0::1]", "[fc00::1]", "[fdff::1]"]),
    (
        "special",
        &[
            "[2001:db8::1]",
            "[3fff::1]",
            "[2001:2::1]",
            "[2001:10::1]",
            "[2001:20::1]",
            "[5f00::1]",
            "[100::1]",
            "[4000::1]",
        ],
    ),
    (
        "names",
        &[
            "localhost",
            "LocalHost.",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
            "router.home.arpa",
            "intranet",
        ],
    ),
];

fn webhook(url: &str) -> Value {
    json!({"name": "A webhook", "url": url, "topics": ["object.created"]})
}

async fn all(world: &World) -> Vec<Value> {
    let list = world.owner.api.get(&webhooks(world)).await.expect(200);
    list["data"].as_array().unwrap().clone()
}

fn webhooks(world: &World) -> String {
    format!("/v1/teams/{}/webhooks", world.team)
}

fn codes(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn an_address_inside_is_refused_however_it_is_written_and_nothing_is_saved() {
    let world = World::new().await;
    let kept =
        world.owner.api.post(&webhooks(&world), webhook("https://example.com/hooks")).await.expect(201);
    let path = format!("{}/{}", webhooks(&world), kept["id"].as_str().unwrap());
    let before = all(&world).await;
    for (class, hosts) in INSIDE {
        for host in *hosts {
            for url in [format!("https://{host}/hooks"), format!("https://{host}:8443")] {
                let made = world.owner.api.post(&webhooks(&world), webhook(&url)).await;
                let problem = made.expect_problem(422, "invalid_data");
                assert_eq!(codes(&problem), [("/url", "refused_target")], "{class}: {url}");
            }
            let change = json!({"url": format!("https://{host}/hooks")});
            world.owner.api.patch(&path, change).await.expect_problem(422, "invalid_data");
        }
    }
    assert_eq!(all(&world).await, before);
}

#[tokio::test]
async fn what_is_no_url_for_a_webhook_is_refused_with_all_its_faults() {
    let world = World::new().await;
    for (url, expected) in [
        ("http://example.com/", vec!["not_https"]),
        ("ftp://example.com/", vec!["not_https"]),
        ("file:///etc/passwd", vec!["not_https"]),
        ("https://user:hunter2@example.com/", vec!["user_info"]),
        ("http://user@127.0.0.1/", vec!["not_https", "user_info", "refused_target"]),
        ("https://example.com:0/", vec!["refused_target"]),
        ("example.com", vec!["not_a_url"]),
        ("https://[::1/", vec!["not_a_url"]),
    ] {
        let problem =
            world.owner.api.post(&webhooks(&world), webhook(url)).await.expect_problem(422, "invalid_data");
        let expected: Vec<_> = expected.iter().map(|code| ("/url", *code)).collect();
        assert_eq!(codes(&problem), expected, "{url}");
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
    }
    assert!(all(&world).await.is_empty());
}

#[tokio::test]
async fn what_is_saved_is_what_was_checked() {
    let world = World::new().await;
    for (url, saved) in [
        ("https://EXAMPLE.com.:443/a b?c=d", "https://example.com/a%20b?c=d"),
        ("https://example.com\\@127.0.0.1/", "https://example.com/@127.0.0.1/"),
        ("https://ex\tample.com/", "https://example.com/"),
        ("https://134744072/", "https://8.8.8.8/"),
    ] {
        let made = world.owner.api.post(&webhooks(&world), webhook(url)).await.expect(201);
        assert_eq!(made["url"], saved);
    }
}

#[tokio::test]
async fn a_url_that_leads_inside_by_the_time_it_is_sent_reaches_nobody() {
    let world = World::new().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    let listening = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    for host in
        ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"]
    {
        for scheme in ["https", "http"] {
            let attempt = sent_to(&world, &format!("{scheme}://{host}:{port}/")).await;
            assert_eq!(attempt["error"], "refused_target", "{attempt}");
            assert_eq!((&attempt["status"], &attempt["response"]), (&Value::Null, &Value::Null));
        }
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    listening.abort();
}

/// The attempt of a test event of a webhook whose URL was put there behind the API's back.
async fn sent_to(world: &World, url: &str) -> Value {
    let made = world.owner.api.post(&webhooks(world), webhook("https://example.com/")).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let workspace = platform(&system().dynamodb).tables.workspace;
    let key = webhook_key(&TeamId::parse(&world.team).unwrap(), &WebhookId::parse(id).unwrap());
    let item = workspace.get(key.clone()).await.unwrap().unwrap();
    let mut definition: Value = serde_json::from_str(text(&item, "definition").unwrap()).unwrap();
    definition["url"] = json!(url);
    let definition = AttributeValue::S(definition.to_string());
    workspace.write(workspace.update(key).set("definition", definition)).await.unwrap();
    let path = format!("{}/{id}", webhooks(world));
    let answer = world.owner.api.send("POST", &format!("{path}/test"), None).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let delivery = answer.json()["id"].as_str().unwrap().to_owned();
    for _ in 0..6_000 {
        let delivery = world.owner.api.get(&format!("{path}/deliveries/{delivery}")).await.expect(200);
        if let Some(attempt) = delivery["attempts"].as_array().unwrap().first() {
            return attempt.clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the delivery is not tried");
}
