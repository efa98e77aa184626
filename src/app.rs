//! One value that holds what the whole process shares.
