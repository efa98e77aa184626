//! Ranges, dates, links and plans, each as a table of cases.

mod date;
mod plan;
mod range;
mod resume;
mod token;
