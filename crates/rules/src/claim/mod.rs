//! The life of a server: who may claim it, when, and what every state serves.
