//! The two files by which `stead accounts` and a running account service speak: a wish and an answer,
//! both JSON.

use serde::{Deserialize, Serialize};

/// A wish with the name of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Random, so that an answer is not taken for that of another wish.
    pub id: String,
    /// What is asked.
    pub ask: Ask,
}

/// What whoever runs the service asks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Tell every account.
    List,
    /// Tell one account.
    Look {
        /// As it is typed to sign in.
        name: String,
    },
    /// Make a link by which its person chooses another password.
    Link {
        /// As it is typed to sign in.
        name: String,
        /// A new authenticator is set up, too, in the place of all second factors.
        new_factor: bool,
    },
    /// Remove an account with all that hangs on it.
    Remove {
        /// As it is typed to sign in.
        name: String,
    },
}

/// An answer with the wish that it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// That of the wish.
    pub id: String,
    /// What is told.
    pub told: Told,
}

/// What the service tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// These are the accounts.
    Accounts(Vec<Line>),
    /// The link was made.
    Link {
        /// Whose it is.
        name: String,
        /// By each address of the service, the issuer first.
        urls: Vec<String>,
        /// How long it is good for.
        seconds: u64,
    },
    /// The account is removed.
    Removed(Line),
    /// Nobody signs in by this name.
    NoSuchAccount,
    /// The service cannot do it now; its log says why.
    Failed,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// As its person writes it.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// The last request of any session that is still there.
    pub last_seen_ms: Option<i64>,
    /// Second factors: `totp`, `passkey`.
    pub factors: Vec<String>,
    /// Servers and programs that registered by its word.
    pub clients: u32,
    /// Whether it goes by itself when it is old, since it was never used.
    pub goes: bool,
}
