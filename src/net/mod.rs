//! The network: names and addresses, TLS and the CA of the box, discovery, QR codes.
//!
//! Nothing here knows the claim, the accounts or the routes: every function takes plain values.

pub mod ca;
pub mod given;
pub mod guard;
pub mod mdns;
pub mod names;
pub mod outbound;
pub mod qr;
pub mod source;
pub mod ssdp;
pub mod tls;
