//! Everything Stead keeps in SQLite, and the only place that knows SQL.
#![forbid(unsafe_code)]
