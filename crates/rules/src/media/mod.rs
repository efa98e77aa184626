//! What a path, a folder or a file header means for the library.

mod kind;

pub use kind::LibraryKind;
