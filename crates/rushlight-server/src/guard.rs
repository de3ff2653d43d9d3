//! Which address a request names and where it comes from: what keeps other web sites out, whose scripts run in the
//! same browser and may point a name of theirs at this machine (DNS rebinding).

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rushlight_core::{Error, ErrorCode, Result};

use crate::app::App;
use crate::error::ApiError;

/// Refuses what [`check`] refuses, before anything else looks at the request.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(request.uri(), request.headers(), app.port) {
        Ok(()) => next.run(request).await,
        Err(error) => ApiError(error).into_response(),
    }
}

/// True to the letter: one `Host` that is our address, a path as the target, and, where a browser says so, our own page
/// as the origin.
///
/// # Errors
/// `ForbiddenOrigin`. The message never repeats what the client sent.
fn check(uri: &Uri, headers: &HeaderMap, port: u16) -> Result<()> {
    if uri.scheme().is_some() || uri.authority().is_some() {
        return Err(forbidden(
            "the request's target is an address, not a path".to_owned(),
        ));
    }
    let host = only(headers, &HOST)?.ok_or_else(|| forbidden("the request has no host header".to_owned()))?;
    let Some(own) = own_hosts(port)
        .into_iter()
        .find(|own| own.eq_ignore_ascii_case(host))
    else {
        return Err(forbidden(format!(
            "the host header names another address than this server on port {port}"
        )));
    };
    if let Some(origin) = only(headers, &ORIGIN)?
        && !origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin.eq_ignore_ascii_case(&own))
    {
        return Err(forbidden(
            "the request comes from another origin than this server's page".to_owned(),
        ));
    }
    match only(headers, &HeaderName::from_static("sec-fetch-site"))? {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => Err(forbidden(
            "the browser says that the request comes from another site".to_owned(),
        )),
    }
}

/// The names under which this server is reached. Browsers leave out port 80.
fn own_hosts(port: u16) -> Vec<String> {
    let names = ["127.0.0.1", "[::1]", "localhost"];
    let mut hosts: Vec<_> = names.iter().map(|name| format!("{name}:{port}")).collect();
    if port == 80 {
        hosts.extend(names.iter().map(|name| (*name).to_owned()));
    }
    hosts
}

/// The value of a header that may stand there once; `None` when it is absent.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(forbidden(format!("the header {name} is not plain text"))),
        },
        (Some(_), Some(_)) => Err(forbidden(format!("the header {name} stands there twice"))),
    }
}

fn forbidden(message: String) -> Error {
    Error::new(ErrorCode::ForbiddenOrigin, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(target: &str, headers: &[(&str, &str)], port: u16) -> bool {
        let uri: Uri = target.parse().expect("a target");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                value.parse().expect("a value"),
            );
        }
        match check(&uri, &map, port) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::ForbiddenOrigin);
                false
            }
        }
    }

    #[test]
    fn only_our_own_address_is_served() {
        for host in ["127.0.0.1:7878", "[::1]:7878", "localhost:7878", "LOCALHOST:7878"] {
            assert!(allowed("/", &[("host", host)], 7878), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:80",
            "127.0.0.1:78780",
            "127.0.0.2:7878",
            "0.0.0.0:7878",
            "127.1:7878",
            "evil.example:7878",
            "localhost.:7878",
            "localhost.evil.example:7878",
            "user@localhost:7878",
            "localhost:7878, evil.example",
            " localhost:7878 x",
        ] {
            assert!(!allowed("/", &[("host", host)], 7878), "{host}");
        }
        assert!(!allowed("/", &[], 7878), "no host");
        assert!(
            !allowed(
                "/",
                &[("host", "localhost:7878"), ("host", "localhost:7878")],
                7878
            ),
            "two hosts"
        );
        assert!(
            !allowed("http://localhost:7878/", &[("host", "localhost:7878")], 7878),
            "absolute form"
        );
        assert!(allowed("/", &[("host", "localhost")], 80));
    }

    #[test]
    fn only_our_own_page_may_ask() {
        let host = ("host", "127.0.0.1:7878");
        assert!(allowed("/", &[host, ("origin", "http://127.0.0.1:7878")], 7878));
        for origin in [
            "null",
            "",
            "https://127.0.0.1:7878",
            "http://127.0.0.1",
            "http://127.0.0.1:7879",
            "http://localhost:7878",
            "http://evil.example",
            "http://127.0.0.1:7878.evil.example",
            "http://127.0.0.1:7878/",
        ] {
            assert!(!allowed("/", &[host, ("origin", origin)], 7878), "{origin}");
        }
        for (site, expected) in [
            ("same-origin", true),
            ("none", true),
            ("same-site", false),
            ("cross-site", false),
            ("", false),
        ] {
            assert_eq!(
                allowed("/", &[host, ("sec-fetch-site", site)], 7878),
                expected,
                "{site}"
            );
        }
    }
}
