//! Throttles, one-time codes and what a successful sign-in is worth.
