//! What routes take from a request, with every refusal in our own shape.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use rushlight_core::{DocId, Error, ErrorCode, SourceId};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::ApiError;
use crate::limits::timed_out;

/// A JSON body. Reading it is bounded in size and time, for streams too.
pub(crate) struct Payload<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Payload<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(invalid("the body's content-type is not application/json").into());
        }
        let limit = app.limits.request_time;
        let body = tokio::time::timeout(limit, Bytes::from_request(request, app))
            .await
            .map_err(|_| timed_out(limit))?
            .map_err(|rejection| unread(&rejection, app.limits.body_bytes))?;
        let value = serde_json::from_slice(&body).map_err(|error| {
            invalid(format!(
                "the body is not as expected: {}",
                shortened(&error.to_string())
            ))
        })?;
        Ok(Self(value))
    }
}

/// The parameters behind the `?`.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| {
                invalid(format!(
                    "the parameters are not as expected: {}",
                    shortened(&rejection.body_text())
                ))
            })?;
        Ok(Self(value))
    }
}

/// The id in a path, as it was written.
pub(crate) struct PathId(pub(crate) String);

impl PathId {
    /// The document it names.
    pub(crate) fn document(&self) -> Result<DocId, Error> {
        shortened(&self.0).parse()
    }

    /// The source it names.
    pub(crate) fn source(&self) -> Result<SourceId, Error> {
        let number = self.0.parse().map_err(|_| {
            Error::new(
                ErrorCode::InvalidId,
                format!(
                    "`{}` is not a source's id: a number is expected",
                    shortened(&self.0)
                ),
            )
            .with_hint("see `/api/v1/sources` for the sources and their ids")
        })?;
        Ok(SourceId(number))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::new(ErrorCode::InvalidId, "the id in the path is not UTF-8"))?;
        Ok(Self(id))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    value
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn unread(rejection: &BytesRejection, limit: usize) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Error::new(
            ErrorCode::RequestTooLarge,
            format!("the body is larger than {limit} bytes"),
        );
    }
    invalid("the body broke off")
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::InvalidRequest, message)
}

/// The start of what a library says: it may repeat the value it refuses.
fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
