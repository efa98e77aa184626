//! Answers SSDP searches, and tells the network that the server is there and when it goes.
//!
//! An answer goes to whoever the packet says that it is from. So it goes only to machines on the
//! link, and there are only so many a second: nobody is flooded by a server that means well.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};
use stead_rules::limits::{SSDP_ANSWERS_PER_SECOND, SSDP_SEARCH_MAX_BYTES};
use stead_rules::time::BootMs;
use tokio::net::UdpSocket;

use super::chores::blocking;
use crate::net::ssdp::{Device, GROUP, News, PORT, heard_on, own_address, search};
use crate::service::core::Core;

/// How often addresses are looked at, as for the names.
const LOOK: Duration = Duration::from_secs(5);
/// How often the server is announced: twice in the time for which that is believed.
const ALIVE_MS: u64 = 900 * 1000;
/// Routers between people's own networks may pass it on; none on the internet does.
const HOPS: u32 = 2;

/// Answers until the end.
pub(super) async fn answer(core: Arc<Core>) {
    if core.device().is_none() {
        return;
    }
    let socket = match open() {
        Ok(socket) => socket,
        Err(error) => {
            tracing::info!(%error, "searches by SSDP are not answered; mDNS and the address work");
            return;
        }
    };
    let mut heard = BTreeSet::new();
    let mut every = tokio::time::interval(LOOK);
    let (mut told, mut budget) = (None, Budget::default());
    let mut packet = [0; SSDP_SEARCH_MAX_BYTES + 1];
    loop {
        tokio::select! {
            _ = every.tick() => {
                let joined = join(&core, &socket, &mut heard);
                let now = core.now().boot;
                if joined || told.is_none_or(|told| now.since_ms(told) >= ALIVE_MS) {
                    told = Some(now);
                    tell(&core, News::Alive).await;
                }
            }
            Ok((length, from)) = socket.recv_from(&mut packet) => {
                let asked = packet.get(..length).unwrap_or_default();
                respond(&core, &socket, asked, from, &mut budget).await;
            }
        }
    }
}

/// The last word; the sockets block for less than a moment.
pub(super) async fn leave(core: &Arc<Core>) {
    tell(core, News::Goodbye).await;
}

/// The port is shared with whoever else listens there.
fn open() -> io::Result<UdpSocket> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Inet, SockType::Datagram, flags, None)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    setsockopt(&socket, sockopt::ReusePort, &true)?;
    let any = SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, PORT));
    bind(socket.as_raw_fd(), &any)?;
    UdpSocket::from_std(socket.into())
}

/// Listens on interfaces that came since; tells whether one did. One that went needs nothing.
fn join(core: &Core, socket: &UdpSocket, heard: &mut BTreeSet<Ipv4Addr>) -> bool {
    let there = addresses(core);
    heard.retain(|address| there.contains(address));
    let fresh: Vec<_> = there.difference(heard).copied().collect();
    for address in &fresh {
        // One that is joined already, or is just going, is no matter.
        let _ = socket.join_multicast_v4(GROUP, *address);
    }
    heard.extend(&fresh);
    !fresh.is_empty()
}

fn addresses(core: &Core) -> BTreeSet<Ipv4Addr> {
    let wanted = &core.config.discovery.interfaces;
    heard_on(&core.reach().interfaces, wanted).into_iter().collect()
}

async fn respond(
    core: &Core,
    socket: &UdpSocket,
    packet: &[u8],
    from: SocketAddr,
    budget: &mut Budget,
) {
    let (Some(search), IpAddr::V4(peer)) = (search(packet), from.ip()) else { return };
    let Some(own) = own_address(peer, &core.reach().interfaces) else { return };
    let (true, Some(device)) = (addresses(core).contains(&own), core.device()) else { return };
    for answer in device.answers(&search, own) {
        if !budget.spend(core.now().boot) {
            return;
        }
        // Whoever has gone meanwhile misses nothing.
        let _ = socket.send_to(answer.as_bytes(), from).await;
    }
}

async fn tell(core: &Arc<Core>, news: News) {
    let core = Arc::clone(core);
    blocking(move || {
        let Some(device) = core.device() else { return };
        for own in addresses(&core) {
            if let Err(error) = tell_on(own, &device, news) {
                tracing::debug!(%error, %own, "not told by SSDP on this interface");
            }
        }
    })
    .await;
}

fn tell_on(own: Ipv4Addr, device: &Device, news: News) -> io::Result<()> {
    // Bound to it, so that the packet leaves by its interface.
    let socket = std::net::UdpSocket::bind((own, 0))?;
    socket.set_multicast_ttl_v4(HOPS)?;
    for text in device.news(news, own) {
        socket.send_to(text.as_bytes(), (GROUP, PORT))?;
    }
    Ok(())
}

/// So many answers in a second, whoever asks.
#[derive(Debug, Default)]
struct Budget {
    second: u64,
    spent: u32,
}

impl Budget {
    fn spend(&mut self, now: BootMs) -> bool {
        let second = now.0 / 1000;
        if second != self.second {
            *self = Self { second, spent: 0 };
        }
        self.spent += 1;
        self.spent <= SSDP_ANSWERS_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_answers_and_the_next_one_as_many() {
        let mut budget = Budget::default();
        let spent = |budget: &mut Budget, at| {
            (0..2 * SSDP_ANSWERS_PER_SECOND).filter(|_| budget.spend(BootMs(at))).count()
        };
        let all = usize::try_from(SSDP_ANSWERS_PER_SECOND).unwrap();
        assert_eq!((spent(&mut budget, 5_000), spent(&mut budget, 5_999)), (all, 0));
        assert_eq!(spent(&mut budget, 6_000), all);
    }
}
