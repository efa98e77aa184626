//! Accepting connections: a bound on how many, time limits on what a stranger may hold open, and
//! a drain at the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use stead_rules::limits::{
    CONNECTIONS_MAX, HEADER_READ_SECONDS, HTTP2_STREAMS_MAX, TLS_HANDSHAKE_SECONDS,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::conn::Connection;
use crate::net::tls;

/// After accept failed (out of descriptors), how long to leave the system alone.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves `router` on both ports until `stop`; then running answers get their time to finish.
pub async fn serve(
    router: Router,
    https: TcpListener,
    http: TcpListener,
    tls: Arc<ServerConfig>,
    stop: CancellationToken,
) {
    let door = Door {
        router,
        places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        tasks: TaskTracker::new(),
        stop: stop.clone(),
    };
    tokio::join!(door.run(https, Some(tls)), door.run(http, None));
    door.tasks.close();
    // Whoever asked for the end sets the time that is left.
    door.tasks.wait().await;
}

#[derive(Clone)]
struct Door {
    router: Router,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Door {
    async fn run(&self, listener: TcpListener, tls: Option<Arc<ServerConfig>>) {
        loop {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let door = self.clone();
                    let tls = tls.clone();
                    self.tasks.spawn(async move { door.answer(stream, peer, tls, place).await });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn answer(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        place: OwnedSemaphorePermit,
    ) {
        let _place = place;
        // Nagle would hold back the end of small answers; failing to switch it off costs only time.
        drop(stream.set_nodelay(true));
        let connection = Connection { peer, tls: tls.is_some() };
        match tls {
            None => self.speak(stream, connection).await,
            Some(tls) => {
                let limit = Duration::from_secs(TLS_HANDSHAKE_SECONDS);
                let handshake = tokio::select! {
                    () = self.stop.cancelled() => return,
                    handshake = tokio::time::timeout(limit, tls::accept(tls, stream)) => handshake,
                };
                match handshake {
                    Ok(Ok(stream)) => self.speak(stream, connection).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
    }

    async fn speak(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        c: Connection,
    ) {
        let service = self.router.map_request(move |mut request: axum::extract::Request<_>| {
            request.extensions_mut().insert(c);
            request
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(HEADER_READ_SECONDS));
        builder.http2().timer(TokioTimer::new()).max_concurrent_streams(HTTP2_STREAMS_MAX);
        let service = TowerToHyperService::new(service);
        let graceful = GracefulShutdown::new();
        let served = graceful.watch(
            builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned(),
        );
        tokio::pin!(served);
        tokio::select! {
            _ = &mut served => return,
            () = self.stop.cancelled() => {}
        }
        tokio::join!(graceful.shutdown(), async { drop(served.await) });
    }
}
