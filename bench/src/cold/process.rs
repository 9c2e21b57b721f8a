//! One life of a function: from the start of its process to the last answer.

use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use hyper::body::Bytes;
use tokio::process::Command;

use super::{cpu_share::CpuShare, runtime_api::RuntimeApi};
use crate::{memory, stats::Samples};

/// Invocations after the first.
const WARM: usize = 30;

/// A function and what it is asked.
pub(crate) struct Subject {
    /// Its name.
    pub(crate) name: String,
    /// Its program.
    pub(crate) program: PathBuf,
    /// The event of every invocation.
    pub(crate) event: Bytes,
}

/// What one life took.
pub(crate) struct Life {
    /// From the start of the process until it asks for an event.
    pub(crate) init: Duration,
    /// From the first event to its answer.
    pub(crate) first: Duration,
    /// The median of the invocations after the first.
    pub(crate) warm: Duration,
    /// What one invocation after the first took of the processor, on average.
    pub(crate) cpu: Duration,
    /// The most memory it ever held, in bytes.
    pub(crate) peak: u64,
    /// What it answered first.
    pub(crate) answer: Bytes,
}

impl Subject {
    /// Lives once, under the share from the end of the init on, as on Lambda.
    pub(crate) async fn live(
        &self,
        environment: &[(&str, &str)],
        share: Option<&CpuShare>,
    ) -> anyhow::Result<Life> {
        let mut api = RuntimeApi::start().await?;
        let mut command = Command::new(&self.program);
        command.env_clear().envs(environment.iter().copied()).env("AWS_LAMBDA_RUNTIME_API", &api.address);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let started = Instant::now();
        let mut process = command.spawn().with_context(|| format!("starting {}", self.program.display()))?;
        let init = tokio::select! {
            polled = api.polled() => polled? - started,
            ended = process.wait() => anyhow::bail!("{} ended before its first event: {}", self.name, ended?),
        };
        let pid = process.id().context("the process has ended")?;
        if let Some(share) = share {
            share.hold(pid)?;
        }
        let (first, answer) = invoke(&mut api, &self.event).await?;
        api.polled().await?;
        let (mut warm, before) = (Vec::with_capacity(WARM), cpu(pid)?);
        for _ in 0..WARM {
            warm.push(invoke(&mut api, &self.event).await?.0);
            api.polled().await?;
        }
        let cpu = cpu(pid)?.saturating_sub(before) / u32::try_from(WARM)?;
        let peak = memory::peak(pid)?;
        process.kill().await?;
        Ok(Life { init, first, warm: Samples::new(warm)?.median(), cpu, peak, answer })
    }

    /// The size of the program, in bytes.
    pub(crate) fn size(&self) -> anyhow::Result<u64> {
        Ok(fs::metadata(&self.program)?.len())
    }
}

async fn invoke(api: &mut RuntimeApi, event: &Bytes) -> anyhow::Result<(Duration, Bytes)> {
    let asked = Instant::now();
    let answer = api.invoke(event).await?;
    Ok((answer.at - asked, answer.body))
}

/// What the only thread of the process took of the processor since its start.
fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let statistics =
        fs::read_to_string(format!("/proc/{pid}/schedstat")).context("reading the time of the processor")?;
    let nanos = statistics.split(' ').next().context("the kernel tells no time of the processor")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}
