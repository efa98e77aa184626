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
use crate::net::given::Given;

/// What a connection may hold of unsent plaintext: a slow phone must not pin the memory of a
/// small box, and one TLS record is 16 KiB.
pub const BUFFER_LIMIT_BYTES: usize = 32 * 1024;

/// Why TLS could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("setting up TLS")]
pub struct TlsError(#[from] rustls::Error);

/// The certificates in use; clones of the `Arc` share them with the running server.
#[derive(Debug)]
pub struct CurrentCertificate {
    own: RwLock<Arc<CertifiedKey>>,
    given: RwLock<Option<Arc<Given>>>,
}

impl CurrentCertificate {
    /// Starts with this identity's leaf.
    pub fn new(identity: &TlsIdentity) -> Result<Arc<Self>, TlsError> {
        let own = RwLock::new(Arc::new(certified(identity)?));
        Ok(Arc::new(Self { own, given: RwLock::new(None) }))
    }

    /// From now on new connections get this identity's leaf.
    pub fn replace(&self, identity: &TlsIdentity) -> Result<(), TlsError> {
        let fresh = Arc::new(certified(identity)?);
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// From now on new connections for its names get this certificate.
    pub fn give(&self, given: Given) {
        *self.given.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(given));
    }

    /// The certificate that the owner brought, if there is one.
    #[must_use]
    pub fn given(&self) -> Option<Arc<Given>> {
        self.given.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn current(&self) -> Arc<CertifiedKey> {
        // The value is replaced as a whole, so a panic elsewhere cannot leave it half-written.
        Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Clients that use an address send no name. They are served by the box's own authority,
    /// unless the certificate that was brought names addresses.
    fn for_name(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let fits = |given: &Arc<Given>| name.map_or(given.names_addresses(), |n| given.covers(n));
        self.given().filter(fits).map_or_else(|| self.current(), |given| given.key())
    }
}

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.for_name(hello.server_name()))
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
/// What comes back lies on the heap: each future that it passes through would have room for it.
pub async fn accept<S>(config: Arc<ServerConfig>, stream: S) -> std::io::Result<Box<TlsStream<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let bounded = |connection: &mut rustls::ServerConnection| {
        connection.set_buffer_limit(Some(BUFFER_LIMIT_BYTES));
    };
    Ok(Box::new(TlsAcceptor::from(config).accept_with(stream, bounded).await?))
}

fn certified(identity: &TlsIdentity) -> Result<CertifiedKey, TlsError> {
    let leaf = identity.leaf();
    // The authority comes along so that a browser's certificate viewer shows its fingerprint.
    let chain = [leaf.der(), identity.authority().der()];
    let chain = chain.map(|der| CertificateDer::from(der.to_vec())).to_vec();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf.key_der().to_vec()));
    Ok(CertifiedKey::from_der(chain, key, &default_provider())?)
}
