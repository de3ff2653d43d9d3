//! Conversations and receipts, as their owner may see them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use rushlight_api as api;

use crate::app::App;
use crate::auth::principals;
use crate::error::Reply;
use crate::extract::{Params, PathId, Payload};

pub(crate) async fn list(
    State(app): State<App>,
    Params(query): Params<api::ConversationQuery>,
) -> Reply<Json<api::Conversations>> {
    Ok(Json(api::Conversations {
        conversations: app.service.conversations(principals(), query.q).await?,
    }))
}

pub(crate) async fn one(State(app): State<App>, id: PathId) -> Reply<Json<api::Conversation>> {
    Ok(Json(app.service.conversation(principals(), &id.0).await?))
}

pub(crate) async fn rename(
    State(app): State<App>,
    id: PathId,
    Payload(request): Payload<api::RenameConversation>,
) -> Reply<StatusCode> {
    app.service
        .rename_conversation(principals(), &id.0, request.title)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn delete(State(app): State<App>, id: PathId) -> Reply<StatusCode> {
    app.service.delete_conversation(principals(), &id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A file to be saved.
pub(crate) async fn export(
    State(app): State<App>,
    id: PathId,
    Params(query): Params<api::ExportQuery>,
) -> Reply<([(HeaderName, &'static str); 2], String)> {
    let text = app
        .service
        .export_conversation(principals(), &id.0, query.format)
        .await?;
    let (media_type, disposition) = match query.format {
        api::ConversationFormat::Markdown => (
            "text/markdown; charset=utf-8",
            "attachment; filename=\"conversation.md\"",
        ),
        api::ConversationFormat::Json => ("application/json", "attachment; filename=\"conversation.json\""),
    };
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, text))
}

pub(crate) async fn receipt(State(app): State<App>, id: PathId) -> Reply<Json<api::Receipt>> {
    Ok(Json(app.service.receipt(principals(), &id.0).await?))
}
