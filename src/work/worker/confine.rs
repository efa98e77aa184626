//! How a worker shuts itself in, by safe calls, before it reads a foreign byte.
//!
//! | what | picture, cover | frame, describe (ffmpeg) |
//! |---|---|---|
//! | memory, processor time, output length, core | limits | limits |
//! | files | none but the descriptors | its program, its libraries, the one input, all read-only |
//! | network | none (namespace where the system allows, TCP by landlock) | the same |
//! | new privileges | none | none |
//!
//! Limits and `no_new_privs` are required. Landlock and the network namespace depend on the
//! kernel and on what surrounds us, so they are asked for and taken as far as they are given.

use std::io;
use std::os::fd::BorrowedFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use nix::sched::{CloneFlags, unshare};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use stead_rules::limits;

use super::wire::Job;

/// The niceness of everything that happens in the background.
const NICENESS: i32 = 10;
/// The newest kernel interface that we know the meaning of.
const LANDLOCK_ABI: ABI = ABI::V6;
/// Where programs and their libraries lie; what is missing is left out.
const PROGRAM_FOLDERS: [&str; 5] = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache"];

/// Steps back behind everything else, and ends with whoever started it.
pub(super) fn humble() -> io::Result<()> {
    rustix::process::setpriority_process(None, NICENESS)?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

/// Gives up everything that `job` does not need.
pub(super) fn shut_in(job: &Job, input: BorrowedFd<'_>) -> io::Result<()> {
    limit(job)?;
    rustix::thread::set_no_new_privs(true)?;
    leave_network();
    // A change of namespace may clear it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    close_files(job, input).map_err(io::Error::other)
}

fn limit(job: &Job) -> io::Result<()> {
    let (memory, cpu_seconds) = if job.becomes_program() {
        (limits::FRAME_MEMORY_BYTES, limits::FRAME_CPU_SECONDS)
    } else {
        (limits::PICTURE_MEMORY_BYTES, limits::PICTURE_CPU_SECONDS)
    };
    let rows = [
        (Resource::As, memory),
        (Resource::Cpu, cpu_seconds),
        (Resource::Fsize, limits::WORKER_OUTPUT_BYTES_MAX),
        (Resource::Nofile, limits::WORKER_FILES_MAX),
        (Resource::Core, 0),
    ];
    for (resource, most) in rows {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// An empty network namespace, where unprivileged user namespaces are allowed. On a box the unit
/// has `PrivateNetwork` already.
fn leave_network() {
    if unshare(CloneFlags::CLONE_NEWNET).is_err() {
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET).ok();
    }
}

fn close_files(job: &Job, input: BorrowedFd<'_>) -> Result<(), RulesetError> {
    let read: BitFlags<AccessFs> = AccessFs::ReadFile.into();
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK_ABI))?
        .handle_access(AccessNet::from_all(LANDLOCK_ABI))?
        .scope(Scope::from_all(LANDLOCK_ABI))?
        .create()?;
    if job.becomes_program() {
        rules = allow_programs(rules)?;
        // ffmpeg reopens the descriptor by its name in /proc, which is this very file.
        rules = rules.add_rule(PathBeneath::new(input, read))?;
    }
    rules.restrict_self().map(drop)
}

fn allow_programs(mut rules: RulesetCreated) -> Result<RulesetCreated, RulesetError> {
    let access = AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute;
    for folder in PROGRAM_FOLDERS {
        if let Ok(path) = PathFd::new(folder) {
            rules = rules.add_rule(PathBeneath::new(path, access))?;
        }
    }
    Ok(rules)
}
