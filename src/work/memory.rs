//! Whether one more worker fits into the machine's memory, by what the kernel says at that moment.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use stead_rules::limits::{MEMORY_STALLED_PERCENT, WORKER_COST_BYTES, WORKER_RESERVE_BYTES};

/// What the kernel says of memory.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    /// What there is, proc_meminfo(5).
    pub(crate) amounts: PathBuf,
    /// How long processes waited for it: PSI, `Documentation/accounting/psi.rst` of Linux.
    pub(crate) pressure: PathBuf,
}

impl Memory {
    /// That of this machine.
    pub(crate) fn of_the_system() -> Self {
        Self { amounts: "/proc/meminfo".into(), pressure: "/proc/pressure/memory".into() }
    }

    /// Whether a worker may start beside `running` others. The only one always may: on the smallest box
    /// memory is short for other reasons, too, and its limits hold in any case.
    pub(crate) fn admits(&self, running: usize) -> bool {
        let fits = || available_bytes(&self.amounts) >= WORKER_RESERVE_BYTES + WORKER_COST_BYTES;
        running == 0 || (stalled_percent(&self.pressure) <= MEMORY_STALLED_PERCENT && fits())
    }
}

/// `MemAvailable`; none where the kernel does not say.
fn available_bytes(amounts: &Path) -> u64 {
    let kib = || {
        let text = read_to_string(amounts).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    kib().map_or(0, |kib| kib.saturating_mul(1024))
}

/// The share of the last 10 s in which every process that had something to do waited for memory; zero
/// where the kernel does not count it (it is built without, or wants `psi=1` at its start).
fn stalled_percent(pressure: &Path) -> f64 {
    let share = || {
        let text = read_to_string(pressure).ok()?;
        let full = text.lines().find_map(|line| line.strip_prefix("full "))?;
        full.split_whitespace().find_map(|word| word.strip_prefix("avg10="))?.parse().ok()
    };
    share().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(folder: &Path, available: &str, pressure: Option<&str>) -> Memory {
        let memory = Memory { amounts: folder.join("meminfo"), pressure: folder.join("memory") };
        let amounts = format!("MemTotal: 1 kB\n{available}\nSwapTotal: 0 kB\n");
        std::fs::write(&memory.amounts, amounts).unwrap();
        if let Some(full) = pressure {
            let some = "some avg10=90.00 avg60=90.00 avg300=90.00 total=1";
            std::fs::write(&memory.pressure, format!("{some}\n{full}\n")).unwrap();
        }
        memory
    }

    #[test]
    fn a_further_worker_starts_only_where_there_is_memory_for_it() {
        let enough = "MemAvailable:     229376 kB";
        let calm = "full avg10=5.00 avg60=99.00 avg300=99.00 total=9";
        for (available, pressure, further) in [
            (enough, Some(calm), true),
            (enough, None, true),
            (enough, Some("full avg10=5.01 avg60=0.00 avg300=0.00 total=9"), false),
            ("MemAvailable:     229375 kB", Some(calm), false),
            ("MemAvailable: much", Some(calm), false),
            ("", None, false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let memory = memory(folder.path(), available, pressure);
            assert!(memory.admits(0), "{available} {pressure:?}");
            assert_eq!(memory.admits(1), further, "{available} {pressure:?}");
        }
    }

    #[test]
    fn this_kernel_is_understood() {
        let Memory { amounts, .. } = Memory::of_the_system();
        assert!(available_bytes(&amounts) > 0);
    }
}
