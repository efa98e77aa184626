//! People: an owner who claims, and an authenticator app.

use std::path::Path;

use serde_json::json;
use stead::host::clock::Clock;
use stead_rules::ids::{AccountId, IssuerId, UserId};
use stead_rules::policy::Role;
use stead_rules::time::WallMs;
use stead_store::Store;
use stead_store::accounts::identity::{self, User};
use totp_rs::{Builder, Secret};

use super::{Answer, App, Client};

/// The code that an authenticator app shows at `unix_seconds`.
pub(crate) fn totp_code(secret_base32: &str, unix_seconds: u64) -> String {
    let secret = Secret::try_from_base32(secret_base32).unwrap();
    Builder::new().with_secret(secret).build_noncompliant().generate(unix_seconds).to_string()
}

/// An owner with a browser, a password, an authenticator app and recovery codes.
pub(crate) struct Owner {
    pub(crate) browser: Client,
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) totp_secret: String,
    pub(crate) recovery_codes: Vec<String>,
}

impl Owner {
    /// Claims `app` by the link of its set-up page, at the app's own time.
    pub(crate) fn claim(app: &App) -> Self {
        let mut owner = Self::almost(app);
        owner.finish().expect(200);
        owner
    }

    /// Claims `app` up to the last step.
    pub(crate) fn almost(app: &App) -> Self {
        Self::almost_at(app, app.clock.now().wall.0)
    }

    /// Claims `app` up to the last step in a browser whose clock says `browser_ms`.
    pub(crate) fn almost_at(app: &App, browser_ms: i64) -> Self {
        Self::almost_in(app.client(), &app.link_secret(), browser_ms)
    }

    /// Claims up to the last step in this browser with this link.
    pub(crate) fn almost_in(browser: Client, link_secret: &str, browser_ms: i64) -> Self {
        Self::almost_as(browser, link_secret, browser_ms, ("Robin", "seven green kettles"))
    }

    /// The same with this name and password.
    pub(crate) fn almost_as(
        mut browser: Client,
        link_secret: &str,
        browser_ms: i64,
        (name, password): (&str, &str),
    ) -> Self {
        let proof = json!({ "kind": "link", "secret": link_secret });
        let begin = json!({ "proof": proof, "browser_time_ms": browser_ms });
        browser.post("/api/v1/claim/begin", &begin).expect(200);
        Self::from_owner_step_as(browser, browser_ms, (name, password))
    }

    /// Goes on in a browser that holds a claim, up to the last step.
    pub(crate) fn from_owner_step(browser: Client, browser_ms: i64) -> Self {
        Self::from_owner_step_as(browser, browser_ms, ("Robin", "seven green kettles"))
    }

    fn from_owner_step_as(
        mut browser: Client,
        browser_ms: i64,
        (name, password): (&str, &str),
    ) -> Self {
        let who = json!({ "name": name, "password": password });
        let enrolment = browser.post("/api/v1/claim/owner", &who).expect(200).json();
        let totp_secret = enrolment["secret_base32"].as_str().unwrap().to_owned();
        let seconds = u64::try_from(browser_ms / 1000).unwrap();
        let code = json!({ "code": totp_code(&totp_secret, seconds) });
        let codes = browser.post("/api/v1/claim/totp", &code).expect(200).json();
        let recovery_codes = codes["recovery_codes"].as_array().unwrap().iter();
        let recovery_codes = recovery_codes.map(|c| c.as_str().unwrap().to_owned()).collect();
        Self {
            browser,
            name: name.to_owned(),
            password: password.to_owned(),
            totp_secret,
            recovery_codes,
        }
    }

    /// The last step.
    pub(crate) fn finish(&mut self) -> Answer {
        let code = &self.recovery_codes[3];
        let tail = &code[code.len() - 4..];
        self.browser.post("/api/v1/claim/finish", &json!({ "code_tail": tail }))
    }

    /// The last step at a server that may die of it: whether the answer came.
    pub(crate) fn try_finish(&mut self) -> bool {
        let code = &self.recovery_codes[3];
        let tail = &code[code.len() - 4..];
        let body = json!({ "code_tail": tail }).to_string();
        self.browser
            .try_send("POST", "/api/v1/claim/finish", Some(body))
            .is_some_and(|answer| answer.status == 200)
    }

    /// Signs in on a fresh browser whose clock says `browser_ms`.
    pub(crate) fn sign_in_at(&self, app: &App, browser_ms: i64) -> (Client, Answer) {
        self.sign_in_in(app.client(), browser_ms)
    }

    /// Signs in in this browser, whose clock says `browser_ms`.
    pub(crate) fn sign_in_in(&self, mut browser: Client, browser_ms: i64) -> (Client, Answer) {
        let who = json!({ "name": self.name, "password": self.password });
        let first = browser.post("/api/v1/signin", &who).expect(200).json();
        let seconds = u64::try_from(browser_ms / 1000).unwrap();
        let factor = json!({
            "ticket": first["ticket"],
            "method": "totp",
            "code": totp_code(&self.totp_secret, seconds),
            "browser_time_ms": browser_ms,
        });
        let answer = browser.post("/api/v1/signin/factor", &factor);
        (browser, answer)
    }
}

/// Somebody with the owner's password and no second factor, put straight into the database:
/// inviting people comes later.
pub(crate) fn second_account(app: &App, name: &str) {
    second_account_in(&app.data, app.clock.now().wall, name);
}

/// The same in the data folder of any server that is claimed.
pub(crate) fn second_account_in(data: &Path, now: WallMs, name: &str) {
    let store = Store::open(data).unwrap();
    store
        .accounts
        .write(|tx| {
            let issuer = identity::embedded_issuer(tx, IssuerId::from_bytes([9; 16]), now)?;
            let owner = identity::account_by_login(tx, "robin")?.unwrap();
            let id = AccountId::from_bytes([7; 16]);
            let login = name.to_lowercase();
            let account = identity::Account { id, login, name: name.to_owned(), ..owner };
            identity::make_account(tx, &account, now)?;
            let user = User {
                id: UserId::from_bytes([8; 16]),
                issuer,
                sub: id.to_string(),
                account: id,
                name: name.to_owned(),
                role: Role::Member,
                enabled: true,
                epoch: 0,
            };
            identity::make_user(tx, &user, now)
        })
        .unwrap();
}

/// Runs SQL that no use case has yet on the accounts of a running server.
pub(crate) fn in_accounts(app: &App, sql: &str) {
    assert_eq!(in_database(app, "accounts.db", sql), 1, "{sql}");
}

/// The same where it may be done to any number of rows.
pub(crate) fn in_accounts_many(app: &App, sql: &str) -> usize {
    in_database(app, "accounts.db", sql)
}

/// Does something to the index of a running server that nobody should.
pub(crate) fn in_index(app: &App, sql: &str) {
    in_database(app, "library.db", sql);
}

/// Damages one row of the accounts of a running server, as no SQL of the store could: what a column must
/// be is not looked at.
pub(crate) fn damage_accounts(app: &App, sql: &str) {
    #[expect(clippy::disallowed_methods, reason = "the store has no such writes, on purpose")]
    let database = rusqlite::Connection::open(app.data.join("accounts.db")).unwrap();
    database
        .execute_batch("PRAGMA ignore_check_constraints = on; PRAGMA foreign_keys = off")
        .unwrap();
    assert_eq!(database.execute(sql, []).unwrap(), 1, "{sql}");
}

fn in_database(app: &App, name: &str, sql: &str) -> usize {
    #[expect(clippy::disallowed_methods, reason = "the store has no such writes, on purpose")]
    let database = rusqlite::Connection::open(app.data.join(name)).unwrap();
    database.execute(sql, []).unwrap()
}
