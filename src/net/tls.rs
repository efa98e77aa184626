//! TLS for the doors: rustls with ring, 1.2 and 1.3, and a certificate that can be replaced while
//! connections go on. A running connection keeps what it was opened with.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::net::ca::TlsIdentity;

/// What a connection may hold of unsent plaintext: a slow phone must not pin the memory of a
/// small box, and one TLS record is 16 KiB.
pub const BUFFER_LIMIT_BYTES: usize = 32 * 1024;

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("setting up TLS")]
pub struct TlsError(#[from] rustls::Error);

/// The certificate in use; clones of the `Arc` share it with the running server.
#[derive(Debug)]
pub struct CurrentCertificate(RwLock<Arc<CertifiedKey>>);

impl CurrentCertificate {
    /// Starts with this identity's leaf.
    pub fn new(identity: &TlsIdentity) -> Result<Arc<Self>, TlsError> {
        Ok(Arc::new(Self(RwLock::new(Arc::new(certified(identity)?)))))
    }

    /// From now on new connections get this identity's leaf.
    pub fn replace(&self, identity: &TlsIdentity) -> Result<(), TlsError> {
        let fresh = Arc::new(certified(identity)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn current(&self) -> Arc<CertifiedKey> {
        // The value is replaced as a whole, so a panic elsewhere cannot leave it half-written.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for CurrentCertificate {
    /// The same for every name: clients without one, and those that use an address, send none.
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

/// The configuration of the TLS door; connections are taken with [`accept`].
pub fn server_config(certificate: Arc<CurrentCertificate>) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Shakes hands on a fresh connection and bounds what it may hold. The caller sets the deadline.
pub async fn accept<S>(config: Arc<ServerConfig>, stream: S) -> std::io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let bounded = |connection: &mut rustls::ServerConnection| {
        connection.set_buffer_limit(Some(BUFFER_LIMIT_BYTES));
    };
    TlsAcceptor::from(config).accept_with(stream, bounded).await
}

fn certified(identity: &TlsIdentity) -> Result<CertifiedKey, TlsError> {
    let leaf = identity.leaf();
    // The authority comes along so that a browser's certificate viewer shows its fingerprint.
    let chain = [leaf.der(), identity.authority().der()];
    let chain = chain.map(|der| CertificateDer::from(der.to_vec())).to_vec();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf.key_der().to_vec()));
    Ok(CertifiedKey::from_der(chain, key, &default_provider())?)
}
