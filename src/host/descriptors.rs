//! How many files the process may have open at once: connections, streams, databases, disks.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use stead_rules::limits::OPEN_FILES;

/// Raises the limit to what the server may need, as far as the system lets it: most begin at 1024,
/// which a crowd of players reaches, and allow far more.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|now| now >= OPEN_FILES) {
        return;
    }
    let reachable = maximum.map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(reachable), maximum }) {
        tracing::warn!(%error, "the number of open files stays as it is");
    } else if reachable < OPEN_FILES {
        tracing::warn!(
            reachable,
            wanted = OPEN_FILES,
            "few files may be open at once; in a crowd some are turned away (LimitNOFILE=)"
        );
    }
}
