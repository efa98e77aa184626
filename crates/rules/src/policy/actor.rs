//! Who asks, in the words that are stored and decided with.

/// What a user may do on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees what is shared with them.
    Member,
    /// Tends the server.
    Administrator,
    /// Owns the server; there is one.
    Owner,
}

/// What a sign-in was worth (design: `none < pwd < mfa < mfa_phishing_resistant`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// Nothing was shown.
    None,
    /// A password alone.
    Password,
    /// A password and something else.
    Mfa,
    /// A passkey with user verification.
    MfaPhishingResistant,
}

/// What kind of client a session belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientKind {
    /// A browser.
    Web,
    /// A television that was approved on a phone.
    Tv,
    /// An app.
    App,
}
