//! How much one client may take, and the layers that hold requests to it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rushlight_core::{Error, ErrorCode};
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::error::ApiError;

/// How much one client may take. The defaults are what docs/api.md promises.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// How long a request may take, its body included; streams may go on.
    pub request_time: Duration,
    /// How long a client may take to send a request's head, and how long an unused connection is kept.
    pub header_time: Duration,
    /// Requests at once, streams included.
    pub requests: usize,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// The shortest time between two events of one status stream.
    pub status_interval: Duration,
    /// How long requests may go on after the server was told to stop.
    pub shutdown_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 256 * 1024,
            request_time: Duration::from_secs(30),
            header_time: Duration::from_secs(15),
            requests: 64,
            connections: 256,
            status_interval: Duration::from_millis(250),
            shutdown_time: Duration::from_secs(5),
        }
    }
}

/// One of the requests that may run at once. A stream takes it along, so that it counts until the stream ends.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    _held: Arc<OwnedSemaphorePermit>,
}

/// Refuses a request when too many run.
pub(crate) async fn concurrency(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Ok(permit) = app.permits.clone().try_acquire_owned() else {
        return ApiError(
            Error::new(
                ErrorCode::Busy,
                format!("{} requests are running already", app.limits.requests),
            )
            .with_hint("try again in a moment"),
        )
        .into_response();
    };
    let permit = Permit {
        _held: Arc::new(permit),
    };
    request.extensions_mut().insert(permit.clone());
    next.run(request).await
}

/// Ends a request that takes too long.
pub(crate) async fn timeout(State(app): State<App>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.limits.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError(timed_out(app.limits.request_time)).into_response(),
    }
}

pub(crate) fn timed_out(limit: Duration) -> Error {
    Error::new(
        ErrorCode::Timeout,
        format!("the request took longer than {} s", limit.as_secs_f32()),
    )
}
