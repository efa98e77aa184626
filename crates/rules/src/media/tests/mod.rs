//! Names, artwork, sorting and comparing disks, each as a table of cases.

mod artwork;
mod certificates;
mod diff;
mod episodes;
mod films;
mod music;
mod names;
mod photos;
mod sort;
mod text;
