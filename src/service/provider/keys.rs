//! Keys that sign ID tokens: ES256, one that signs, one that is published before it will, and old
//! ones until what they signed is over.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use serde_json::{Value, json};
use stead_rules::policy::{Action, Guard, Permit};
use stead_rules::provider::KeyStage;
use stead_rules::time::{Moment, Now};
use stead_store::accounts::audit;
use stead_store::accounts::provider::{self as rows, SigningKey};
use stead_store::{Accounts, WriteTx};

use super::{ProviderError, base64url};
use crate::service::core::{Core, permitted};
use crate::service::sha256;

/// A public key, as clients are told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// What tokens name it by.
    pub kid: String,
    /// A coordinate, in base64url.
    pub x: String,
    /// The other.
    pub y: String,
}

/// Every key that a client may meet. The first look makes the first two. Blocks.
///
/// # Errors
/// [`ProviderError`].
pub fn published(core: &Core, permit: &Permit, now: Now) -> Result<Vec<PublicKey>, ProviderError> {
    permitted(permit, Action::SignIn)?;
    let accounts = &core.store()?.accounts;
    let mut keys = accounts.read(|tx| rows::signing_keys(tx, &core.run))?;
    if keys.is_empty() {
        keys = accounts.write(|tx| settled(tx, core, now))?;
    }
    keys.iter().map(public).collect()
}

/// Lets the next key sign from now on. What the present one signed stays good. Blocks.
///
/// # Errors
/// [`ProviderError`].
pub fn rotate(core: &Core, permit: &Permit, now: Now) -> Result<(), ProviderError> {
    permitted(permit, Action::Guard(Guard::Identity))?;
    let by = permit.user().map(|user| user.to_string());
    core.store()?.accounts.write(|tx| {
        let keys = settled(tx, core, now)?;
        turn(tx, core, now, &keys)?;
        audit::append(tx, now, "oauth.keys_rotated", &json!({ "by": by }).to_string())?;
        Ok(())
    })
}

/// Signs claims as a token.
pub(super) fn sign(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    claims: &Value,
) -> Result<String, ProviderError> {
    let keys = settled(tx, core, now)?;
    let key = keys.iter().find(|key| key.stage == KeyStage::Current).ok_or(ProviderError::Key)?;
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": key.kid });
    let signed = format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes())
    );
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.private, &random)
        .map_err(|_| ProviderError::Key)?;
    let signature = pair.sign(&random, signed.as_bytes()).map_err(|_| ProviderError::Key)?;
    Ok(format!("{signed}.{}", base64url(signature.as_ref())))
}

/// Whether one of our keys signed this.
pub(super) fn is_signed(key: &SigningKey, signed: &str, signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &key.public)
        .verify(signed.as_bytes(), signature)
        .is_ok()
}

/// The keys as they must be now: made if there are none, turned and forgotten by their age.
fn settled(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
) -> Result<Vec<SigningKey>, ProviderError> {
    let keys = rows::signing_keys(tx, &core.run)?;
    let signs = keys.iter().find(|key| key.stage == KeyStage::Current);
    if signs.is_none_or(|key| key.stage.is_over(key.since, now)) {
        turn(tx, core, now, &keys)?;
    }
    for key in keys.iter().filter(|key| key.stage == KeyStage::Old) {
        if key.stage.is_over(key.since, now) {
            rows::remove_key(tx, &key.kid)?;
        }
    }
    Ok(rows::signing_keys(tx, &core.run)?)
}

fn turn(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    keys: &[SigningKey],
) -> Result<(), ProviderError> {
    let of_stage = |stage| keys.iter().find(|key| key.stage == stage);
    if let Some(key) = of_stage(KeyStage::Current) {
        rows::enter_stage(tx, &core.run, &key.kid, KeyStage::Old, now)?;
    }
    match of_stage(KeyStage::Next) {
        Some(key) => rows::enter_stage(tx, &core.run, &key.kid, KeyStage::Current, now)?,
        None => rows::make_key(tx, &core.run, &fresh_key(now, KeyStage::Current)?, now)?,
    }
    rows::make_key(tx, &core.run, &fresh_key(now, KeyStage::Next)?, now)?;
    Ok(())
}

fn fresh_key(now: Now, stage: KeyStage) -> Result<SigningKey, ProviderError> {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let private =
        EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| ProviderError::Key)?;
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref(), &random)
        .map_err(|_| ProviderError::Key)?;
    let public = pair.public_key().as_ref().to_vec();
    // A name that says nothing but which: the first half of the key's hash.
    let name = sha256(&public);
    let kid = base64url(name.get(..16).unwrap_or(&name));
    let private = private.as_ref().to_vec();
    Ok(SigningKey { kid, private, public, stage, since: Moment::of(now) })
}

fn public(key: &SigningKey) -> Result<PublicKey, ProviderError> {
    let (x, y) = key.public.get(1..33).zip(key.public.get(33..65)).ok_or(ProviderError::Key)?;
    Ok(PublicKey { kid: key.kid.clone(), x: base64url(x), y: base64url(y) })
}
