//! Everything Stead keeps in SQLite, and the only place that knows SQL.
//!
//! Two databases: `accounts.db` (who; every commit reaches the disk) and `library.db` (what;
//! rebuildable). A read and a write transaction are different types, there is one writer for each
//! database, and no transaction spans both, because WAL commits of attached files are not atomic.
#![forbid(unsafe_code)]

pub mod accounts;
pub mod backup;
pub mod before_update;
mod columns;
pub mod library;
mod lost;
mod open;
mod room;
mod tx;

pub use lost::{note_lost, part_from_lost};
pub use open::{Accounts, DatabaseKind, Found, Library, OpenError, Store, inspect, waiting_code};
pub use room::{Failure, Room};
pub use tx::{Db, ReadTx, StoreError, WriteTx};
