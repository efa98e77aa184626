//! Who may do what: one pure function per request.
