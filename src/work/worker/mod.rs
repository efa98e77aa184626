//! `stead worker`: one job, one process, no network, nothing to see but its descriptors.
//!
//! It comes with a socket as standard input, takes one [`wire::Job`], shuts itself in for exactly
//! that job and only then touches the file. It ends with its job, when the socket closes, or when
//! the thread that spawned it ends. It must not be started from an async runtime: confinement
//! holds for the thread that asks for it and for those it starts later.

mod confine;
mod cover;
mod picture;
mod program;
pub mod wire;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};

use wire::{Job, Reply};

/// The worker was started by hand or spoken to wrongly.
pub(crate) const EXIT_USAGE: u8 = 64;
/// The worker could not shut itself in, or its program could not be executed.
pub(crate) const EXIT_MACHINE: u8 = 71;

/// Runs the one job of this process.
#[must_use]
pub fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Usage) => {
            complain("stead worker is started by the server, with a socket as its input");
            ExitCode::from(EXIT_USAGE)
        }
        Err(Stop::Machine(error)) => {
            complain(&format!("a worker cannot go on: {error}"));
            ExitCode::from(EXIT_MACHINE)
        }
    }
}

#[derive(Debug)]
enum Stop {
    Usage,
    Machine(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Machine(error)
    }
}

impl From<rustix::io::Errno> for Stop {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Machine(error.into())
    }
}

fn work() -> Result<(), Stop> {
    confine::humble()?;
    let socket = take_socket().map_err(|_| Stop::Usage)?;
    let message = wire::receive::<Job>(&socket).map_err(|_| Stop::Usage)?;
    let Some((job, descriptors)) = message else { return Ok(()) };
    let descriptors = Descriptors::of(descriptors)?;
    confine::shut_in(&job, descriptors.input.as_fd())?;
    match job {
        Job::Picture { widest } => {
            end_with(&socket, EXIT_MACHINE)?;
            answer(&socket, &picture::make(&descriptors, widest))
        }
        Job::Cover { span, widest } => {
            end_with(&socket, EXIT_MACHINE)?;
            answer(&socket, &cover::make(span, &descriptors, widest))
        }
        Job::Frame { program, demuxer, at_ms } => {
            Err(program::frame(&program, &demuxer, at_ms, &descriptors).into())
        }
        Job::Describe { program, demuxer } => {
            Err(program::describe(&program, &demuxer, &descriptors).into())
        }
    }
}

/// The input and the output of a job.
#[derive(Debug)]
pub(crate) struct Descriptors {
    input: OwnedFd,
    output: OwnedFd,
}

impl Descriptors {
    fn of(descriptors: Vec<OwnedFd>) -> Result<Self, Stop> {
        let [input, output] = <[OwnedFd; 2]>::try_from(descriptors).map_err(|_| Stop::Usage)?;
        Ok(Self { input, output })
    }
}

/// Moves the socket away from standard input, which a program that we become must not have.
pub(crate) fn take_socket() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    let socket = rustix::io::fcntl_dupfd_cloexec(stdin.as_fd(), 3)?;
    rustix::net::sockopt::socket_type(&socket)?;
    let nothing = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    Ok(socket)
}

/// Ends this process with `exit` when the other side closes, whatever it is busy with.
pub(crate) fn end_with(socket: &OwnedFd, exit: u8) -> io::Result<()> {
    let socket = socket.try_clone()?;
    let watch = move || {
        let mut fds = [PollFd::new(&socket, PollFlags::RDHUP)];
        while poll(&mut fds, None) == Err(rustix::io::Errno::INTR) {}
        std::process::exit(i32::from(exit));
    };
    std::thread::Builder::new().stack_size(64 * 1024).spawn(watch)?;
    Ok(())
}

fn answer(socket: &OwnedFd, reply: &Reply) -> Result<(), Stop> {
    wire::send(socket, reply, &[]).map_err(Stop::Machine)
}

/// Standard error is a small file that the server reads when something went wrong.
pub(crate) fn complain(sentence: &str) {
    use std::io::Write;
    writeln!(io::stderr(), "{sentence}").ok();
}
