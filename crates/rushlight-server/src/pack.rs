//! Large replies, packed for whoever unpacks them: thirty results with their texts are a quarter of a megabyte, which is nothing on
//! this machine and a second on the line of a telephone.

use std::io::Write;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rushlight_core::{Error, ErrorCode};

use crate::error::ApiError;

/// Smaller replies are sent as they are: what somebody waits for between two letters is not packed first.
const LARGE_BYTES: u64 = 64 * 1024;

/// Packs a large reply in JSON. Streams have no size, and files are left as they are.
pub(crate) async fn pack(request: Request, next: Next) -> Response {
    let wanted = accepts_gzip(request.headers());
    let response = next.run(request).await;
    if !is_large_json(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts
        .headers
        .append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !wanted {
        return Response::from_parts(parts, body);
    }
    match packed(body).await {
        Ok(bytes) => {
            parts.headers.remove(header::CONTENT_LENGTH);
            parts
                .headers
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Response::from_parts(parts, Body::from(bytes))
        }
        Err(error) => ApiError(error).into_response(),
    }
}

/// Whether `gzip` is named, and not with a weight of nothing.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let weight = weight
                .trim()
                .strip_prefix("q=")
                .and_then(|weight| weight.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
        })
}

fn is_large_json(response: &Response) -> bool {
    let headers = response.headers();
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let size = response.body().size_hint().exact();
    is_json && !headers.contains_key(header::CONTENT_ENCODING) && size.is_some_and(|size| size >= LARGE_BYTES)
}

/// What is packed takes milliseconds, so it is done on a blocking thread.
async fn packed(body: Body) -> Result<Bytes, Error> {
    let failed = |what: &str| {
        Error::new(
            ErrorCode::Internal,
            format!("a reply could not be packed: {what}"),
        )
    };
    let bytes = to_bytes(body, usize::MAX)
        .await
        .map_err(|cause| failed("its body ended early").with_source(cause))?;
    let pack = move || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&bytes)?;
        encoder.finish()
    };
    match tokio::task::spawn_blocking(pack).await {
        Ok(Ok(packed)) => Ok(packed.into()),
        Ok(Err(cause)) => Err(failed("it could not be written").with_source(cause)),
        Err(cause) => Err(failed("the task ended early").with_source(cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_says_so() {
        let accepts = |value: &str| {
            let headers = [(header::ACCEPT_ENCODING, value.parse().expect("a value"))];
            accepts_gzip(&HeaderMap::from_iter(headers))
        };
        for value in [
            "gzip",
            "gzip, deflate, br, zstd",
            "br;q=1.0, GZip ; q=0.5",
            "deflate,gzip",
        ] {
            assert!(accepts(value), "{value}");
        }
        for value in [
            "",
            "br",
            "identity",
            "gzip;q=0",
            "gzip;q=0.000",
            "xgzip",
            "*",
            "gzip;level=9",
        ] {
            assert!(!accepts(value), "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
