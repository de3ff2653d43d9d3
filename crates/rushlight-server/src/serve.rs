//! Listening, connections and stopping.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use rushlight_core::{Error, ErrorCode, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::app::{router, stopped};
use crate::io::{Clock, Socket};
use crate::limits::Limits;
use crate::service::Service;
use crate::token::Token;

/// The most bytes that hyper keeps of a request's head, or of what is not yet written.
const BUFFER_BYTES: usize = 64 * 1024;

/// Where and how to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// 127.0.0.1 or ::1, and a port; 0 is any free one.
    pub addr: SocketAddr,
    /// What clients must know.
    pub token: Token,
    /// How much they may take.
    pub limits: Limits,
}

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    token: Token,
    limits: Limits,
}

/// Takes the address, so that its real port is known before anything is served.
///
/// # Errors
/// `BindNotLoopback`, `PortInUse`; `InvalidConfig` when the system refuses the address for another reason.
pub async fn bind(options: ServeOptions) -> Result<Server> {
    let ServeOptions { addr, token, limits } = options;
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    if !loopback.contains(&addr.ip()) {
        return Err(Error::new(
            ErrorCode::BindNotLoopback,
            format!("{} is not an address of this machine alone", addr.ip()),
        ));
    }
    let failed = |error: io::Error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            return Error::new(
                ErrorCode::PortInUse,
                format!("port {} is taken by another program", addr.port()),
            )
            .with_source(error);
        }
        Error::new(ErrorCode::InvalidConfig, format!("cannot listen on {addr}")).with_source(error)
    };
    let listener = TcpListener::bind(addr).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    Ok(Server {
        listener,
        addr,
        token,
        limits,
    })
}

impl Server {
    /// The address with its real port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The link that opens the page. It holds the token: print it for the person who started the server, never log it.
    pub fn link(&self) -> String {
        format!("http://{}/?token={}", self.addr, self.token.reveal())
    }

    /// Serves until `shutdown` is done. Then no connection is accepted any more, streams end, and requests have
    /// [`Limits::shutdown_time`] to be answered.
    pub async fn serve(
        self,
        service: Arc<dyn Service>,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        let Self {
            listener,
            addr,
            token,
            limits,
        } = self;
        let (stop, stopping) = watch::channel(false);
        let router = router(service, token, addr.port(), limits, stopping.clone());
        let slots = Arc::new(Semaphore::new(limits.connections));
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                (stream, slot) = accept(&listener, &slots) => {
                    connections.spawn(connection(stream, slot, router.clone(), limits, stopping.clone()));
                }
            }
        }
        drop(listener);
        stop.send_replace(true);
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(limits.shutdown_time, all_ended)
            .await
            .is_err()
        {
            tracing::warn!(
                connections = connections.len(),
                "requests were cut off while stopping"
            );
        }
        Ok(())
    }
}

/// The next connection, once there is room for one.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = slots
        .clone()
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, slot),
            Err(error) => {
                // The client is gone already, or the process has no file descriptor left: neither ends the server.
                tracing::warn!(kind = ?error.kind(), "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Serves one connection until either side closes it, or until the server stops and the current reply is sent.
async fn connection(
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    router: Router,
    limits: Limits,
    stopping: watch::Receiver<bool>,
) {
    // Pieces of an answer are small, and somebody waits for each. Without it they only come later.
    let _ = stream.set_nodelay(true);
    let service =
        service_fn(move |request: hyper::Request<Incoming>| router.clone().oneshot(request.map(Body::new)));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(Clock)
            .header_read_timeout(limits.header_time)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(Socket(stream), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(
            timeout = error.is_timeout(),
            parse = error.is_parse(),
            "a connection broke off"
        );
    }
    drop(slot);
}
