//! An issuer in this process that can also lie, which no certified one does. It speaks plain http on
//! literal loopback; TLS and everything an honest issuer does is tested with one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use stead::host::clock::{Clock as _, ManualClock};

use super::registrar::Registrar;

/// What a token looks like before it is signed.
pub(crate) struct TokenDraft {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    /// The signature in place of the right one.
    pub(crate) signature: Option<Vec<u8>>,
}

/// Changes a token; it is given the issuer's public key as a JWK.
pub(crate) type Lie = Box<dyn Fn(&mut TokenDraft, &Value) + Send>;

/// An issuer that does as it is told.
pub(crate) struct FakeIssuer {
    pub(crate) url: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    url: String,
    clock: Arc<ManualClock>,
    key: EcdsaKeyPair,
    kid: String,
    codes: BTreeMap<String, Grant>,
    lie: Option<Lie>,
    claims: Value,
    is_down: bool,
    discovery: Value,
    refusal: Option<&'static str>,
    asked: BTreeMap<String, usize>,
    registrar: Registrar,
}

struct Grant {
    sub: String,
    query: BTreeMap<String, String>,
}

/// One request.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) authorization: String,
    pub(super) body: String,
}

impl Asked {
    /// The form with the client's own credentials, wherever they came (RFC 6749 §2.3.1).
    fn with_client(&self, mut form: BTreeMap<String, String>) -> BTreeMap<String, String> {
        if let Some(pair) = self.authorization.strip_prefix("Basic ") {
            let pair = String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap();
            let (id, secret) = pair.split_once(':').unwrap();
            form.insert("client_id".to_owned(), unescaped(id));
            form.insert("client_secret".to_owned(), unescaped(secret));
        }
        form
    }
}

fn new_key() -> EcdsaKeyPair {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap()
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl FakeIssuer {
    pub(crate) fn start(clock: &Arc<ManualClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Shared {
            url: url.clone(),
            clock: Arc::clone(clock),
            key: new_key(),
            kid: "first".to_owned(),
            codes: BTreeMap::new(),
            lie: None,
            claims: json!({}),
            is_down: false,
            discovery: json!({}),
            refusal: None,
            asked: BTreeMap::new(),
            registrar: Registrar::default(),
        }));
        let served = Arc::clone(&shared);
        // It ends with the process: nobody waits for it.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&served, stream.unwrap());
            }
        });
        Self { url, shared }
    }

    /// The section of the config that names it.
    pub(crate) fn config(&self, more: &str) -> String {
        format!(
            "[issuer]\nurl = \"{}\"\nname = \"Home ID\"\nclient_id = \"stead\"\n{more}",
            self.url
        )
    }

    /// The same, where this server is not registered there.
    pub(crate) fn config_by_code(&self, more: &str) -> String {
        format!("[issuer]\nurl = \"{}\"\nname = \"Home ID\"\n{more}", self.url)
    }

    /// What it does for servers that it does not know yet.
    pub(crate) fn registrar<T>(&self, look: impl FnOnce(&mut Registrar) -> T) -> T {
        look(&mut self.shared.lock().unwrap().registrar)
    }

    /// The person `sub` signs in at the issuer's pages and is sent back with what is answered here.
    pub(crate) fn approve(&self, redirect: &str, sub: &str) -> Value {
        let query = query_of(redirect.split_once('?').unwrap().1);
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["code_challenge_method"], "S256");
        let mut shared = self.shared.lock().unwrap();
        let code = format!("code-{}", shared.codes.len());
        let state = query["state"].clone();
        shared.codes.insert(code.clone(), Grant { sub: sub.to_owned(), query });
        json!({ "state": state, "code": code, "iss": shared.url })
    }

    /// From now on its tokens are changed like this.
    pub(crate) fn lies(&self, lie: Lie) {
        self.shared.lock().unwrap().lie = Some(lie);
    }

    pub(crate) fn is_honest(&self) {
        self.shared.lock().unwrap().lie = None;
    }

    /// Its tokens say this too.
    pub(crate) fn says(&self, claims: Value) {
        self.shared.lock().unwrap().claims = claims;
    }

    /// Its discovery document says this in place of the truth.
    pub(crate) fn describes_itself(&self, discovery: Value) {
        self.shared.lock().unwrap().discovery = discovery;
    }

    /// Its token endpoint refuses everybody by this word of RFC 6749.
    pub(crate) fn refuses(&self, error: Option<&'static str>) {
        self.shared.lock().unwrap().refusal = error;
    }

    pub(crate) fn is_down(&self, is_down: bool) {
        self.shared.lock().unwrap().is_down = is_down;
    }

    /// It signs with another key from now on.
    pub(crate) fn rotates(&self, kid: &str) {
        let mut shared = self.shared.lock().unwrap();
        (shared.key, shared.kid) = (new_key(), kid.to_owned());
    }

    /// How often this path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.shared.lock().unwrap().asked.get(path).copied().unwrap_or(0)
    }
}

fn serve(shared: &Mutex<Shared>, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut words = line.split(' ').map(str::to_owned);
    let [method, path] = [(); 2].map(|()| words.next().unwrap_or_default());
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let told = header.split_once(':').unwrap_or_default();
        if told.0.eq_ignore_ascii_case("authorization") {
            authorization = told.1.trim().to_owned();
        }
        let header = header.to_ascii_lowercase();
        if let Some(text) = header.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
        if header.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut shared = shared.lock().unwrap();
    *shared.asked.entry(path.clone()).or_default() += 1;
    let asked = Asked { method, path, authorization, body: String::from_utf8(body).unwrap() };
    let (status, answer) = shared.answer(&asked);
    let text = answer.to_string();
    let head = "Content-Type: application/json\r\nConnection: close\r\nLocation: /elsewhere";
    let response =
        format!("HTTP/1.1 {status} X\r\n{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len());
    drop(stream.write_all(response.as_bytes()));
}

impl Shared {
    fn answer(&mut self, asked: &Asked) -> (u16, Value) {
        if self.is_down {
            return (503, json!({}));
        }
        let Asked { path, body, .. } = asked;
        match path.as_str() {
            "/.well-known/openid-configuration" => (200, self.description()),
            "/keys" => (200, json!({ "keys": [self.jwk()] })),
            "/token" if body.contains("device_code=") => self.let_in(&query_of(body)),
            "/token" => self.token(&asked.with_client(query_of(body))),
            "/device_authorization" => self.registrar.code(&self.url, &query_of(body)),
            path if path.starts_with("/register") => self.registrar.register(&self.url, asked),
            "/moved" => (302, json!({})),
            "/large" => (200, json!({ "keys": [], "more": "x".repeat(300_000) })),
            _ => (404, json!({})),
        }
    }

    fn description(&self) -> Value {
        let mut description = json!({
            "issuer": self.url,
            "authorization_endpoint": format!("{}/authorize", self.url),
            "token_endpoint": format!("{}/token", self.url),
            "jwks_uri": format!("{}/keys", self.url),
            "device_authorization_endpoint": format!("{}/device_authorization", self.url),
            "registration_endpoint": format!("{}/register", self.url),
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": true,
        });
        for (name, value) in self.discovery.as_object().unwrap() {
            description[name] = value.clone();
        }
        description
    }

    fn jwk(&self) -> Value {
        let point = self.key.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": encoded(&point[1..33]), "y": encoded(&point[33..]) })
    }

    fn token(&mut self, form: &BTreeMap<String, String>) -> (u16, Value) {
        if let Some(error) = self.refusal {
            return (400, json!({ "error": error }));
        }
        let refused = (400, json!({ "error": "invalid_grant" }));
        let Some(grant) = self.codes.remove(&form["code"]) else { return refused };
        let hash = ring::digest::digest(&ring::digest::SHA256, form["code_verifier"].as_bytes());
        let fits = encoded(hash.as_ref()) == grant.query["code_challenge"]
            && form["redirect_uri"] == grant.query["redirect_uri"]
            && form["client_id"] == grant.query["client_id"]
            && self.registrar.knows(&form["client_id"], form.get("client_secret"));
        if !fits {
            return refused;
        }
        let now = self.clock.now().wall.0 / 1000;
        let mut claims = json!({
            "iss": self.url, "sub": grant.sub, "aud": grant.query["client_id"], "nonce": grant.query["nonce"],
            "iat": now, "exp": now + 600, "auth_time": now, "name": "Robin",
        });
        for (name, value) in self.claims.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let token = self.signed(claims);
        (200, json!({ "id_token": token, "access_token": "access", "token_type": "Bearer" }))
    }

    /// Whoever asks with a device code (RFC 8628 §3.4).
    fn let_in(&mut self, form: &BTreeMap<String, String>) -> (u16, Value) {
        let (sub, token) = match self.registrar.poll(form) {
            Ok(let_in) => let_in,
            Err(word) => return (400, json!({ "error": word })),
        };
        let now = self.clock.now().wall.0 / 1000;
        let mut claims = json!({
            "iss": self.url, "sub": sub, "aud": "stead-server", "iat": now, "exp": now + 600,
            "auth_time": now - 300, "name": "Robin",
        });
        for (name, value) in self.claims.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let id_token = self.signed(claims);
        (200, json!({ "id_token": id_token, "access_token": token, "token_type": "Bearer" }))
    }

    fn signed(&self, claims: Value) -> String {
        let header = json!({ "alg": "ES256", "kid": self.kid, "typ": "JWT" });
        let mut draft = TokenDraft { header, claims, signature: None };
        if let Some(lie) = &self.lie {
            lie(&mut draft, &self.jwk());
        }
        let body =
            format!("{}.{}", encoded(draft.header.to_string()), encoded(draft.claims.to_string()));
        let signature = draft.signature.unwrap_or_else(|| {
            self.key.sign(&SystemRandom::new(), body.as_bytes()).unwrap().as_ref().to_vec()
        });
        format!("{body}.{}", encoded(signature))
    }
}

/// What a query or a form says.
pub(crate) fn query_of(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (unescaped(name), unescaped(value))).collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
