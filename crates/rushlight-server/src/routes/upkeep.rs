//! Folders to choose from, the library in numbers, files tried again, and health.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rushlight_api as api;
use rushlight_core::SourceId;

use crate::app::App;
use crate::auth::principals;
use crate::error::Reply;
use crate::extract::{Params, PathId, Payload};

pub(crate) async fn folders(
    State(app): State<App>,
    Params(api::FolderQuery { path, hidden }): Params<api::FolderQuery>,
) -> Reply<Json<api::Folders>> {
    Ok(Json(app.service.folders(path, hidden).await?))
}

pub(crate) async fn overview(
    State(app): State<App>,
    Params(query): Params<api::OverviewQuery>,
) -> Reply<Json<api::Overview>> {
    let utc_offset = query.check()?;
    Ok(Json(app.service.overview(principals(), utc_offset).await?))
}

pub(crate) async fn unreadable(
    State(app): State<App>,
    Params(query): Params<api::UnreadableQuery>,
) -> Reply<Json<api::Unreadable>> {
    let api::UnreadableQuery { limit, offset } = query.check()?;
    Ok(Json(app.service.unreadable(principals(), limit, offset).await?))
}

pub(crate) async fn retry_file(
    State(app): State<App>,
    Payload(api::RetryFile { source_id, path }): Payload<api::RetryFile>,
) -> Reply<(StatusCode, Json<serde_json::Map<String, serde_json::Value>>)> {
    app.service.retry_file(SourceId(source_id), path).await?;
    Ok((StatusCode::ACCEPTED, Json(serde_json::Map::new())))
}

pub(crate) async fn source_rules(State(app): State<App>, id: PathId) -> Reply<Json<api::SourceRules>> {
    Ok(Json(app.service.source_rules(id.source()?).await?))
}

pub(crate) async fn health(State(app): State<App>) -> Reply<Json<api::Health>> {
    Ok(Json(app.service.health(principals()).await?))
}

pub(crate) async fn start_check(State(app): State<App>) -> Reply<(StatusCode, Json<api::HealthCheck>)> {
    Ok((StatusCode::ACCEPTED, Json(app.service.start_check().await?)))
}
