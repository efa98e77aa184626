//! What a worker turns into when ffmpeg has to look at a file.
//!
//! ffmpeg opens whatever a file tells it to, so it gets one protocol and one demuxer: with the
//! protocol list alone, an HLS playlist named `film.mkv` reads its neighbours. It reads the one
//! input by its name in /proc and writes to the descriptor that became its standard output.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_setfd};
use stead_rules::limits;

use super::Descriptors;

/// Files and pipes only; `crypto`, `concat`, `http` and the rest stay shut.
const PROTOCOLS: &str = "file,pipe";

/// Becomes ffmpeg for one keyframe; returns only when that failed.
pub(super) fn frame(
    program: &Path,
    demuxer: &str,
    at_ms: u64,
    descriptors: &Descriptors,
) -> io::Error {
    let scale = format!("scale='min({},iw)':-2", limits::PICTURE_LARGE_PX);
    let at = format!("{}.{:03}", at_ms / 1000, at_ms % 1000);
    let mut command = Command::new(program);
    command
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"])
        .args(["-skip_frame", "nokey", "-ss", &at])
        .args(["-protocol_whitelist", PROTOCOLS, "-format_whitelist", demuxer, "-f", demuxer])
        .arg("-i");
    let command = command.arg(name_of(&descriptors.input));
    become_with(
        command
            .args(["-map", "0:V:0", "-an", "-sn", "-dn", "-frames:v", "1", "-vf", &scale])
            .args(["-q:v", "3", "-c:v", "mjpeg", "-f", "mjpeg", "pipe:1"]),
        descriptors,
    )
}

/// Becomes ffprobe; returns only when that failed.
pub(super) fn describe(program: &Path, demuxer: &str, descriptors: &Descriptors) -> io::Error {
    let mut command = Command::new(program);
    command
        .args(["-hide_banner", "-loglevel", "error", "-print_format", "json"])
        .args(["-show_format", "-show_streams"])
        .args(["-protocol_whitelist", PROTOCOLS, "-format_whitelist", demuxer, "-f", demuxer])
        .arg("-i");
    become_with(command.arg(name_of(&descriptors.input)), descriptors)
}

fn name_of(input: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", input.as_raw_fd())
}

fn become_with(command: &mut Command, descriptors: &Descriptors) -> io::Error {
    let kept = fcntl_setfd(descriptors.input.as_fd(), FdFlags::empty())
        .and_then(|()| rustix::stdio::dup2_stdout(&descriptors.output));
    match kept {
        Ok(()) => command.env_clear().exec(),
        Err(error) => error.into(),
    }
}
