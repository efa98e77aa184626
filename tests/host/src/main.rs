//! The server over a clock that its tests set.
fn main() {}
