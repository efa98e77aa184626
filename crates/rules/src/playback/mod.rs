//! Who may be sent which bytes, and how.
