//! `stead worker --unit`: one instance of `stead-worker@.service`. It takes a job from the server,
//! has one worker of its own do it, and tells how that ended, which a program like ffmpeg cannot.
//!
//! The instance ends with the connection, and the system ends what is left in it.

use std::os::fd::{AsFd as _, BorrowedFd};
use std::process::ExitCode;

use super::launcher::{WorkerProgram, run_here};
use super::worker::wire::{Order, Outcome, receive, send};
use super::worker::{EXIT_MACHINE, EXIT_USAGE, complain, end_with, take_socket};

/// Runs the one job of this process.
#[must_use]
pub fn main() -> ExitCode {
    let Ok(socket) = take_socket() else {
        complain("stead worker --unit is started by the system, with a socket as its input");
        return ExitCode::from(EXIT_USAGE);
    };
    let (order, descriptors) = match receive::<Order>(&socket) {
        Ok(Some(message)) => message,
        // Who asked has gone.
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("no job of the server: {error}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    // A server that wants it no more is no failure of this unit.
    let ended = end_with(&socket, 0).and_then(|()| WorkerProgram::this_one());
    let program = match ended {
        Ok(program) => program,
        Err(error) => {
            complain(&format!("a worker cannot go on: {error}"));
            return ExitCode::from(EXIT_MACHINE);
        }
    };
    let descriptors: Vec<BorrowedFd<'_>> = descriptors.iter().map(|one| one.as_fd()).collect();
    let outcome = Outcome::of(run_here(&program, &order.job, &descriptors, order.limit_ms));
    // Nobody hears it when the server has gone.
    let _ = send(&socket, &outcome, &[]);
    ExitCode::SUCCESS
}
