//! Everything that is tested from outside, one module an area.

mod directions;

mod tls;
