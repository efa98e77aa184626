//! An authenticator: the `passkey` crate's, and what a bad one would answer.

use std::future::Future;
use std::pin::Pin;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error, get_assertion};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::{Value, json};
use webauthn_rs::prelude::Url;

/// A device that keeps one passkey.
#[derive(Clone)]
pub(crate) struct Device {
    origin: Url,
    store: Option<Passkey>,
}

/// Somebody who is there and, if asked to, shows a finger.
struct Person;

impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    fn check_user<'a, 'own, 'call>(
        &'own self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Pin<Box<dyn Future<Output = Result<UserCheck, Ctap2Error>> + Send + 'call>>
    where
        'a: 'call,
        'own: 'call,
        Self: 'call,
    {
        Box::pin(async move { Ok(UserCheck { presence, verification }) })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// What a device answers that is not asked by an honest browser.
pub(crate) struct Answering {
    pub(crate) rp_id: &'static str,
    pub(crate) origin: String,
    pub(crate) verified: bool,
}

type Held = Authenticator<Option<Passkey>, Person, RustCryptoBackend>;

impl Device {
    /// A device whose browser has opened the server by `localhost`.
    pub(crate) fn new(http_port: u16) -> Self {
        let origin = Url::parse(&format!("http://localhost:{http_port}")).unwrap();
        Self { origin, store: None }
    }

    /// The server is at another port now.
    pub(crate) fn moved_to(&mut self, http_port: u16) {
        self.origin = Self::new(http_port).origin;
    }

    fn authenticator(&self) -> Held {
        let aaguid = Aaguid::new_empty();
        let mut held = Authenticator::new(aaguid, self.store.clone(), Person, RustCryptoBackend);
        held.set_make_credentials_with_signature_counter(true);
        held
    }

    /// `navigator.credentials.create`.
    pub(crate) fn make(&mut self, options: &Value) -> Value {
        let options: CredentialCreationOptions = serde_json::from_value(options.clone()).unwrap();
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let made = run(client.register(&self.origin, options, DefaultClientData)).unwrap();
        self.store.clone_from(client.authenticator().store());
        as_browsers_tell(serde_json::to_value(made).unwrap())
    }

    /// `navigator.credentials.get`.
    pub(crate) fn show(&mut self, options: &Value) -> Value {
        let options: CredentialRequestOptions = serde_json::from_value(options.clone()).unwrap();
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let shown = run(client.authenticate(&self.origin, options, DefaultClientData)).unwrap();
        self.store.clone_from(client.authenticator().store());
        as_browsers_tell(serde_json::to_value(shown).unwrap())
    }

    /// What no honest browser would send.
    pub(crate) fn answer(&mut self, options: &Value, answering: &Answering) -> Value {
        let client_data = json!({
            "type": "webauthn.get",
            "challenge": options["publicKey"]["challenge"],
            "origin": answering.origin,
            "crossOrigin": false,
        });
        let client_data = client_data.to_string().into_bytes();
        let hash = ring::digest::digest(&ring::digest::SHA256, &client_data);
        let mut held = self.authenticator();
        let request = get_assertion::Request {
            rp_id: answering.rp_id.to_owned(),
            client_data_hash: hash.as_ref().to_vec().into(),
            allow_list: None,
            extensions: None,
            options: get_assertion::Options { up: true, uv: answering.verified },
            pin_auth: None,
            pin_protocol: None,
        };
        let response = run(held.get_assertion(request)).unwrap();
        self.store.clone_from(held.store());
        let passkey = self.store.as_ref().unwrap();
        let id = URL_SAFE_NO_PAD.encode(passkey.credential_id.as_slice());
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": {
                "authenticatorData": URL_SAFE_NO_PAD.encode(response.auth_data.to_vec()),
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "signature": URL_SAFE_NO_PAD.encode(response.signature.as_slice()),
                "userHandle": passkey.user_handle.as_ref().map(|h| URL_SAFE_NO_PAD.encode(h.as_slice())),
            },
        })
    }
}

/// The crate writes bytes as numbers, browsers as base64url.
fn as_browsers_tell(value: Value) -> Value {
    match value {
        Value::Array(list) if list.iter().all(Value::is_u64) => {
            let bytes = list.iter().filter_map(Value::as_u64).map(|n| u8::try_from(n).unwrap());
            json!(URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<_>>()))
        }
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, as_browsers_tell(value))).collect()
        }
        other @ Value::Null
        | other @ Value::Bool(_)
        | other @ Value::Number(_)
        | other @ Value::String(_)
        | other @ Value::Array(_) => other,
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work)
}
