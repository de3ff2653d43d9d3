//! The routes that reply once.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use rushlight_api as api;
use rushlight_core::{Error, ErrorCode, SourceId, TextSpan};

use crate::app::App;
use crate::auth::principals;
use crate::error::Reply;
use crate::extract::{Params, PathId, Payload};

pub(crate) async fn status(State(app): State<App>) -> Reply<Json<api::Status>> {
    Ok(Json(app.service.status().await?))
}

pub(crate) async fn search(
    State(app): State<App>,
    Payload(request): Payload<api::SearchRequest>,
) -> Reply<Json<api::SearchResponse>> {
    let response = app.service.search(request.into_core(principals())?).await?;
    Ok(Json(api::SearchResponse::from(&response)))
}

pub(crate) async fn facets(
    State(app): State<App>,
    Payload(request): Payload<api::SearchRequest>,
) -> Reply<Json<api::Facets>> {
    let facets = app.service.facets(request.into_core(principals())?).await?;
    Ok(Json(facets.into()))
}

pub(crate) async fn sentences(
    State(app): State<App>,
    Payload(request): Payload<api::SentenceRequest>,
) -> Reply<Json<api::Sentences>> {
    let (query, chunks) = request.into_core()?;
    let found = app.service.sentences(principals(), query, chunks).await?;
    Ok(Json(api::Sentences {
        sentences: found.iter().map(Into::into).collect(),
    }))
}

pub(crate) async fn suggest(
    State(app): State<App>,
    Params(query): Params<api::SuggestQuery>,
) -> Reply<Json<api::Suggestions>> {
    let api::SuggestQuery { q, spaces, limit } = query.check()?;
    let found = app.service.suggest(principals(), q, spaces, limit).await?;
    Ok(Json(api::Suggestions {
        suggestions: found.iter().map(Into::into).collect(),
    }))
}

pub(crate) async fn document(State(app): State<App>, id: PathId) -> Reply<Json<api::Document>> {
    Ok(Json(app.service.document(id.document()?, principals()).await?))
}

pub(crate) async fn place(
    State(app): State<App>,
    id: PathId,
    Params(api::Span { start, end }): Params<api::Span>,
) -> Reply<Json<api::Place>> {
    let doc = id.document()?;
    if start >= end {
        return Err(Error::new(ErrorCode::InvalidRequest, "`start` is not before `end`").into());
    }
    let span = TextSpan { start, end };
    Ok(Json(app.service.place(doc, principals(), span).await?))
}

pub(crate) async fn links(State(app): State<App>, id: PathId) -> Reply<Json<api::Links>> {
    Ok(Json(app.service.links(id.document()?, principals()).await?))
}

pub(crate) async fn mail(State(app): State<App>, id: PathId) -> Reply<Json<api::Mail>> {
    Ok(Json(app.service.mail(id.document()?, principals()).await?))
}

pub(crate) async fn similar(
    State(app): State<App>,
    id: PathId,
    Params(query): Params<api::SimilarQuery>,
) -> Reply<Json<api::SimilarDocuments>> {
    let (doc, api::SimilarQuery { limit }) = (id.document()?, query.check()?);
    Ok(Json(app.service.similar(doc, principals(), limit).await?))
}

pub(crate) async fn sources(State(app): State<App>) -> Reply<Json<api::Sources>> {
    Ok(Json(api::Sources {
        sources: app.service.sources().await?,
    }))
}

pub(crate) async fn add_source(
    State(app): State<App>,
    Payload(request): Payload<api::AddSource>,
) -> Reply<(StatusCode, Json<api::Source>)> {
    let api::AddSource { path, space } = request.check()?;
    Ok((
        StatusCode::CREATED,
        Json(app.service.add_source(path, space).await?),
    ))
}

pub(crate) async fn remove_source(State(app): State<App>, id: PathId) -> Reply<StatusCode> {
    app.service.remove_source(id.source()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn scan_source(
    State(app): State<App>,
    id: PathId,
) -> Reply<(StatusCode, Json<serde_json::Map<String, serde_json::Value>>)> {
    app.service.scan_source(id.source()?).await?;
    Ok((StatusCode::ACCEPTED, Json(serde_json::Map::new())))
}

pub(crate) async fn pause_source(State(app): State<App>, id: PathId) -> Reply<StatusCode> {
    app.service.pause(Some(id.source()?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn resume_source(State(app): State<App>, id: PathId) -> Reply<StatusCode> {
    app.service.resume(Some(id.source()?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn pause_all(State(app): State<App>) -> Reply<StatusCode> {
    app.service.pause(None).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn resume_all(State(app): State<App>) -> Reply<StatusCode> {
    app.service.resume(None).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn problems(
    State(app): State<App>,
    Params(query): Params<api::ProblemQuery>,
) -> Reply<Json<api::Problems>> {
    let api::ProblemQuery {
        source,
        limit,
        offset,
    } = query.check()?;
    Ok(Json(
        app.service.problems(source.map(SourceId), limit, offset).await?,
    ))
}

pub(crate) async fn spaces(State(app): State<App>) -> Reply<Json<api::Spaces>> {
    Ok(Json(api::Spaces {
        spaces: app.service.spaces().await?,
    }))
}

pub(crate) async fn judge(
    State(app): State<App>,
    Payload(request): Payload<api::Judge>,
) -> Reply<Json<api::Judgement>> {
    Ok(Json(app.service.judge(principals(), request).await?))
}

pub(crate) async fn judgements(
    State(app): State<App>,
    Params(query): Params<api::JudgementQuery>,
) -> Reply<Json<api::Judgements>> {
    Ok(Json(app.service.judgements(principals(), query.check()?).await?))
}

pub(crate) async fn remove_judgement(State(app): State<App>, id: PathId) -> Reply<StatusCode> {
    app.service.remove_judgement(principals(), &id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A file to be saved.
pub(crate) async fn judgements_as_set(
    State(app): State<App>,
) -> Reply<([(HeaderName, &'static str); 2], String)> {
    let set = app.service.judgements_as_set(principals()).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/toml; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"judgements.toml\"",
        ),
    ];
    Ok((headers, set))
}
