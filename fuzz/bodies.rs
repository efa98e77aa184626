//! What each target does with its bytes. Kept apart from libFuzzer, so that `make test` builds it
//! and runs it on bytes of its own (`tests/it/fuzzing.rs`).

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::fs::{MemfdFlags, memfd_create};
use serde_json::{Value, json};
use stead::host::helper::Ask;
use stead::http::oauth::Members;
use stead::net::guard::parse_host;
use stead::net::ssdp::search;
use stead::service::issuer::is_readable;
use stead::service::updates::read_index;
use stead::work::launcher::Cancel;
use stead::work::probe::{Class, description, probe};
use stead_rules::claim::{BootFile, ClaimCode, LinkSecret, MarkerCopy, blanked, parse_plug};
use stead_rules::media::{
    LibraryKind, artwork, certificate_age, sort_title, title_key, understand,
};
use stead_rules::playback::{
    Answer, Conditions, Method, Representation, StreamLink, answer, file_etag, parse_http_date,
};
use stead_rules::proxy::{Prefix, Told, client};
use stead_rules::signin::{AppPassword, DeviceClient};
use stead_rules::system::{host_name, network_file};
use webauthn_rs::prelude::{Url, Uuid, WebauthnBuilder};

/// What is done with some bytes.
pub(crate) type Body = fn(&[u8]);

/// The bodies by the names of their targets.
pub(crate) const BODIES: [(&str, Body); 11] = [
    ("probe_video", video),
    ("probe_audio", audio),
    ("probe_picture", picture),
    ("names", names),
    ("ranges", ranges),
    ("texts", texts),
    ("forms", forms),
    ("passkeys", passkeys),
    ("issuers", issuers),
    ("descriptions", descriptions),
    ("sources", sources),
];

/// What an issuer answers: as it came, and as the claims of an ID token.
pub(crate) fn issuers(bytes: &[u8]) {
    black_box(is_readable(bytes));
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    for header in [bytes, br#"{"alg":"ES256"}"#, br#"{"alg":"none","typ":"JWT"}"#] {
        let token = format!("{}.{}.{}", part(header), part(bytes), part(bytes));
        black_box(is_readable(json!({ "id_token": token }).to_string().as_bytes()));
    }
}

/// What a source of updates says of its newest version.
pub(crate) fn sources(bytes: &[u8]) {
    black_box(read_index(bytes).is_ok());
}

/// Descriptions beside media, and certificates by themselves.
pub(crate) fn descriptions(bytes: &[u8]) {
    black_box(description::age(bytes));
    black_box(certificate_age(&String::from_utf8_lossy(bytes)));
}

/// Headers of files whose name promises video.
pub(crate) fn video(bytes: &[u8]) {
    look(Class::Video, bytes);
}

/// Headers of files whose name promises audio.
pub(crate) fn audio(bytes: &[u8]) {
    look(Class::Audio, bytes);
}

/// Headers of files whose name promises a picture.
pub(crate) fn picture(bytes: &[u8]) {
    look(Class::Picture, bytes);
}

/// A file of these bytes, as the prober opens it.
fn look(class: Class, bytes: &[u8]) {
    let Ok(descriptor) = memfd_create(c"fuzz", MemfdFlags::CLOEXEC) else { return };
    let mut file = File::from(descriptor);
    if file.write_all(bytes).is_ok() {
        drop(probe(&file, class, &Cancel::default()));
    }
}

/// Names of files and folders.
pub(crate) fn names(bytes: &[u8]) {
    let path = &String::from_utf8_lossy(bytes);
    for kind in [
        LibraryKind::Films,
        LibraryKind::Series,
        LibraryKind::Music,
        LibraryKind::Photos,
        LibraryKind::Mixed,
    ] {
        drop(understand(kind, path));
    }
    drop((artwork(path), sort_title(path), title_key(path)));
}

/// The headers by which a player asks for a part of a file; the first eight bytes are its size.
pub(crate) fn ranges(bytes: &[u8]) {
    let Some((size, text)) = bytes.split_first_chunk() else { return };
    let (size, text) = (u64::from_le_bytes(*size), String::from_utf8_lossy(text));
    let etag = file_etag(size, 0);
    let file = Representation { size, etag: &etag, modified: None };
    let mut headers = text.split('\n').map(Some).chain(std::iter::repeat(None));
    let mut next = || headers.next().flatten();
    let asked = Conditions {
        range: next(),
        if_range: next(),
        if_match: next(),
        if_none_match: next(),
        if_modified_since: next(),
        if_unmodified_since: next(),
    };
    for method in [Method::Get, Method::Head] {
        if let Answer::Partial { start, length } = answer(method, &file, &asked) {
            assert!(length > 0 && start.checked_add(length).is_some_and(|end| end <= size));
        }
    }
}

/// Short texts: hosts, dates, codes, secrets, app passwords, scopes and stream links that strangers
/// send, and the files that come from a card or a stick.
pub(crate) fn texts(bytes: &[u8]) {
    let text = &String::from_utf8_lossy(bytes);
    drop((parse_host(text), parse_http_date(text), StreamLink::decode(bytes)));
    drop(search(bytes));
    drop((ClaimCode::parse(text), LinkSecret::parse(text), AppPassword::parse(text)));
    for client in DeviceClient::ALL {
        let _: bool = client.may_ask_for(text);
    }
    drop(parse_plug(text));
    // Whatever the file of a card or a stick holds, no secret is left in it.
    assert!(BootFile::parse(&blanked(text, &[])).is_idle());
    // What is made of it names one file, and one label.
    if let Ok((file, _)) = network_file(text, None) {
        assert!(!file.contains('/'));
    }
    if let Ok(name) = host_name(text) {
        assert!(!name.contains('.'));
    }
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let _ = MarkerCopy::of(Some(first), Some(second));
    drop(serde_json::from_slice::<Ask>(bytes));
    let told: &str = text;
    let proxies: Vec<_> = [told, "10.0.0.0/8"].into_iter().filter_map(Prefix::parse).collect();
    for (forwarded, x_forwarded_for) in [(vec![told], vec![]), (vec![], vec![told])] {
        let way = Told { forwarded, x_forwarded_for, passed_on: true };
        let _ = client(IpAddr::from([10, 0, 0, 2]), &way, &proxies);
    }
}

/// Form bodies, which anybody may send to the account service.
pub(crate) fn forms(bytes: &[u8]) {
    if let Ok(form) = Members::parse(bytes) {
        assert!(form.get("grant_type").is_none_or(|word| !word.is_empty()));
    }
}

/// What an authenticator answers to a challenge of ours: everything but its own words is right, so
/// that these are looked at. They are also taken for the whole answer.
pub(crate) fn passkeys(bytes: &[u8]) {
    let (id, origin) = ("stead-ab12.local", "https://stead-ab12.local");
    let Ok(url) = Url::parse(origin) else { return };
    let Ok(webauthn) = WebauthnBuilder::new(id, &url).and_then(WebauthnBuilder::build) else {
        return;
    };
    let user = Uuid::from_bytes([7; 16]);
    let Ok((options, state)) = webauthn.start_passkey_registration(user, "Robin", "Robin", None)
    else {
        return;
    };
    let client_data = json!({
        "type": "webauthn.create",
        "challenge": json!(options).pointer("/publicKey/challenge"),
        "origin": origin,
    });
    let told = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let answer: Value = json!({
        "id": "AAAA", "rawId": "AAAA", "type": "public-key",
        "response": {
            "attestationObject": told(bytes),
            "clientDataJSON": told(client_data.to_string().as_bytes()),
        },
    });
    if let Ok(answer) = serde_json::from_value(answer) {
        drop(webauthn.finish_passkey_registration(&answer, &state));
    }
    if let Ok(answer) = serde_json::from_slice(bytes) {
        drop(webauthn.finish_passkey_registration(&answer, &state));
    }
}
