//! What the functions find when they start: filled tables, a key ring, and events that speak of what is there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use hyper::body::Bytes;
use serde_json::Value;

use super::{cloud::Cloud, heaviest, process::Subject};
use crate::{
    database::Database,
    engine::Engine,
    fixture::{Fixture, contact, succeeded},
    http::Connection,
    proxy::{Proxy, ProxyMode},
    scratch::Scratch,
};

/// The functions of the API, with the event each is asked.
const FUNCTIONS: [(&str, &str); 9] = [
    ("authorizer", "authorizer-request"),
    ("objects", "objects-upsert"),
    ("object-types", "object-types-list"),
    ("teams", "teams-me"),
    ("tokens", "tokens-list"),
    ("webhooks", "webhooks-list"),
    ("audit-logs", "audit-logs-list"),
    ("discovery", "discovery-permissions"),
    ("console", "console-page"),
];
/// What everything is called in the sample events, behind the prefix of its kind.
const SAMPLE: &str = "000000000000000000demo";
/// How tokens begin, and how long they are.
const TOKEN: (&str, usize) = ("ea_pat_", 100);

/// Tables with a team and a contact, behind stand-ins of the cloud.
pub(crate) struct Environment {
    /// The stand-ins.
    pub(crate) cloud: Cloud,
    fixture: Fixture,
    /// The objects of the largest batch.
    large: Vec<String>,
    /// The request of the database call of a decision.
    decision: Bytes,
    events: PathBuf,
    _database: Database,
    _scratch: Scratch,
}

impl Environment {
    /// Lets the engine fill a database, through its own API.
    pub(crate) async fn set_up(engine: &Path, events: &Path) -> anyhow::Result<Self> {
        let database = Database::start(None).await?;
        let scratch = Scratch::below(&std::env::temp_dir())?;
        let data = scratch.path("engine")?;
        let proxy = Proxy::start(&database.address, ProxyMode::Record).await?;
        let running = Engine::start(engine, &["--data", &data, "--dynamodb", &proxy.url()]).await?;
        let fixture = Fixture::set_up(&running.address, "cold-start").await?;
        let large = heaviest::create(&fixture).await?;
        let request = fixture.request("POST", &fixture.objects(""), Some(&contact(1, 0)))?;
        succeeded(Connection::open(&running.address).await?.send(request).await?)?;
        let decision = proxy.take().into_iter().rfind(|call| call.operation == "BatchGetItem");
        let decision =
            decision.context("the gate asked the database in another way than with BatchGetItem")?.request;
        let key_ring = fs::read_to_string(Path::new(&data).join("key-ring.json"));
        let key_ring = key_ring.context("reading the key ring of the engine")?;
        let cloud = Cloud::start(&database.address, &key_ring, scratch.path("roots.pem")?).await?;
        Ok(Self {
            cloud,
            fixture,
            large,
            decision,
            events: events.to_owned(),
            _database: database,
            _scratch: scratch,
        })
    }

    /// The functions to measure: first the two to compare with, which get the authorizer's event.
    pub(crate) fn subjects(&self, empty: &Path, programs: &Path) -> anyhow::Result<Vec<Subject>> {
        let decision: Value = serde_json::from_slice(&self.decision)?;
        let mut asked: Value = serde_json::from_slice(&self.event(FUNCTIONS[0].1)?)?;
        asked["call"] = decision;
        let asked = Bytes::from(asked.to_string());
        let empty = |name: &str| Subject {
            name: name.to_owned(),
            program: program(empty, name),
            event: asked.clone(),
        };
        let mut all = vec![empty("empty"), empty("empty_call")];
        for (name, event) in FUNCTIONS {
            all.push(Subject {
                name: name.to_owned(),
                program: program(programs, name),
                event: self.event(event)?,
            });
        }
        Ok(all)
    }

    /// The function that gets the largest atomic batch, if it was built.
    pub(crate) fn heaviest(&self, programs: &Path) -> anyhow::Result<Option<Subject>> {
        let (name, upsert) = FUNCTIONS[1];
        let program = program(programs, name);
        let event = heaviest::event(&self.fixture, &self.event(upsert)?, &self.large)?;
        Ok(program.is_file().then(|| Subject { name: name.to_owned(), program, event }))
    }

    /// The sample event, made to speak of the team, the user and the token that exist.
    fn event(&self, name: &str) -> anyhow::Result<Bytes> {
        let file = self.events.join(format!("{name}.json"));
        let mut text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let fixture = &self.fixture;
        let (prefix, length) = TOKEN;
        while let Some(at) = text.find(&format!("{prefix}{SAMPLE}")) {
            text.replace_range(at..at + length, "TOKEN");
        }
        let names = [
            ("TOKEN", &fixture.token),
            ("team_", &fixture.team),
            ("usr_", &fixture.user),
            ("tok_", &fixture.token_id),
        ];
        for (name, there) in names {
            let sample = if name == "TOKEN" { name.to_owned() } else { format!("{name}{SAMPLE}") };
            text = text.replace(&sample, there);
        }
        let event: Value =
            serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
        Ok(Bytes::from(event.to_string()))
    }

    /// The environment of a function on Lambda, with the database over TLS or not.
    pub(crate) fn environment(&self, is_tls: bool) -> Vec<(&str, &str)> {
        let cloud = &self.cloud;
        let (dynamodb, secrets) = if is_tls {
            (&cloud.dynamodb_tls, &cloud.secrets_tls)
        } else {
            (&cloud.dynamodb, &cloud.secrets)
        };
        vec![
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "bench"),
            ("AWS_SECRET_ACCESS_KEY", "bench"),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets),
            ("JOB_QUEUE_URL", "http://127.0.0.1:9/jobs"),
            ("KEY_RING_SECRET", "key-ring"),
            ("LOG_LEVEL", "info"),
            ("OIDC_AUDIENCE", "bench"),
            ("OIDC_ISSUER", "https://issuer.bench.example"),
            ("RETRY_QUEUE_URL", "http://127.0.0.1:9/retries"),
            ("SSL_CERT_FILE", &cloud.roots),
            ("TABLE_ACTIVITY", "activity"),
            ("TABLE_IDENTITY", "identity"),
            ("TABLE_OBJECTS", "objects"),
            ("TABLE_WORKSPACE", "workspace"),
        ]
    }
}

/// A program as cargo-lambda lays it down, or as cargo does.
fn program(programs: &Path, name: &str) -> PathBuf {
    let bootstrap = programs.join(name).join("bootstrap");
    if bootstrap.exists() { bootstrap } else { programs.join(name) }
}
