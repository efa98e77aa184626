//! The part of the issuer in this process that lets servers in by a code and registers them
//! (RFC 8628, RFC 7591, RFC 7592).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::issuer::Asked;

/// What it was asked, and what it gave.
#[derive(Default)]
pub(crate) struct Registrar {
    /// The code that was given last.
    code: Option<Code>,
    codes: usize,
    /// What the next questions about it are answered, in place of the truth.
    pub(crate) words: Vec<&'static str>,
    /// What a code's answer and a registration's answer say in place of the truth.
    pub(crate) code_says: Value,
    pub(crate) client_says: Value,
    /// It refuses to register or to change, with this status.
    pub(crate) refuses: Option<u16>,
    /// Each change gets another secret and another token.
    pub(crate) rotates: bool,
    tokens: Vec<String>,
    pub(crate) clients: BTreeMap<String, Client>,
    made: usize,
    /// What came to the clients' own addresses: method and client.
    pub(crate) managed: Vec<(String, String)>,
}

struct Code {
    device_code: String,
    user_code: String,
    name: String,
    decided: Option<Result<String, &'static str>>,
}

/// A client.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) secret: String,
    pub(crate) manage: String,
    pub(crate) metadata: Value,
}

fn with(mut truth: Value, says: &Value) -> Value {
    for (name, value) in says.as_object().into_iter().flatten() {
        truth[name] = value.clone();
    }
    truth
}

impl Registrar {
    /// Somebody who is signed in as `sub` lets the last server in that asked.
    pub(crate) fn approve(&mut self, user_code: &str, sub: &str) {
        self.decide(user_code, Ok(sub.to_owned()));
    }

    pub(crate) fn deny(&mut self, user_code: &str) {
        self.decide(user_code, Err("access_denied"));
    }

    fn decide(&mut self, user_code: &str, verdict: Result<String, &'static str>) {
        let code = self.code.as_mut().unwrap();
        assert_eq!(code.user_code, user_code);
        code.decided = Some(verdict);
    }

    /// What the server that waits calls itself.
    pub(crate) fn asker(&self) -> &str {
        &self.code.as_ref().unwrap().name
    }

    /// The one client there is.
    pub(crate) fn only_client(&self) -> (String, Client) {
        assert_eq!(self.clients.len(), 1);
        let (id, client) = self.clients.iter().next().unwrap();
        (id.clone(), client.clone())
    }

    pub(super) fn knows(&self, id: &str, secret: Option<&String>) -> bool {
        // A client that a config names has no secret here.
        self.clients.get(id).map_or(id == "stead", |client| secret == Some(&client.secret))
    }

    pub(super) fn code(&mut self, url: &str, form: &BTreeMap<String, String>) -> (u16, Value) {
        if let Some(word) = self.words.pop() {
            return (400, json!({ "error": word }));
        }
        assert_eq!(form["client_id"], "stead-server");
        assert_eq!(form["scope"], "openid registration");
        self.codes += 1;
        let user_code = format!("BCDF-GHJ{}", "KLMNPQ".chars().nth(self.codes % 6).unwrap());
        let device_code = format!("device-{}", self.codes);
        let answer = json!({
            "device_code": device_code, "user_code": user_code,
            "verification_uri": format!("{url}/device"),
            "verification_uri_complete": format!("{url}/device#code={user_code}"),
            "expires_in": 600, "interval": 5,
        });
        let name = form["device_name"].clone();
        self.code = Some(Code { device_code, user_code, name, decided: None });
        (200, with(answer, &self.code_says))
    }

    /// Who approved it, and a token to register by.
    pub(super) fn poll(
        &mut self,
        form: &BTreeMap<String, String>,
    ) -> Result<(String, String), &'static str> {
        assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
        assert_eq!(form["client_id"], "stead-server");
        if let Some(word) = self.words.pop() {
            return Err(word);
        }
        let asked = self.code.as_ref().filter(|code| code.device_code == form["device_code"]);
        let decided = asked.ok_or("invalid_grant")?.decided.clone();
        let sub = decided.ok_or("authorization_pending")??;
        self.code = None;
        let token = format!("register-{}", self.codes);
        self.tokens.push(token.clone());
        Ok((sub, token))
    }

    pub(super) fn register(&mut self, url: &str, asked: &Asked) -> (u16, Value) {
        if let Some(status) = self.refuses {
            return (status, json!({ "error": "invalid_client_metadata" }));
        }
        let token = asked.authorization.strip_prefix("Bearer ").unwrap_or_default();
        let id = asked.path.trim_start_matches("/register").trim_start_matches('/').to_owned();
        if !id.is_empty() {
            self.managed.push((asked.method.clone(), id.clone()));
            return self.manage(url, asked, &id, token);
        }
        assert_eq!(asked.method, "POST");
        let Some(found) = self.tokens.iter().position(|one| one == token) else {
            return (401, json!({ "error": "invalid_token" }));
        };
        self.tokens.remove(found);
        self.made += 1;
        let id = format!("client-{}", self.made);
        let client = Client {
            secret: format!("secret of {id}"),
            manage: format!("manage-{id}"),
            metadata: serde_json::from_str(&asked.body).unwrap(),
        };
        let answer = told(url, &id, &client);
        self.clients.insert(id, client);
        (201, with(answer, &self.client_says))
    }

    fn manage(&mut self, url: &str, asked: &Asked, id: &str, token: &str) -> (u16, Value) {
        let rotates = self.rotates;
        let Some(client) = self.clients.get_mut(id).filter(|client| client.manage == token) else {
            return (401, json!({ "error": "invalid_token" }));
        };
        if asked.method == "DELETE" {
            self.clients.remove(id);
            return (204, json!({}));
        }
        assert_eq!(asked.method, "PUT");
        let metadata: Value = serde_json::from_str(&asked.body).unwrap();
        // RFC 7592 §2.2: both as they are.
        assert_eq!(metadata["client_id"], id);
        assert_eq!(metadata["client_secret"], client.secret);
        client.metadata = metadata;
        if rotates {
            client.secret.push('+');
            client.manage.push('+');
        }
        let answer = told(url, id, client);
        (200, with(answer, &self.client_says))
    }
}

fn told(url: &str, id: &str, client: &Client) -> Value {
    json!({
        "client_id": id, "client_secret": client.secret,
        "registration_client_uri": format!("{url}/register/{id}"),
        "registration_access_token": client.manage,
    })
}
