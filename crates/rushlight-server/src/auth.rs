//! The token of a request.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rushlight_core::{Error, ErrorCode, Principal};

use crate::app::App;
use crate::error::ApiError;
use crate::token::Token;

/// The cookie that the page's link sets.
pub(crate) const COOKIE: &str = "rushlight_session";

/// Refuses a request without the token.
pub(crate) async fn auth(State(app): State<App>, request: Request, next: Next) -> Response {
    if carries(request.headers(), &app.token) {
        return next.run(request).await;
    }
    ApiError(Error::new(
        ErrorCode::Unauthorized,
        "the request carries no valid token",
    ))
    .into_response()
}

/// Whom the token stands for: there is one, and its holder is the owner.
pub(crate) fn principals() -> Vec<Principal> {
    vec![Principal::owner()]
}

/// True when the header `authorization` carries the token or, without that header, a cookie does.
fn carries(headers: &HeaderMap, token: &Token) -> bool {
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(first) = authorizations.next() {
        return authorizations.next().is_none()
            && first
                .to_str()
                .ok()
                .and_then(bearer)
                .is_some_and(|value| token.matches(value));
    }
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .any(|value| token.matches(value))
}

/// The token in `Bearer TOKEN`; the scheme's case does not matter.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_decides_before_a_cookie() {
        let token = Token::random().expect("randomness");
        let right = token.reveal();
        let wrong = "0".repeat(64);
        let carries = |name: header::HeaderName, value: String| {
            carries(
                &HeaderMap::from_iter([(name, value.parse().expect("a value"))]),
                &token,
            )
        };
        assert!(carries(header::AUTHORIZATION, format!("Bearer {right}")));
        assert!(carries(header::AUTHORIZATION, format!("bearer {right}")));
        assert!(carries(header::COOKIE, format!("a=b; {COOKIE}={right}; c=d")));
        assert!(carries(
            header::COOKIE,
            format!("{COOKIE}={wrong}; {COOKIE}={right}")
        ));
        for value in [
            right.to_owned(),
            format!("Basic {right}"),
            format!("Bearer {wrong}"),
            "Bearer ".to_owned(),
        ] {
            assert!(!carries(header::AUTHORIZATION, value));
        }
        for value in [
            format!("x{COOKIE}={right}"),
            format!("{COOKIE}x={right}"),
            format!("{COOKIE}={wrong}"),
        ] {
            assert!(!carries(header::COOKIE, value));
        }

        let mut both = HeaderMap::new();
        both.insert(
            header::COOKIE,
            format!("{COOKIE}={right}").parse().expect("a value"),
        );
        both.insert(
            header::AUTHORIZATION,
            format!("Bearer {wrong}").parse().expect("a value"),
        );
        assert!(!super::carries(&both, &token));
        both.remove(header::AUTHORIZATION);
        assert!(super::carries(&both, &token));
    }
}
