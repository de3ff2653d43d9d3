//! All routes behind all layers, and what they share.

use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::FutureExt;
use rushlight_core::{Error, ErrorCode};
use tokio::sync::{Semaphore, watch};

use crate::error::ApiError;
use crate::limits::{self, Limits};
use crate::service::Service;
use crate::token::Token;
use crate::{auth, guard, pack, page, routes};

/// What every route may use. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) token: Token,
    pub(crate) port: u16,
    pub(crate) limits: Limits,
    pub(crate) permits: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

impl App {
    /// Returns when the server is told to stop.
    pub(crate) async fn stopped(&self) {
        stopped(self.stopping.clone()).await;
    }
}

/// Returns when `stopping` becomes true.
pub(crate) async fn stopped(mut stopping: watch::Receiver<bool>) {
    if stopping.wait_for(|stop| *stop).await.is_err() {
        // Nobody is left who could say so.
        pending::<()>().await;
    }
}

/// The API and the page as one service, reached under `port`. Streams end when `stopping` becomes true.
///
/// [`crate::Server::serve`] is the way to serve it; this is for tests that call it without a socket.
pub fn router(
    service: Arc<dyn Service>,
    token: Token,
    port: u16,
    limits: Limits,
    stopping: watch::Receiver<bool>,
) -> Router {
    let permits = Arc::new(Semaphore::new(limits.requests));
    let app = App {
        service,
        token,
        port,
        limits,
        permits,
        stopping,
    };
    let api = routes::router(&app)
        .fallback(async || page::not_found())
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), auth::auth))
        .layer(middleware::from_fn(pack::pack));
    // The last layer is the first to see a request.
    Router::new()
        .route("/", get(page::index))
        .nest("/api/v1", api)
        .fallback(page::asset)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(middleware::from_fn_with_state(app.clone(), limits::concurrency))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .layer(middleware::from_fn(outermost))
        .with_state(app)
}

async fn method_not_allowed() -> ApiError {
    ApiError(Error::new(
        ErrorCode::MethodNotAllowed,
        "this address does not take this method",
    ))
}

/// What holds for every reply: a panic becomes an error, the headers are there, and one line is logged that holds no
/// text of anybody.
async fn outermost(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            // What it says may hold anything, so it stays out of reply and log.
            ApiError(Error::new(ErrorCode::Internal, "a request ended in a panic")).into_response()
        });
    harden(response.headers_mut());

    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let status = response.status().as_u16();
    let code = response
        .extensions()
        .get::<ErrorCode>()
        .map_or("", |code| code.as_str());
    let milliseconds = started.elapsed().as_millis() as u64;
    if status >= 500 {
        tracing::warn!(%method, route, status, code, milliseconds, "request failed");
    } else {
        tracing::debug!(%method, route, status, code, milliseconds, "request");
    }
    response
}

/// Everything the page needs comes from this server, and nothing else may be loaded, framed, opened or sent. `worker-src`:
/// PDFs are taken apart in a worker whose script is one of the page's files. It needs nothing else that is not here: its fonts
/// are handed over as bytes, which no directive is about, and it is told to do without WebAssembly and `eval`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

fn harden(headers: &mut HeaderMap) {
    const ALWAYS: [(&str, &str); 7] = [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    // What comes out of documents has said what is stricter.
    let policy = headers.remove(header::CONTENT_SECURITY_POLICY);
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // The files whose names change with their content have said so; anything else is never kept. Streams say `no-cache`.
    let immutable = headers
        .get(header::CACHE_CONTROL)
        .is_some_and(|value| value.as_bytes().ends_with(b"immutable"));
    if !immutable {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
