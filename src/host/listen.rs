//! The sockets at which the server answers: handed over by systemd, or opened here.
//!
//! This happens before any thread is started: taking systemd's sockets changes the environment.

use listenfd::ListenFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Whether systemd has handed sockets over (sd_listen_fds(3)). They do not outlive this program. To be
/// asked before they are taken.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "systemd's word on its sockets, and no setting")]
pub fn handed_over() -> bool {
    std::env::var_os("LISTEN_FDS").is_some()
}

/// Connections that wait to be accepted; the kernel lowers it to what it allows.
const WAITING_MAX: i32 = 1024;

/// Both doors, open and not yet answered.
#[derive(Debug)]
pub struct Doors {
    /// https.
    pub https: TcpListener,
    /// http, which leads to https.
    pub http: TcpListener,
}

/// Which door, and how its port is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// https.
    Https,
    /// http.
    Http,
}

/// Why a door could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else answers there.
    #[error(
        "port {} is taken by another program: stop that program, or choose another port with \
         {} or net.{} in the config", .address.port(), .door.flag(), .door.key()
    )]
    Busy {
        /// Which door.
        door: Door,
        /// Where it should have been.
        address: SocketAddr,
    },
    /// Ports below 1024 are root's.
    #[error(
        "port {} may not be opened by this user: choose one from 1024 up with {} or net.{} in \
         the config, or let systemd open it (stead.socket)", .address.port(), .door.flag(),
         .door.key()
    )]
    Denied {
        /// Which door.
        door: Door,
        /// Where it should have been.
        address: SocketAddr,
    },
    /// The address is not one of this machine's.
    #[error("{} is no address of this machine: change net.{} in the config", .address.ip(), .door.key())]
    NotOurs {
        /// Which door.
        door: Door,
        /// Where it should have been.
        address: SocketAddr,
    },
    /// Something else.
    #[error("{address} could not be opened for {}", .door.key())]
    Other {
        /// Which door.
        door: Door,
        /// Where it should have been.
        address: SocketAddr,
        /// The error itself.
        source: io::Error,
    },
    /// systemd handed over something that is no TCP socket.
    #[error("socket {index} from systemd is of no use: ListenStream= must name a TCP port")]
    Activation {
        /// Which one, counted from zero.
        index: usize,
        /// The error itself.
        source: io::Error,
    },
}

impl Door {
    const fn flag(self) -> &'static str {
        match self {
            Self::Https => "--https-port",
            Self::Http => "--http-port",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Https => "https_listen",
            Self::Http => "http_listen",
        }
    }
}

impl Doors {
    /// Takes the sockets that systemd holds, by their names `https` and `http` or else in this
    /// order, and opens what it does not hold.
    pub fn open(https: SocketAddr, http: SocketAddr) -> Result<Self, ListenError> {
        let mut given = Given::take()?;
        let mut door = |door, address| match given.socket(door) {
            Some(socket) => asynchronous(socket, door, address),
            None => listen(door, address),
        };
        Ok(Self { https: door(Door::Https, https)?, http: door(Door::Http, http)? })
    }
}

/// What systemd handed over.
struct Given(Vec<(String, TcpListener)>);

impl Given {
    fn take() -> Result<Self, ListenError> {
        let names: Vec<String> = sd_notify::listen_fds_with_names()
            .map(|sockets| sockets.map(|(_, name)| name).collect())
            .unwrap_or_default();
        let mut sockets = ListenFd::from_env();
        let mut given = Vec::new();
        for index in 0..sockets.len() {
            let socket = sockets
                .take_tcp_listener(index)
                .map_err(|source| ListenError::Activation { index, source })?;
            let name = names.get(index).cloned().unwrap_or_default();
            given.extend(socket.map(|socket| (name, socket)));
        }
        Ok(Self(given))
    }

    /// The socket of that name; else the first whose name is neither door's.
    fn socket(&mut self, door: Door) -> Option<TcpListener> {
        let named = |name: &str| match door {
            Door::Https => name == "https",
            Door::Http => name == "http",
        };
        let index =
            self.0.iter().position(|(name, _)| named(name)).or_else(|| {
                self.0.iter().position(|(name, _)| name != "https" && name != "http")
            })?;
        Some(self.0.remove(index).1)
    }
}

fn asynchronous(
    socket: TcpListener,
    door: Door,
    address: SocketAddr,
) -> Result<TcpListener, ListenError> {
    match socket.set_nonblocking(true) {
        Ok(()) => Ok(socket),
        Err(source) => Err(ListenError::Other { door, address, source }),
    }
}

/// Opens one door. A system without IPv6 gets "every address" as 0.0.0.0.
fn listen(door: Door, address: SocketAddr) -> Result<TcpListener, ListenError> {
    let opened = match socket(address) {
        Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) if address.ip().is_unspecified() => {
            socket(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())))
        }
        other => other,
    };
    opened.map_err(|errno| match errno {
        Errno::ADDRINUSE => ListenError::Busy { door, address },
        Errno::ACCESS | Errno::PERM => ListenError::Denied { door, address },
        Errno::ADDRNOTAVAIL => ListenError::NotOurs { door, address },
        other => ListenError::Other { door, address, source: other.into() },
    })
}

/// The address may be taken again at once after a stop; "[::]" means IPv4 too, whatever the
/// system's default is.
fn socket(address: SocketAddr) -> Result<TcpListener, Errno> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, false)?;
    }
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, WAITING_MAX)?;
    Ok(TcpListener::from(socket))
}

#[cfg(test)]
mod tests;
