//! Work in the background: indexing, pictures, child processes.
