//! Which picture comes next: what somebody looks at first, then all others in the order of their
//! entry, but these only while nothing is scanned, because both want the same disk.

use std::collections::VecDeque;

use stead_rules::ids::ItemId;
use stead_rules::limits::PICTURES_FIRST_MAX;
use stead_store::library::pictures;
use stead_store::{Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Task;
use crate::service::pictures::Size;
use crate::service::scans::Wish;

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Make this one.
    Make(Task),
    /// Remove the pictures of what is no more.
    Sweep,
    /// Wait for a wish.
    Nothing,
}

/// The order of things to make.
#[derive(Debug)]
pub(super) struct Queue {
    wishes: mpsc::Receiver<Wish>,
    /// What somebody looks at, each once, the last first: a page that was left may wait.
    first: VecDeque<(ItemId, Size)>,
    /// Everything up to this item was handed out since the last wish.
    behind: i64,
    sweep: bool,
}

impl Queue {
    pub(super) fn new(wishes: mpsc::Receiver<Wish>) -> Self {
        Self { wishes, first: VecDeque::new(), behind: 0, sweep: false }
    }

    pub(super) fn next(&mut self, store: &Store, is_scanning: bool) -> Result<Next, StoreError> {
        while let Ok(wish) = self.wishes.try_recv() {
            self.note(wish);
        }
        while let Some((item, size)) = self.first.pop_front() {
            let wanting = store.library.read(|tx| match size {
                Size::Small => pictures::wanted(tx, item),
                Size::Large => pictures::made(tx, item),
            })?;
            if let Some(wanting) = wanting {
                return Ok(Next::Make(Task { wanting, size }));
            }
        }
        if is_scanning {
            return Ok(Next::Nothing);
        }
        if std::mem::take(&mut self.sweep) {
            return Ok(Next::Sweep);
        }
        let behind = self.behind;
        Ok(match store.library.read(|tx| pictures::next(tx, behind))? {
            Some(wanting) => {
                self.behind = wanting.n;
                Next::Make(Task { wanting, size: Size::Small })
            }
            None => Next::Nothing,
        })
    }

    /// Waits for a wish; false at the end.
    pub(super) async fn wait(&mut self, end: &CancellationToken) -> bool {
        let wish = tokio::select! {
            () = end.cancelled() => None,
            wish = self.wishes.recv() => wish,
        };
        if let Some(wish) = wish {
            self.note(wish);
        }
        wish.is_some()
    }

    /// Does nothing more until the next wish.
    pub(super) fn rest(&mut self) {
        self.first.clear();
        self.behind = i64::MAX;
    }

    fn note(&mut self, wish: Wish) {
        match wish {
            Wish::Look => self.behind = 0,
            Wish::First(item) => self.put_first((item, Size::Small)),
            Wish::Large(item) => self.put_first((item, Size::Large)),
            Wish::Sweep => self.sweep = true,
        }
    }

    fn put_first(&mut self, wished: (ItemId, Size)) {
        self.first.retain(|other| *other != wished);
        self.first.push_front(wished);
        self.first.truncate(PICTURES_FIRST_MAX);
    }
}

#[cfg(test)]
mod tests {
    use stead_rules::ids::ItemId;
    use stead_rules::limits::PICTURES_FIRST_MAX;
    use tokio::sync::mpsc;

    use super::{Queue, Size, Wish};

    fn item(n: usize) -> ItemId {
        ItemId::from_bytes(u128::try_from(n).unwrap().to_be_bytes())
    }

    #[test]
    fn the_last_wish_comes_first_each_once_and_not_without_end() {
        let mut queue = Queue::new(mpsc::channel(1).1);
        for wish in [Wish::First(item(1)), Wish::Large(item(1)), Wish::First(item(2))] {
            queue.note(wish);
        }
        queue.note(Wish::First(item(1)));
        let small = |n| (item(n), Size::Small);
        assert_eq!(queue.first, [small(1), small(2), (item(1), Size::Large)]);
        for n in 0..PICTURES_FIRST_MAX + 5 {
            queue.note(Wish::First(item(n)));
        }
        assert_eq!(queue.first.len(), PICTURES_FIRST_MAX);
        assert_eq!(queue.first.front(), Some(&small(PICTURES_FIRST_MAX + 4)));
    }
}
