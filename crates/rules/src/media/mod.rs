//! What a path, a folder or a file header means for the library.

mod item;
mod kind;

pub use item::ItemKind;
pub use kind::LibraryKind;
