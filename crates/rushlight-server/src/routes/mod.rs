//! The routes of docs/api.md: each takes its request apart, calls the service, and gives the reply its shape.

mod ask;
mod conversations;
mod events;
mod original;
mod plain;
mod upkeep;

use axum::routing::{delete, get, post};
use axum::{Router, middleware};

use crate::app::App;
use crate::limits;

/// Everything under `/api/v1`. Streams have no time limit.
pub(crate) fn router(app: &App) -> Router<App> {
    let streams = Router::new()
        .route("/events", get(events::events))
        .route("/ask", post(ask::ask));
    Router::new()
        .route("/status", get(plain::status))
        .route("/search", post(plain::search))
        .route("/search/facets", post(plain::facets))
        .route("/search/sentences", post(plain::sentences))
        .route("/suggest", get(plain::suggest))
        .route("/documents/{id}", get(plain::document))
        .route("/documents/{id}/place", get(plain::place))
        .route("/documents/{id}/original", get(original::original))
        .route("/documents/{id}/links", get(plain::links))
        .route("/documents/{id}/mail", get(plain::mail))
        .route("/documents/{id}/similar", get(plain::similar))
        .route("/sources", get(plain::sources).post(plain::add_source))
        .route("/sources/{id}", delete(plain::remove_source))
        .route("/sources/{id}/scan", post(plain::scan_source))
        .route("/sources/{id}/pause", post(plain::pause_source))
        .route("/sources/{id}/resume", post(plain::resume_source))
        .route("/pause", post(plain::pause_all))
        .route("/resume", post(plain::resume_all))
        .route("/problems", get(plain::problems))
        .route("/spaces", get(plain::spaces))
        .route("/conversations", get(conversations::list))
        .route(
            "/conversations/{id}",
            get(conversations::one)
                .patch(conversations::rename)
                .delete(conversations::delete),
        )
        .route("/conversations/{id}/export", get(conversations::export))
        .route("/receipts/{id}", get(conversations::receipt))
        .route("/judgements", get(plain::judgements).post(plain::judge))
        .route("/judgements/set", get(plain::judgements_as_set))
        .route("/judgements/{id}", delete(plain::remove_judgement))
        .route("/folders", get(upkeep::folders))
        .route("/library/overview", get(upkeep::overview))
        .route("/library/unreadable", get(upkeep::unreadable))
        .route("/problems/retry", post(upkeep::retry_file))
        .route("/sources/{id}/rules", get(upkeep::source_rules))
        .route("/health", get(upkeep::health))
        .route("/health/check", post(upkeep::start_check))
        .layer(middleware::from_fn_with_state(app.clone(), limits::timeout))
        .merge(streams)
}
