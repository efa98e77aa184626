//! The doors: accept, guard, route, answer.
