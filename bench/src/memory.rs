//! What the kernel tells of the memory of a process.

use std::fs;

use anyhow::Context as _;

/// What it holds now, in bytes.
pub(crate) fn resident(pid: u32) -> anyhow::Result<u64> {
    told(pid, "VmRSS:")
}

/// The most that it has held at once, in bytes.
pub(crate) fn peak(pid: u32) -> anyhow::Result<u64> {
    told(pid, "VmHWM:")
}

fn told(pid: u32, name: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix(name)).context("the kernel tells no memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}
