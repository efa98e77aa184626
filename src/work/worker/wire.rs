//! What `serve` and a worker say to each other: one job with its descriptors, one reply.
//!
//! A message is one packet of JSON on a `SOCK_SEQPACKET` pair, so it is whole or absent.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Longest message; a job is a few hundred bytes.
const MESSAGE_MAX_BYTES: usize = 16 * 1024;
/// Most descriptors that come with a job: input and output.
pub(crate) const DESCRIPTORS_MAX: usize = 2;

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

/// Sends one message with its descriptors.
pub(crate) fn send<T: Serialize>(
    socket: impl AsFd,
    message: &T,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let bytes = serde_json::to_vec(message).map_err(io::Error::other)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("too many descriptors for one job"));
    }
    sendmsg(socket, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives one message with its descriptors; `None` when the other side has closed.
pub(crate) fn receive<T: DeserializeOwned>(
    socket: impl AsFd,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut bytes = vec![0_u8; MESSAGE_MAX_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(&mut bytes)];
    let got = recvmsg(socket, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let descriptors = control
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(rights) => Some(rights),
            RecvAncillaryMessage::ScmCredentials(_) | _ => None,
        })
        .flatten()
        .collect();
    if got.bytes == 0 {
        return Ok(None);
    }
    let text = bytes.get(..got.bytes).unwrap_or_default();
    let message = serde_json::from_slice(text).map_err(io::Error::other)?;
    Ok(Some((message, descriptors)))
}
