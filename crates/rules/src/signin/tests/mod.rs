//! The rules of signing in, each as a table of cases.

mod assurance;
mod session;
