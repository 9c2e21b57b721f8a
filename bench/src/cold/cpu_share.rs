//! The share of a processor that Lambda gives to a function, imitated with a control group of the kernel.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

use anyhow::Context as _;

/// Megabytes of memory for which Lambda gives one whole processor.
const MEGABYTES_PER_PROCESSOR: u32 = 1769;
/// The period in which the kernel hands out the share, in microseconds.
const PERIOD: u32 = 20_000;

/// A control group with the share of a memory size; dropping it removes it.
pub(crate) struct CpuShare {
    directory: PathBuf,
}

impl CpuShare {
    /// Makes the group, by cgroup v2 or v1, whichever has the processor and may be written.
    pub(crate) fn of_memory(megabytes: u32) -> anyhow::Result<Self> {
        let quota = PERIOD * megabytes / MEGABYTES_PER_PROCESSOR;
        let mounts = fs::read_to_string("/proc/self/mounts").context("reading /proc/self/mounts")?;
        let mount = |matches: &dyn Fn(&str, &str) -> bool| {
            let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            fields
                .filter(|fields| fields.len() > 3)
                .find(|fields| matches(fields[2], fields[3]))
                .map(|fields| PathBuf::from(fields[1]))
        };
        let v2 = mount(&|kind, _| kind == "cgroup2").filter(|root| has_processor(root));
        let v1 = mount(&|kind, options| kind == "cgroup" && options.split(',').any(|option| option == "cpu"));
        let root = v2.clone().or(v1).context("no control group of this machine has the processor")?;
        let share = Self { directory: root.join(format!("bench-{}", process::id())) };
        fs::create_dir_all(&share.directory)
            .with_context(|| format!("making {}", share.directory.display()))?;
        if v2.is_some() {
            share.write("cpu.max", &format!("{quota} {PERIOD}"))?;
        } else {
            share.write("cpu.cfs_period_us", &PERIOD.to_string())?;
            share.write("cpu.cfs_quota_us", &quota.to_string())?;
        }
        Ok(share)
    }

    /// From now on the process has the share only.
    pub(crate) fn hold(&self, pid: u32) -> anyhow::Result<()> {
        self.write("cgroup.procs", &pid.to_string())
    }

    fn write(&self, file: &str, value: &str) -> anyhow::Result<()> {
        let file = self.directory.join(file);
        fs::write(&file, value).with_context(|| format!("writing {value} into {}", file.display()))
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        // A group that cannot be removed holds nobody any more.
        let _ = fs::remove_dir(&self.directory);
    }
}

fn has_processor(root: &Path) -> bool {
    fs::read_to_string(root.join("cgroup.subtree_control"))
        .is_ok_and(|list| list.split_whitespace().any(|name| name == "cpu"))
}
