//! The page, its link, and what every reply carries.

use std::io::Read;

use axum::http::{HeaderValue, header};
use expect_test::expect;
use flate2::read::GzDecoder;
use http_body_util::BodyExt;

use crate::fake::{Client, FAILS, LARGE, body};

#[tokio::test]
async fn the_page_is_there_without_a_token() {
    let client = Client::new();
    for path in ["/", "/index.html", "/?lang=zh"] {
        let mut request = client.request("GET", path, "");
        request.headers_mut().remove(header::AUTHORIZATION);
        let reply = client.send(request).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(reply.body.contains("<title>"), "{path}");
        assert!(!reply.headers.contains_key(header::SET_COOKIE));
    }
}

#[tokio::test]
async fn the_page_is_packed_for_a_browser_that_unpacks_it() {
    let client = Client::new();
    let plain = client.get("/").await;
    assert_eq!(plain.headers[header::VARY], "accept-encoding");
    assert!(!plain.headers.contains_key(header::CONTENT_ENCODING));

    let mut request = client.request("GET", "/", "");
    let encodings = HeaderValue::from_static("gzip, deflate, br, zstd");
    request.headers_mut().insert(header::ACCEPT_ENCODING, encodings);
    let packed = client.open(request).await;
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(packed.headers()[header::VARY], "accept-encoding");
    assert_eq!(packed.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let bytes = packed.into_body().collect().await.expect("a body").to_bytes();
    let mut text = String::new();
    GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .expect("what was packed");
    assert_eq!(text, plain.body);
}

#[tokio::test]
async fn a_large_reply_is_packed_for_whoever_unpacks_it_and_a_small_one_never() {
    let client = Client::new();
    let search = |query: &str, coding: &'static str| {
        let asked = serde_json::json!({ "query": query }).to_string();
        let mut request = client.request("POST", "/api/v1/search", &asked);
        let coding = HeaderValue::from_static(coding);
        request.headers_mut().insert(header::ACCEPT_ENCODING, coding);
        request
    };
    let plain = client.send(search(LARGE, "identity")).await;
    assert!(plain.body.len() > 100_000 && !plain.headers.contains_key(header::CONTENT_ENCODING));
    assert_eq!(plain.headers[header::VARY], "accept-encoding");

    let packed = client.open(search(LARGE, "gzip, br")).await;
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(packed.headers()[header::VARY], "accept-encoding");
    assert_eq!(packed.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(packed.headers()[header::CACHE_CONTROL], "no-store");
    let bytes = packed.into_body().collect().await.expect("a body").to_bytes();
    assert!(bytes.len() < plain.body.len() / 10, "{}", bytes.len());
    let mut text = String::new();
    GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .expect("what was packed");
    assert_eq!(text, plain.body);

    let small = client.send(search("tea", "gzip")).await;
    assert!(
        !small.headers.contains_key(header::CONTENT_ENCODING),
        "{}",
        small.body
    );
}

#[tokio::test]
async fn the_link_becomes_a_cookie() {
    let client = Client::new();
    let token = client.token.reveal().to_owned();
    let reply = client.get(&format!("/?token={token}")).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers[header::LOCATION]),
        (303, &HeaderValue::from_static("/"))
    );
    let cookie = reply.headers[header::SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    assert_eq!(
        cookie,
        format!("rushlight_session={token}; HttpOnly; SameSite=Strict; Path=/")
    );

    let mut request = client.request("GET", "/api/v1/status", "");
    request.headers_mut().remove(header::AUTHORIZATION);
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    request
        .headers_mut()
        .insert(header::COOKIE, pair.parse().expect("a value"));
    assert_eq!(client.send(request).await.status, 200);
}

#[tokio::test]
async fn a_wrong_link_gets_a_page_and_no_cookie() {
    let client = Client::new();
    for wrong in ["", "00", &"0".repeat(64), "%00"] {
        let reply = client.get(&format!("/?token={wrong}")).await;
        assert_eq!(reply.status, 401, "{wrong}");
        assert!(!reply.headers.contains_key(header::SET_COOKIE));
        assert!(reply.body.contains("rushlight serve"));
    }
}

#[tokio::test]
async fn there_is_nothing_beside_the_page() {
    let client = Client::new();
    for path in [
        "/nothing",
        "/favicon.php",
        "/Cargo.toml",
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "/assets/../../Cargo.toml",
        "/assets/..%5c..%5cCargo.toml",
        "//etc/passwd",
        "/etc/passwd",
        "/index.html/",
        "/index.html%00",
        "/api",
        "/api/",
        "/api/v2/status",
        "/%61pi/v1/status",
    ] {
        assert_eq!(
            client.get(path).await.failure(),
            (404, "not_found".to_owned()),
            "{path}"
        );
    }
    let reply = client.send(client.request("POST", "/", "")).await;
    assert_eq!(reply.failure(), (405, "method_not_allowed".to_owned()));
    assert_eq!(
        client
            .send(client.request("DELETE", "/index.html", ""))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn other_sites_and_names_are_turned_away_everywhere() {
    let client = Client::new();
    for path in ["/", "/index.html", "/nothing", "/api/v1/status", "/api/v1/events"] {
        let spoilt: [(header::HeaderName, &str); 4] = [
            (header::HOST, "evil.example:7878"),
            (header::ORIGIN, "http://evil.example"),
            (header::ORIGIN, "null"),
            (header::HeaderName::from_static("sec-fetch-site"), "cross-site"),
        ];
        for (name, value) in spoilt {
            let mut request = client.request("GET", path, "");
            request
                .headers_mut()
                .insert(&name, value.parse().expect("a value"));
            let reply = client.send(request).await;
            assert_eq!(
                reply.failure(),
                (403, "forbidden_origin".to_owned()),
                "{path} {name}: {value}"
            );
            assert!(!reply.body.contains("evil"));
        }
    }
}

#[tokio::test]
async fn every_reply_carries_the_same_headers() {
    let client = Client::new();
    let mut foreign = client.request("GET", "/", "");
    foreign
        .headers_mut()
        .insert(header::HOST, HeaderValue::from_static("evil.example"));
    let requests = [
        client.request("GET", "/", ""),
        client.request("GET", "/nothing", ""),
        client.request("GET", "/?token=0", ""),
        client.request("GET", "/api/v1/status", ""),
        client.request("PATCH", "/api/v1/status", ""),
        client.request("POST", "/api/v1/ask", &body("question", FAILS)),
        foreign,
    ];
    let mut seen = Vec::new();
    for request in requests {
        let reply = client.send(request).await;
        let mut shown: Vec<_> = reply
            .headers
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "content-type" | "content-length" | "www-authenticate" | "allow"
                )
            })
            .map(|(name, value)| format!("{name}: {}\n", value.to_str().expect("text")))
            .collect();
        shown.sort();
        seen.push(shown.concat());
    }
    seen.dedup();
    expect![[r#"
        cache-control: no-store
        content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        cross-origin-opener-policy: same-origin
        cross-origin-resource-policy: same-origin
        permissions-policy: camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()
        referrer-policy: no-referrer
        vary: accept-encoding
        x-content-type-options: nosniff
        x-frame-options: DENY
        ----
        cache-control: no-store
        content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        cross-origin-opener-policy: same-origin
        cross-origin-resource-policy: same-origin
        permissions-policy: camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()
        referrer-policy: no-referrer
        x-content-type-options: nosniff
        x-frame-options: DENY
    "#]].assert_eq(&seen.join("----\n"));
}
