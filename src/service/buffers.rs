//! The large buffers of streams, used again: to ask the kernel for 256 KiB of empty pages and give
//! them back for each read costs more than the read itself (measured: half of the throughput of one
//! connection).

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use stead_rules::limits::{READ_LARGEST_BYTES, SPARE_BUFFERS};

/// Buffers that nobody uses at the moment.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// Room for `want` bytes. What is in it is of no meaning.
    pub(super) fn take(&self, want: usize) -> Vec<u8> {
        let spare = if want == READ_LARGEST_BYTES { self.spare().pop() } else { None };
        spare.unwrap_or_else(|| vec![0; want])
    }

    /// The first `length` bytes of a buffer; it can be used again when the last of them is gone.
    pub(super) fn lend(self: Arc<Self>, buffer: Vec<u8>, length: usize) -> Bytes {
        Bytes::from_owner(Lent { buffer, length, home: self })
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lent {
    buffer: Vec<u8>,
    length: usize,
    home: Arc<Buffers>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.buffer.len() != READ_LARGEST_BYTES {
            return;
        }
        let mut spare = self.home.spare();
        if spare.len() < SPARE_BUFFERS {
            spare.push(std::mem::take(&mut self.buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(buffers: &Buffers) -> usize {
        buffers.spare().len()
    }

    #[test]
    fn a_large_buffer_is_used_again_once_nobody_reads_it() {
        let buffers = Arc::new(Buffers::default());
        let mut one = buffers.take(READ_LARGEST_BYTES);
        one.fill(7);
        let lent = Arc::clone(&buffers).lend(one, 3);
        let part = lent.slice(1..);
        drop(lent);
        assert_eq!((part.as_ref(), kept(&buffers)), ([7, 7].as_slice(), 0));
        drop(part);
        assert_eq!(kept(&buffers), 1);
        assert_eq!(buffers.take(READ_LARGEST_BYTES).len(), READ_LARGEST_BYTES);
        assert_eq!(kept(&buffers), 0);
    }

    #[test]
    fn small_ones_are_not_kept_and_large_ones_within_bounds() {
        let buffers = Arc::new(Buffers::default());
        let lent: Vec<_> = std::iter::repeat_n(READ_LARGEST_BYTES, SPARE_BUFFERS + 3)
            .chain([10])
            .map(|want| Arc::clone(&buffers).lend(buffers.take(want), want))
            .collect();
        drop(lent);
        assert_eq!(kept(&buffers), SPARE_BUFFERS);
    }
}
