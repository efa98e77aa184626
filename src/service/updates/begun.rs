//! What the box has begun to install by itself: noted before, so that an install that takes the box down
//! is not begun again at each of its starts.

use std::fs;

use stead_rules::limits::UPDATE_INSTALLS_CUT_OFF_MAX;

use super::UpdateError;
use crate::host::files::{PRIVATE, remove_durably, write_atomically};
use crate::service::chain;
use crate::service::core::Core;

/// Whether installing this version was begun and not ended as often as it may be.
pub(super) fn is_often(core: &Core, version: &str) -> bool {
    times(core, version) >= UPDATE_INSTALLS_CUT_OFF_MAX
}

/// Notes that it begins. Blocks.
pub(super) fn note(core: &Core, version: &str) -> Result<(), UpdateError> {
    let text = format!("{version}\n{}\n", times(core, version).saturating_add(1));
    core.room
        .with_room(|| write_atomically(&core.paths().update_begun(), text.as_bytes(), PRIVATE))
        .map_err(|error| UpdateError::Failed(chain(&error).to_string()))
}

/// Forgets it: it has ended, well or not. Blocks.
pub(super) fn forget(core: &Core) {
    if let Err(error) = remove_durably(&core.paths().update_begun()) {
        tracing::warn!(error = %chain(&error), "that an update began to be installed is still noted");
    }
}

fn times(core: &Core, version: &str) -> u32 {
    let noted = fs::read_to_string(core.paths().update_begun()).unwrap_or_default();
    let noted = noted.split_once('\n').filter(|(noted, _)| *noted == version);
    noted.and_then(|(_, times)| times.trim().parse().ok()).unwrap_or(0)
}
