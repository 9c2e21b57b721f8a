//! The loader of contacts in `examples/contacts`, and what may happen to it on the way.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Json, Router, http::StatusCode, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::spawn_blocking};

use crate::{
    http::{client, new_team, send, session, start},
    process::{self, Directory, Engine, own_port},
};

const CONTACTS: usize = 2_000;
const FILE: &str = "contacts.csv";
const CHECKPOINT: &str = "contacts.csv.checkpoint";
const REFUSED: &str = "refused.csv";

/// A program of the example.
fn python(script: &str) -> Command {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/contacts");
    let mut command = Command::new("python3");
    command.arg("-B").arg(examples.join(script));
    command
}

/// A team with contacts, a token that may create and update them, and a directory to load them from.
struct Workplace {
    directory: Directory,
    url: String,
    session: String,
    team: String,
    token: String,
}

impl Workplace {
    /// At a system that has neither.
    async fn at(url: &str, directory: Directory) -> Self {
        let session = session(url, "ada@example.com").await;
        let (_, team) = send(new_team(url, &session, "sales")).await;
        let team = team["id"].as_str().unwrap().to_owned();
        let post = |path: &str, body: Value| {
            send(client().post(format!("{url}{path}")).bearer_auth(&session).json(&body))
        };
        let (status, _) = post(&format!("/v1/teams/{team}/object-types"), contacts()).await;
        assert_eq!(status, 201);
        let permissions = json!({"name": "loader", "permissions": ["object:create", "object:update"]});
        let (_, token) = post("/v1/tokens", permissions).await;
        let token = token["token"].as_str().unwrap().to_owned();
        fs::create_dir_all(&directory.0).unwrap();
        Self { directory, url: url.to_owned(), session, team, token }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.0.join(name)
    }

    fn loader(&self) -> Command {
        self.loader_of(FILE)
    }

    fn loader_of(&self, file: &str) -> Command {
        let mut command = python("load.py");
        command.args([file, "--json", "newsletter", "--url", &self.url, "--team", &self.team]);
        command.current_dir(&self.directory.0).env("ENGINE_TOKEN", &self.token);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    async fn load(&self) -> Output {
        self.load_of(FILE).await
    }

    async fn load_of(&self, file: &str) -> Output {
        let mut loader = self.loader_of(file);
        spawn_blocking(move || loader.output().unwrap()).await.unwrap()
    }

    /// Waits until so many rows are acknowledged; how many there are then.
    async fn acknowledged(&self, number: u64) -> u64 {
        let begin = Instant::now();
        loop {
            let kept: Value = fs::read(self.path(CHECKPOINT))
                .ok()
                .and_then(|kept| serde_json::from_slice(&kept).ok())
                .unwrap_or_default();
            let outcomes = ["created", "updated", "refused"];
            let found = outcomes.iter().map(|outcome| kept[outcome].as_u64().unwrap_or_default()).sum();
            if found >= number {
                return found;
            }
            assert!(begin.elapsed() < Duration::from_mins(5), "{found} of {number} rows");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn get(&self, rest: &str) -> Value {
        let url = format!("{}/v1/teams/{}/objects/contacts{rest}", self.url, self.team);
        let (status, body) = send(client().get(url).bearer_auth(&self.session)).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// The values of all contacts, in the order of their addresses.
    async fn all(&self) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("?limit=100&sort=email{cursor}")).await;
            found.extend(page["data"].as_array().unwrap().iter().map(|contact| contact["fields"].clone()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }
}

fn contacts() -> Value {
    let field = |slug: &str, kind: &str| json!({"slug": slug, "label": slug, "type": kind});
    let mut email = field("email", "email");
    email["unique"] = true.into();
    email["searchable"] = true.into();
    let fields = [
        email,
        field("name", "name"),
        field("company", "text"),
        field("newsletter", "checkbox"),
        field("notes", "textarea"),
    ];
    json!({
        "slug": "contacts", "singular_label": "Contact", "plural_label": "Contacts",
        "item_label_fields": ["name"], "fields": fields,
    })
}

/// What a CSV file says, as objects would have it, in the order of the addresses.
fn values(file: &Path) -> Vec<Value> {
    let script = "import csv, json, sys; rows = csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')); \
        print(json.dumps([dict(row, newsletter=row['newsletter'] == 'true') for row in rows]))";
    let output = Command::new("python3").args(["-c", script]).arg(file).output().unwrap();
    let mut rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    for value in rows.iter_mut().flat_map(|row| row.as_object_mut().unwrap().values_mut()) {
        if value == "" {
            *value = Value::Null;
        }
    }
    rows.sort_by_key(|row| row["email"].as_str().unwrap().to_owned());
    rows
}

/// The system on the same data again, where it was before.
fn again(data: &Path, url: &str) -> Engine {
    let (_, port) = url.rsplit_once(':').unwrap();
    let arguments = ["--seed=none", "--port", port, "--data", data.to_str().unwrap()];
    let engine = process::start(&arguments);
    assert_eq!(engine.url, url);
    engine
}

#[tokio::test]
async fn kill_9_of_the_server_and_of_the_loader_leaves_each_contact_there_once() {
    // The loader may be done before it is killed: then it is tried again.
    while !is_killed_while_it_loads().await {}
}

async fn is_killed_while_it_loads() -> bool {
    let (data, directory) = (Directory::new(), Directory::new());
    let mut engine = again(&data.0, &format!("http://127.0.0.1:{}", own_port()));
    let work = Workplace::at(&engine.url, directory).await;
    let file = File::create(work.path(FILE)).unwrap();
    assert!(python("make.py").arg(CONTACTS.to_string()).stdout(file).status().unwrap().success());

    let mut loader = work.loader().spawn().unwrap();
    work.acknowledged(300).await;
    engine.child.kill().unwrap();
    drop(engine);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let _engine = again(&data.0, &work.url);
    work.acknowledged(1_000).await;
    loader.kill().unwrap();
    if loader.wait().unwrap().success() {
        return false;
    }

    let output = work.load().await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("2,000 contacts (") && said.contains(" 0 refused), "), "{said}");
    assert!(!work.path(CHECKPOINT).exists() && !work.path(REFUSED).exists());
    assert_eq!(work.get("/stats").await["count"], CONTACTS);
    let all = work.all().await;
    assert_eq!(all.len(), CONTACTS);
    for (contact, row) in all.iter().zip(values(&work.path(FILE))) {
        assert_eq!(*contact, row);
    }
    true
}

#[tokio::test]
async fn rows_that_are_refused_are_told_with_their_line_and_can_be_loaded_when_they_are_right() {
    let running = start(&["--seed=none"]).await;
    let work = Workplace::at(running.url(), Directory::new()).await;
    let rows = "email,name,newsletter,notes\r\n\
        ada@example.com,Ada,true,\"Two\nlines\"\r\n\
        bob,Bob,false,\r\n\
        eve@example.com,Eve,perhaps,\r\n\
        joe@example.com,Joe\r\n\
        kim@example.com,Kim,false,\"a \"\"word\"\"\"\r\n";
    fs::write(work.path(FILE), rows).unwrap();

    let output = work.load().await;

    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("5 contacts (2 created, 0 updated, 3 refused), "), "{said}");
    let refused = fs::read_to_string(work.path(REFUSED)).unwrap();
    let expected = "#line,#reason,email,name,newsletter,notes\r\n\
        4,email: Send an e-mail address such as ada@example.com.,bob,Bob,false,\r\n\
        5,No JSON in newsletter.,eve@example.com,Eve,perhaps,\r\n\
        6,2 cells for 4 fields.,joe@example.com,Joe\r\n";
    assert_eq!(refused, expected);
    let (all, notes) = (work.all().await, ["Two\nlines", "a \"word\""]);
    assert_eq!(all.iter().map(|contact| &contact["notes"]).collect::<Vec<_>>(), notes);

    // It says so to whatever has started it, and does not promise that doing the same again would help.
    assert_eq!(output.status.code(), Some(1));
    let last = "3 refused: put the rows right in refused.csv, and load that file.\n";
    assert!(String::from_utf8(output.stderr).unwrap().ends_with(last));

    // What is refused once more does not overwrite what was loaded.
    let right = refused.replace(",bob,", ",bob@example.com,").replace("Joe", "Joe,,");
    fs::write(work.path(REFUSED), right).unwrap();
    let output = work.load_of(REFUSED).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("3 contacts (2 created, 0 updated, 1 refused), "), "{said}");
    assert_eq!(output.status.code(), Some(1));
    let again = fs::read_to_string(work.path("refused-2.csv")).unwrap();
    let expected = "#line,#reason,email,name,newsletter,notes\r\n\
        3,No JSON in newsletter.,eve@example.com,Eve,perhaps,\r\n";
    assert_eq!(again, expected);
    fs::write(work.path("refused-2.csv"), again.replace("perhaps", "true")).unwrap();
    let output = work.load_of("refused-2.csv").await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("1 contacts (1 created, 0 updated, 0 refused), "), "{said}");
    assert!(output.status.success() && !work.path("refused-3.csv").exists());
    assert_eq!(work.all().await.len(), 5);
    running.shutdown().await;
}

/// An API that is busy the first two times; when it was asked.
async fn busy_api() -> (String, Arc<Mutex<Vec<Instant>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let times = asked.clone();
    let answer = async move |Json(body): Json<Value>| {
        let mut times = times.lock().unwrap();
        times.push(Instant::now());
        let busy = |status| (status, [("retry-after", "1")], Json(json!({"detail": "Not now."})));
        match times.len() {
            1 => busy(StatusCode::TOO_MANY_REQUESTS),
            2 => busy(StatusCode::SERVICE_UNAVAILABLE),
            _ => {
                let results = vec![json!({"status": 201}); body["operations"].as_array().unwrap().len()];
                (StatusCode::OK, [("retry-after", "")], Json(json!({"results": results})))
            }
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/v1/teams/team_1/objects/contacts/batch", post(answer));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, asked)
}

#[tokio::test]
async fn a_busy_api_is_left_alone_for_as_long_as_it_says() {
    let (url, asked) = busy_api().await;
    let work = Workplace {
        directory: Directory::new(),
        url,
        session: String::new(),
        team: "team_1".to_owned(),
        token: "token".to_owned(),
    };
    fs::create_dir_all(&work.directory.0).unwrap();
    fs::write(work.path(FILE), "email,newsletter\nada@example.com,true\n").unwrap();

    let output = work.load().await;

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let asked = asked.lock().unwrap();
    let pauses: Vec<_> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.len() == 2 && pauses.iter().all(|pause| *pause >= Duration::from_secs(1)), "{pauses:?}");
}

#[tokio::test]
async fn what_the_same_command_cannot_mend_is_told_without_a_promise() {
    let work = Workplace {
        directory: Directory::new(),
        url: "http://127.0.0.1:1".to_owned(),
        session: String::new(),
        team: "team_1".to_owned(),
        token: "token".to_owned(),
    };
    fs::create_dir_all(&work.directory.0).unwrap();
    let no_file = work.load().await;
    fs::write(work.path(FILE), "name,newsletter\nAda,true\n").unwrap();
    let no_email = work.load().await;
    for (output, reason) in [(no_file, "No such file"), (no_email, "does not name email")] {
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.starts_with("stopped: ") && said.contains(reason) && !said.contains("goes on"),
            "{said}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_given_up_with_a_word_how_to_go_on() {
    let running = start(&["--seed=none"]).await;
    let work = Workplace::at(running.url(), Directory::new()).await;
    running.shutdown().await;
    fs::write(work.path(FILE), "email,newsletter\nada@example.com,true\n").unwrap();
    let mut loader = work.loader();
    loader.args(["--patience", "1"]);

    let output = spawn_blocking(move || loader.output().unwrap()).await.unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("stopped: no answer for 1 seconds") && said.contains("Connection refused"),
        "{said}"
    );
    assert!(said.ends_with("The same command goes on from here.\n"), "{said}");
    assert!(work.path(CHECKPOINT).exists());
}
