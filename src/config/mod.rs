//! Configuration: as written, then checked, then one struct per concern.
