//! Accepting connections: a bound on how many, time limits on what a stranger may hold open, and
//! a drain at the end.

mod activity;
mod places;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use stead_rules::limits::{
    HEAD_MAX_BYTES, HEADER_READ_SECONDS, HEADERS_MAX, HTTP2_HEAD_MAX_BYTES,
    HTTP2_PING_ANSWER_SECONDS, HTTP2_PING_SECONDS, HTTP2_STREAMS_MAX, TLS_HANDSHAKE_SECONDS,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{ServiceExt, service_fn};

use self::activity::{Activity, Over, hold};
use self::places::{Place, Places};
use super::conn::Connection;
use crate::net::tls;
use crate::service::core::Core;

/// After accept failed (out of descriptors), how long to leave the system alone.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// A connection that is closed for its silence may say goodbye for so long.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves `router` on both ports until the end begins; then running answers get their time to
/// finish.
pub async fn serve(
    core: Arc<Core>,
    router: Router,
    https: TcpListener,
    http: TcpListener,
    tls: Arc<ServerConfig>,
) {
    let (places, tasks, stop) = (Places::new(), TaskTracker::new(), core.stopping.clone());
    let door = Door { core, router, places, tasks, stop };
    tokio::join!(door.run(https, Some(tls)), door.run(http, None));
    door.tasks.close();
    // Whoever asked for the end sets the time that is left.
    door.tasks.wait().await;
}

#[derive(Clone)]
struct Door {
    core: Arc<Core>,
    router: Router,
    places: Places,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Door {
    async fn run(&self, listener: TcpListener, tls: Option<Arc<ServerConfig>>) {
        let mut in_trouble = false;
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    in_trouble = false;
                    self.take_in(stream, peer, tls.clone());
                }
                Err(error) => {
                    // Told once, not at each try for as long as it lasts.
                    if !std::mem::replace(&mut in_trouble, true) {
                        tracing::warn!(%error, "connections cannot be accepted");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Whoever gets no place is closed at once: a queue would make the others wait for silence.
    fn take_in(&self, stream: TcpStream, peer: SocketAddr, tls: Option<Arc<ServerConfig>>) {
        let peer_now = self.core.reach().peer(peer.ip().to_canonical(), false);
        let proxies = &self.core.config.net.proxies;
        let place = if proxies.iter().any(|proxy| proxy.contains(peer_now.address)) {
            self.places.take_for_proxy(peer_now)
        } else {
            self.places.take(peer_now)
        };
        let Some(place) = place else {
            tracing::debug!("a connection was closed; there is no place for it");
            return;
        };
        let door = self.clone();
        self.tasks.spawn(async move { door.answer(stream, peer, tls, place).await });
    }

    async fn answer(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        place: Place,
    ) {
        let _place = place;
        // Nagle would hold back the end of small answers; failing to switch it off costs only time.
        drop(stream.set_nodelay(true));
        let connection = Connection { peer, tls: tls.is_some() };
        match tls {
            None => self.speak(builder(), stream, connection).await,
            Some(tls) => {
                let limit = Duration::from_secs(TLS_HANDSHAKE_SECONDS);
                // What only the handshake needs goes with it.
                let handshake = Box::pin(tls::accept(tls, stream));
                let handshake = tokio::select! {
                    () = self.stop.cancelled() => return,
                    handshake = tokio::time::timeout(limit, handshake) => handshake,
                };
                match handshake {
                    Ok(Ok(stream)) => {
                        let builder = agreed(stream.get_ref().1.alpn_protocol());
                        self.speak(builder, stream, connection).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
    }

    async fn speak(
        self,
        builder: Builder<TokioExecutor>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        c: Connection,
    ) {
        let activity = Activity::new(Arc::clone(&self.core.clock));
        let service = TowerToHyperService::new(service(self.router, c, activity.clone()));
        let graceful = GracefulShutdown::new();
        let served = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        // On the heap, or this future has room for it more than once.
        let mut served = Box::pin(graceful.watch(served));
        let over = tokio::select! {
            _ = &mut served => return,
            over = activity.over() => Some(over),
            () = self.stop.cancelled() => None,
        };
        // The connection's own end is what is waited for: its watcher holds out until it is dropped.
        let goodbye = async {
            tokio::select! {
                () = graceful.shutdown() => {}
                _ = served => {}
            }
        };
        match over {
            // Whoever asked for the end sets the time that is left.
            None => goodbye.await,
            // A peer that says nothing is not waited for; a request that came just now is answered.
            Some(Over::Silent) => tokio::select! {
                () = goodbye => {}
                _ = activity.over_after(GOODBYE, GOODBYE) => {}
            },
            // Whoever reads nothing hears no goodbye.
            Some(Over::Stalled) => tracing::debug!("a connection was closed; nobody reads there"),
        }
    }
}

/// The router, told of its connection, with each request counted until its answer is sent.
fn service<B>(
    router: Router,
    connection: Connection,
    activity: Activity,
) -> impl tower::Service<
    Request<B>,
    Response = Response,
    Error = Infallible,
    Future = impl Future<Output = Result<Response, Infallible>> + Send,
> + Clone
+ Send
where
    B: http_body::Body<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    service_fn(move |mut request: Request<B>| {
        let (router, under_way) = (router.clone(), activity.begin());
        request.extensions_mut().insert(connection);
        async move { router.oneshot(request).await.map(|response| hold(response, under_way)) }
    })
}

/// Speaks what the handshake agreed on. Whoever has to find out first keeps twice the buffer for
/// each connection.
fn agreed(protocol: Option<&[u8]>) -> Builder<TokioExecutor> {
    if protocol == Some(b"h2") { builder().http2_only() } else { builder().http1_only() }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(HEAD_MAX_BYTES)
        .max_headers(HEADERS_MAX)
        .header_read_timeout(Duration::from_secs(HEADER_READ_SECONDS));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HTTP2_HEAD_MAX_BYTES)
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .keep_alive_interval(Duration::from_secs(HTTP2_PING_SECONDS))
        .keep_alive_timeout(Duration::from_secs(HTTP2_PING_ANSWER_SECONDS));
    builder
}
