//! The page, embedded in the program: a table of files that `build.rs` writes. A name is looked up in that table and
//! nowhere else, so there is no path to climb out of.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rushlight_core::{Error, ErrorCode};

use crate::app::App;
use crate::auth::COOKIE;
use crate::error::ApiError;
use crate::pack::accepts_gzip;

/// One embedded file.
struct File {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    /// The same packed with gzip, where that makes it smaller.
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// False when the program was built before the page was: then one page says how to build it.
pub fn page_is_built() -> bool {
    BUILT
}

/// `/`: the page, or the exchange of the link's token for a cookie.
pub(crate) async fn index(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(given) = token_of(&uri) else {
        return file("index.html", &headers);
    };
    if !app.token.matches(given) {
        let page = include_str!("wrong_token.html");
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Bearer")],
            Html(page),
        )
            .into_response();
    }
    let cookie = format!(
        "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/",
        app.token.reveal()
    );
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

/// Any other path outside the API.
pub(crate) async fn asset(request: Request) -> Response {
    let path = request.uri().path();
    let name = path.strip_prefix('/').unwrap_or(path);
    if name.starts_with("api/") || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return not_found().into_response();
    }
    file(name, request.headers())
}

pub(crate) fn not_found() -> ApiError {
    ApiError(Error::new(
        ErrorCode::NotFound,
        "there is nothing at this address",
    ))
}

fn file(name: &str, asked: &HeaderMap) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return not_found().into_response();
    };
    let packed = file.gzip.filter(|_| accepts_gzip(asked));
    let mut response = packed.unwrap_or(file.bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    if file.gzip.is_some() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if packed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // The bundler puts a hash of the content into the names of this folder.
    if file.name.starts_with("assets/") {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, forever);
    }
    response
}

/// The parameter `token`. A token needs no decoding; what does is not one.
fn token_of(uri: &Uri) -> Option<&str> {
    uri.query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_an_index_and_only_names_that_stay_inside() {
        assert!(
            FILES
                .iter()
                .any(|file| file.name == "index.html" && !file.bytes.is_empty())
        );
        for file in FILES {
            assert!(
                !file.name.starts_with('/') && !file.name.split('/').any(|part| part == ".."),
                "{}",
                file.name
            );
        }
        let index = FILES
            .iter()
            .find(|file| file.name == "index.html")
            .expect("an index");
        let says_how = String::from_utf8_lossy(index.bytes).contains("make web");
        assert_eq!(says_how, !page_is_built());
    }
}
