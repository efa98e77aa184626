//! What `serve` and a worker say to each other: one job with its descriptors, one reply.
//!
//! Where a unit of the system runs the workers, the job comes with its limit and goes through an
//! [attendant](crate::work::attendant), which tells how the worker ended.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(crate) use crate::host::packet::{receive, send};

/// What a worker is started for. The descriptors that belong to it are named, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// A picture file to a JPEG. Descriptors: picture, JPEG.
    Picture {
        /// Most points from left to right.
        widest: u32,
    },
    /// The cover inside an audio or video file to a JPEG. Descriptors: file, JPEG.
    Cover {
        /// Where it lies.
        span: Span,
        /// Most points from left to right.
        widest: u32,
    },
    /// One keyframe as JPEG by ffmpeg. Descriptors: video, frame.
    Frame {
        /// The ffmpeg to execute.
        program: PathBuf,
        /// The only demuxer it may use.
        demuxer: String,
        /// Where to look, from the start.
        at_ms: u64,
    },
    /// What ffprobe knows about a file, as its JSON. Descriptors: file, answer.
    Describe {
        /// The ffprobe to execute.
        program: PathBuf,
        /// The only demuxer it may use.
        demuxer: String,
    },
}

impl Job {
    /// Whether the worker turns into another program, whose exit status is then the reply.
    #[must_use]
    pub fn becomes_program(&self) -> bool {
        match self {
            Self::Frame { .. } | Self::Describe { .. } => true,
            Self::Picture { .. } | Self::Cover { .. } => false,
        }
    }
}

/// Where in a file something lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first byte.
    pub offset: u64,
    /// Its length in the file.
    pub length: u64,
    /// Whether ID3v2's extra zeros are in it.
    pub unsynchronised: bool,
}

/// What a worker answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// The JPEG is written.
    Made {
        /// Width of the source as it is meant to be seen.
        width: u32,
        /// Height of the source as it is meant to be seen.
        height: u32,
    },
    /// There is nothing in the file to make a picture of.
    Nothing,
    /// The file cannot be used; a sentence for its owner.
    Refused {
        /// What is wrong.
        detail: String,
    },
}

/// A job for a unit of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What is to be done.
    pub job: Job,
    /// How long it may take.
    pub limit_ms: u64,
}

/// How the worker of a unit ended. The words are those of [`Ended`](crate::work::launcher::Ended)
/// and [`JobFailure`](crate::work::launcher::JobFailure).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub enum Outcome {
    /// It replied.
    Replied {
        /// What.
        reply: Reply,
    },
    /// The program that it became succeeded.
    ProgramSucceeded,
    /// It died of a signal or left without a reply.
    Died {
        /// The signal or the exit status.
        how: String,
        /// The last it said.
        complaint: String,
    },
    /// The program that it became ended with an error of its own.
    ProgramFailed {
        /// The last it said.
        complaint: String,
    },
    /// It could not shut itself in or become its program.
    Unable {
        /// The last it said.
        complaint: String,
    },
    /// It took too long and was killed.
    TooLong,
    /// It could not be started or spoken to.
    Machine {
        /// Why.
        why: String,
    },
}
