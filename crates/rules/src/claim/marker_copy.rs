//! The second copy of the marker, outside of the data folder: which server was claimed, and how often.
//!
//! ```text
//! stead-state │ the loader's environment … │ copy 1 │ … │ copy 2 │
//! ```
//!
//! It is written in place, the first copy before the second, each synced: of two that differ the
//! first is the newer one, and a cut of power leaves at least one whole. What does not begin as a
//! copy does is none of ours, as on a new appliance; what begins so and is damaged says that there
//! was a claim.

use crate::ids::BoxId;

use super::start::{Database, Kept, Marker};
use super::state::Generation;

#[cfg(test)]
mod tests;

/// How long a copy is: less than what any medium writes at once.
pub const COPY_BYTES: usize = 40;
const BEGINNING: [u8; 8] = *b"SteadOwn";

/// What the second copy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerCopy {
    /// There is none: a new appliance, or a server that keeps none.
    None,
    /// This server was claimed so often.
    Of {
        /// Which server.
        box_id: BoxId,
        /// How often.
        generation: Generation,
    },
    /// There is something that cannot be read.
    Unreadable,
}

impl MarkerCopy {
    /// What two places say together; none is one that could not be read at all.
    #[must_use]
    pub fn of(first: Option<&[u8]>, second: Option<&[u8]>) -> Self {
        match (one(first), one(second)) {
            (Self::Of { box_id, generation }, Self::Of { box_id: other, generation: at_least })
                if box_id == other =>
            {
                Self::Of { box_id, generation: generation.max(at_least) }
            }
            (whole @ Self::Of { .. }, _)
            | (Self::None | Self::Unreadable, whole @ Self::Of { .. }) => whole,
            (Self::None, Self::None) => Self::None,
            (Self::Unreadable, Self::None | Self::Unreadable) | (Self::None, Self::Unreadable) => {
                Self::Unreadable
            }
        }
    }

    /// The server that it names.
    #[must_use]
    pub const fn box_id(self) -> Option<BoxId> {
        match self {
            Self::Of { box_id, .. } => Some(box_id),
            Self::None | Self::Unreadable => None,
        }
    }

    /// What marker and database are to this server. `own` is whose they are, where that can be told.
    ///
    /// Accounts of another server are none that this one ever had; only a backup that was put back
    /// here may bring another id along, and waits for its owner in any case.
    #[must_use]
    pub fn seen(
        self,
        own: Option<BoxId>,
        marker: Marker,
        database: Database,
    ) -> (Marker, Database) {
        match self {
            Self::None => (marker, database),
            Self::Unreadable => (at_least_unreadable(marker), database),
            Self::Of { box_id, generation } if own.is_none_or(|own| own == box_id) => {
                (raised(marker, generation), database)
            }
            Self::Of { generation, .. } => (Marker::Generation(generation), foreign(database)),
        }
    }
}

/// One place, as it is on the medium.
#[must_use]
pub fn copy_bytes(box_id: BoxId, generation: Generation) -> [u8; COPY_BYTES] {
    let mut bytes = [0; COPY_BYTES];
    let id = box_id.as_bytes().iter().copied();
    let body = BEGINNING.into_iter().chain(id).chain(generation.0.to_le_bytes());
    for (place, byte) in bytes.iter_mut().zip(body) {
        *place = byte;
    }
    let (body, sum) = bytes.split_at_mut(COPY_BYTES - 4);
    sum.copy_from_slice(&crc32(body).to_le_bytes());
    bytes
}

fn one(bytes: Option<&[u8]>) -> MarkerCopy {
    let Some(bytes) = bytes.and_then(|bytes| bytes.first_chunk::<COPY_BYTES>()) else {
        return MarkerCopy::Unreadable;
    };
    if !bytes.starts_with(&BEGINNING) {
        return MarkerCopy::None;
    }
    whole(bytes).unwrap_or(MarkerCopy::Unreadable)
}

fn whole(bytes: &[u8; COPY_BYTES]) -> Option<MarkerCopy> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    let (_, body_after) = body.split_first_chunk::<8>()?;
    let (id, rest) = body_after.split_first_chunk::<16>()?;
    let generation = Generation(u64::from_le_bytes(*rest.first_chunk::<8>()?));
    let is_whole = crc32(body).to_le_bytes() == *sum && generation > Generation(0);
    is_whole.then(|| MarkerCopy::Of { box_id: BoxId::from_bytes(*id), generation })
}

fn at_least_unreadable(marker: Marker) -> Marker {
    match marker {
        Marker::None | Marker::Unreadable => Marker::Unreadable,
        Marker::Generation(_) => marker,
    }
}

/// The highest of any copy. A marker that is damaged beside a whole copy is made up for by it.
fn raised(marker: Marker, at_least: Generation) -> Marker {
    Marker::Generation(match marker {
        Marker::Generation(generation) => generation.max(at_least),
        Marker::None | Marker::Unreadable => at_least,
    })
}

fn foreign(database: Database) -> Database {
    match database {
        Database::Claimed { kept: Kept::Restored, .. } | Database::None | Database::Unreadable => {
            database
        }
        Database::NeverClaimed { .. }
        | Database::Claimed { kept: Kept::Owned | Kept::Orphaned | Kept::Recovery, .. } => {
            Database::NeverClaimed { created_by: None }
        }
    }
}

/// CRC-32 as in IEEE 802.3, bit by bit: it is asked for a few bytes at a start.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0xedb8_8320 }
        })
    })
}
