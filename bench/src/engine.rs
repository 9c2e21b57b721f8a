//! The engine as a process of its own, and what it prints when it is ready.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running engine; dropping it ends it.
pub(crate) struct Engine {
    /// `host:port`.
    pub(crate) address: String,
    process: Child,
}

impl Engine {
    /// Starts the program without demo data, on any free port, with these arguments more.
    pub(crate) async fn start(program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["--port", "0", "--seed", "none"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let hint = || {
            format!(
                "starting {}: build it with `cargo build --profile optimised -p local`",
                program.display()
            )
        };
        let mut process = command.spawn().with_context(hint)?;
        let mut lines = BufReader::new(process.stdout.take().context("the engine has no output")?).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("ready http://") {
                    return Ok(url.trim_end_matches('/').to_owned());
                }
            }
            anyhow::bail!("the engine ended without a ready line")
        };
        let address = timeout(PATIENCE, ready).await.context("the engine did not get ready")??;
        // Its further lines have to go somewhere, or it stands still on a full pipe.
        tokio::spawn(async move { while matches!(lines.next_line().await, Ok(Some(_))) {} });
        Ok(Self { address, process })
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("the engine has ended")
    }
}
