//! The network: TLS and the CA of the box, names, discovery.
