//! Every route: as it should be called, called wrongly, and called by somebody who may not.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use rushlight_server::Limits;

use crate::fake::{CHANGED, Client, FAILS, HANGS, PANICS, PICTURE, WEB_PAGE, body};

const DOC: &str = "02020202020202020202020202020202";

/// Method, path, body, status of the reply, and what its body holds. The status stream is tested on its own.
fn happy() -> Vec<(&'static str, String, &'static str, u16, &'static str)> {
    let row =
        |method, path: &str, body, status, holds| (method, format!("/api/v1{path}"), body, status, holds);
    vec![
        row("GET", "/status", "", 200, r#""version":"0.1.0""#),
        row(
            "POST",
            "/search",
            r#"{"query": "tea", "limit": 7}"#,
            200,
            r#""total_us":7"#,
        ),
        row(
            "POST",
            "/search",
            r#"{"query": "tea", "sort": "newest"}"#,
            200,
            r#""hits":[]"#,
        ),
        row(
            "POST",
            "/search/facets",
            r#"{"query": "茶"}"#,
            200,
            r#"{"covers":"filters","documents":3,"facets":[{"facet":"type","values":[{"value":"mail","documents":2,"chosen":false,"query":"茶 type:mail"}],"more":1}],"#,
        ),
        row(
            "POST",
            "/search/sentences",
            r#"{"query": "茶", "chunks": ["02020202020202020202020202020202"]}"#,
            200,
            r#"{"sentences":[{"chunk_id":"02020202020202020202020202020202","segments":[{"text":"First. ","mark":false},{"text":"茶.","mark":true,"kind":"sentence"}]}]}"#,
        ),
        row(
            "GET",
            "/suggest?q=gre&space=a&space=b%2C+c&limit=3",
            "",
            200,
            r#"{"suggestions":[{"kind":"title","text":"gre in a and b, c","documents":3,"query":"title:\"gre in a and b, c\""}]}"#,
        ),
        row(
            "GET",
            "/suggest?q=gr%20e",
            "",
            200,
            r#"{"suggestions":[{"kind":"title","text":"gr e in ","documents":8,"query":"title:\"gr e in \""}]}"#,
        ),
        row(
            "POST",
            "/ask",
            r#"{"question": "how hot?", "conversation": "c1"}"#,
            200,
            r#""conversation":"c1""#,
        ),
        row(
            "GET",
            &format!("/documents/{DOC}"),
            "",
            200,
            r#""title":"Green tea""#,
        ),
        row(
            "GET",
            &format!("/documents/{DOC}/place?start=3&end=9"),
            "",
            200,
            r#""locator":{"kind":"pages","first":2,"last":2,"areas":[{"page":2,"left":100,"#,
        ),
        row("GET", &format!("/documents/{DOC}/original"), "", 200, "# Tea"),
        row(
            "GET",
            &format!("/documents/{DOC}/links"),
            "",
            200,
            r#""backlinks":{"total":1,"documents":[{"document":{"document_id":"#,
        ),
        row(
            "GET",
            &format!("/documents/{DOC}/mail"),
            "",
            200,
            r#""opening":"The kettle sings."}]},"attachments":[]}"#,
        ),
        row(
            "GET",
            &format!("/documents/{DOC}/similar?limit=1"),
            "",
            200,
            r#""similarity":0.5}]}"#,
        ),
        row("GET", "/sources", "", 200, r#""root":"/home/ada""#),
        row(
            "POST",
            "/sources",
            r#"{"path": "/new", "space": "x"}"#,
            201,
            r#""root":"/new","space":"x""#,
        ),
        row("DELETE", "/sources/1", "", 204, ""),
        row("POST", "/sources/1/scan", "", 202, "{}"),
        row("POST", "/sources/1/pause", "", 204, ""),
        row("POST", "/sources/1/resume", "", 204, ""),
        row("POST", "/pause", "", 204, ""),
        row("POST", "/resume", "", 204, ""),
        row("GET", "/problems", "", 200, r#""total":50000"#),
        row(
            "GET",
            "/problems?source=1&limit=2&offset=3",
            "",
            200,
            r#""total":2003"#,
        ),
        row("GET", "/spaces", "", 200, r#"{"spaces":[]}"#),
        row("GET", "/conversations", "", 200, r#"{"conversations":[]}"#),
        row("GET", "/conversations/c1", "", 200, r#""id":"c1""#),
        row(
            "GET",
            "/conversations?q=%E8%8C%B6%20tea",
            "",
            200,
            r#"{"conversations":[{"id":"c1","title":"茶 tea""#,
        ),
        row("GET", "/conversations/c1/export", "", 200, "Markdown of c1"),
        row(
            "GET",
            "/conversations/c1/export?format=json",
            "",
            200,
            "Json of c1",
        ),
        row("PATCH", "/conversations/c1", r#"{"title": "Tea"}"#, 204, ""),
        row("DELETE", "/conversations/c1", "", 204, ""),
        row("GET", "/receipts/r1", "", 200, r#"{"receipt":1,"id":"r1""#),
        row(
            "POST",
            "/judgements",
            r#"{"query": "tea", "document_id": "d", "right": true, "kinds": ["note"]}"#,
            200,
            r#""query":"tea","document_id":"d","quote":"","right":true"#,
        ),
        row(
            "GET",
            "/judgements",
            "",
            200,
            r#"{"total":50000,"judgements":[]}"#,
        ),
        row(
            "GET",
            "/judgements?query=%E8%8C%B6&limit=2&offset=1",
            "",
            200,
            r#""total":2004"#,
        ),
        row("GET", "/judgements/set", "", 200, "name = \"judgements\""),
        row("DELETE", "/judgements/1", "", 204, ""),
    ]
}

#[tokio::test]
async fn every_route_replies() {
    let client = Client::new();
    for (method, path, body, status, holds) in happy() {
        let reply = client.send(client.request(method, &path, body)).await;
        assert_eq!(reply.status.as_u16(), status, "{method} {path}: {}", reply.body);
        assert!(reply.body.contains(holds), "{method} {path}: {}", reply.body);
    }
}

#[tokio::test]
async fn every_route_wants_the_token() {
    let client = Client::new();
    let rows = happy();
    let others = [
        ("GET", "/api/v1/events".to_owned(), ""),
        ("GET", "/api/v1/no/such/route".to_owned(), ""),
    ];
    let rows = rows
        .into_iter()
        .map(|(method, path, body, _, _)| (method, path, body))
        .chain(others);
    for (method, path, body) in rows {
        let mut none = client.request(method, &path, body);
        none.headers_mut().remove(header::AUTHORIZATION);
        let reply = client.send(none).await;
        assert_eq!(
            reply.failure(),
            (401, "unauthorized".to_owned()),
            "{method} {path}"
        );
        assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Bearer");

        let mut wrong = client.request(method, &path, body);
        wrong
            .headers_mut()
            .insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer 00"));
        assert_eq!(client.send(wrong).await.failure().0, 401, "{method} {path}");

        let mut in_url = client.request(method, &format!("{path}?token={}", client.token.reveal()), body);
        in_url.headers_mut().remove(header::AUTHORIZATION);
        assert_eq!(client.send(in_url).await.failure().0, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn judgements_are_saved_as_a_file() {
    let reply = Client::new().get("/api/v1/judgements/set").await;
    assert_eq!(
        reply.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"judgements.toml\""
    );
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_conversation_is_saved_as_a_file() {
    let client = Client::new();
    for (query, media_type, name) in [
        ("", "text/markdown; charset=utf-8", "conversation.md"),
        ("?format=json", "application/json", "conversation.json"),
    ] {
        let reply = client
            .get(&format!("/api/v1/conversations/c1/export{query}"))
            .await;
        assert_eq!(reply.headers[header::CONTENT_TYPE], media_type);
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!(reply.headers[header::CONTENT_DISPOSITION], disposition.as_str());
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn an_original_is_saved_unless_it_is_a_picture_that_is_to_be_shown() {
    let client = Client::new();
    for (doc, query, media_type, disposition, holds) in [
        (DOC, "", "application/octet-stream", "attachment; ", "document"),
        (
            DOC,
            "?show=1",
            "application/octet-stream",
            "attachment; ",
            "document",
        ),
        (&PICTURE.to_string(), "", "image/png", "attachment; ", "document"),
        (
            &PICTURE.to_string(),
            "?show=1",
            "image/png",
            "inline; ",
            "document",
        ),
        (
            &WEB_PAGE.to_string(),
            "?show=1",
            "application/octet-stream",
            "attachment; ",
            "file",
        ),
    ] {
        let reply = client
            .get(&format!("/api/v1/documents/{doc}/original{query}"))
            .await;
        let headers = &reply.headers;
        assert_eq!(headers[header::CONTENT_TYPE], media_type, "{doc}{query}");
        let found = headers[header::CONTENT_DISPOSITION].to_str().expect("ASCII");
        assert!(found.starts_with(disposition), "{doc}{query}: {found}");
        assert_eq!(headers["rushlight-original"], holds);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers.get_all(header::CONTENT_SECURITY_POLICY).iter().count(), 1);
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("ASCII");
        assert!(policy.starts_with("sandbox; default-src 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn an_original_comes_whole_under_a_name_that_is_harmless() {
    let client = Client::new();
    let picture = client.get(&format!("/api/v1/documents/{PICTURE}/original")).await;
    assert_eq!(picture.headers[header::CONTENT_LENGTH], "700000");
    assert_eq!(picture.body.len(), 700_000);
    let page = client
        .get(&format!("/api/v1/documents/{WEB_PAGE}/original"))
        .await;
    assert_eq!(
        page.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"___.html\"; filename*=UTF-8''_%E8%8C%B6_.html"
    );
}

#[tokio::test]
async fn a_receipt_comes_as_it_was_sealed() {
    let reply = Client::new().get("/api/v1/receipts/r1").await;
    let found = rushlight_api::Receipt::read(&reply.body, "the reply").expect("a receipt");
    assert!(found.intact);
}

#[tokio::test]
async fn the_cookie_is_as_good_as_the_header() {
    let client = Client::new();
    let cookie = format!("other=1; rushlight_session={}", client.token.reveal());
    let mut request = client.request("GET", "/api/v1/status", "");
    request.headers_mut().remove(header::AUTHORIZATION);
    request
        .headers_mut()
        .insert(header::COOKIE, cookie.parse().expect("a value"));
    assert_eq!(client.send(request).await.status, 200);
}

#[tokio::test]
async fn bad_input_is_refused_in_our_shape() {
    let client = Client::new();
    let nowhere = format!("/documents/{}", "f".repeat(32));
    let unplaced = format!("{nowhere}/place");
    let reversed = format!("{nowhere}/place?start=3&end=3");
    let unknown_original = format!("{nowhere}/original");
    let no_mail = format!("{nowhere}/mail");
    let changed_original = format!("/documents/{CHANGED}/original?show=1");
    let shown_twice = format!("/documents/{DOC}/original?show=2");
    let original_of_path = format!("/documents/{DOC}/original?path=/etc/passwd");
    let long = format!("/documents/{}", "f".repeat(5000));
    let many = format!(r#"{{"query": "a", "chunks": [{}""]}}"#, "\"\", ".repeat(10));
    let deep = format!(r#"{{"query": {}"#, "[".repeat(10_000));
    let rows: Vec<(&str, &str, &str, u16, &str)> = vec![
        ("POST", "/search", "", 400, "invalid_request"),
        ("POST", "/search", "{", 400, "invalid_request"),
        ("POST", "/search", "[]", 400, "invalid_request"),
        ("POST", "/search", "{}", 400, "invalid_request"),
        ("POST", "/search", r#"{"query": 1}"#, 400, "invalid_request"),
        (
            "POST",
            "/search",
            r#"{"query": "a", "color": "red"}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/search",
            r#"{"query": "a", "limit": 101}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/search",
            r#"{"query": "a", "from": "yesterday"}"#,
            400,
            "invalid_request",
        ),
        ("POST", "/search", r#"{"query": "a"} {}"#, 400, "invalid_request"),
        (
            "POST",
            "/search",
            r#"{"query": "a", "sort": "best"}"#,
            400,
            "invalid_request",
        ),
        ("POST", "/search/facets", "{}", 400, "invalid_request"),
        (
            "POST",
            "/search/facets",
            r#"{"query": "a", "facets": true}"#,
            400,
            "invalid_request",
        ),
        ("POST", "/search", &deep, 400, "invalid_request"),
        (
            "POST",
            "/search",
            r#"{"query": "a", "utc_offset": 1440}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/search",
            r#"{"query": "a", "utc_offset": -2147483648}"#,
            400,
            "invalid_request",
        ),
        ("POST", "/ask", r#"{"query": "a"}"#, 400, "invalid_request"),
        ("GET", "/documents/abc", "", 400, "invalid_id"),
        ("GET", &unplaced, "", 400, "invalid_request"),
        ("GET", &reversed, "", 400, "invalid_request"),
        ("GET", "/documents/abc/original", "", 400, "invalid_id"),
        ("GET", &unknown_original, "", 404, "document_not_found"),
        ("GET", &changed_original, "", 409, "file_changed"),
        ("GET", &shown_twice, "", 400, "invalid_request"),
        ("GET", &original_of_path, "", 400, "invalid_request"),
        ("GET", "/documents/abc/links", "", 400, "invalid_id"),
        ("GET", "/documents/abc/mail", "", 400, "invalid_id"),
        ("GET", &no_mail, "", 404, "document_not_found"),
        ("GET", "/documents/abc/similar", "", 400, "invalid_id"),
        ("GET", "/documents/%ff", "", 400, "invalid_id"),
        ("GET", "/documents/..%2f..%2fetc%2fpasswd", "", 400, "invalid_id"),
        ("GET", &long, "", 400, "invalid_id"),
        ("GET", &nowhere, "", 404, "document_not_found"),
        (
            "POST",
            "/sources",
            r#"{"path": "notes", "space": "x"}"#,
            400,
            "path_unsuitable",
        ),
        (
            "POST",
            "/sources",
            r#"{"path": "/notes", "space": " "}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/sources",
            r#"{"path": "/notes"}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/sources",
            r#"{"path": "/exists", "space": "x"}"#,
            409,
            "source_exists",
        ),
        ("DELETE", "/sources/one", "", 400, "invalid_id"),
        ("DELETE", "/sources/2", "", 404, "source_not_found"),
        (
            "POST",
            "/sources/99999999999999999999/scan",
            "",
            400,
            "invalid_id",
        ),
        ("POST", "/sources/2/scan", "", 404, "source_not_found"),
        ("POST", "/sources/2/pause", "", 404, "source_not_found"),
        ("POST", "/sources/2/resume", "", 404, "source_not_found"),
        ("GET", "/problems?limit=0", "", 400, "invalid_request"),
        ("GET", "/problems?limit=501", "", 400, "invalid_request"),
        ("GET", "/problems?limit=many", "", 400, "invalid_request"),
        ("GET", "/problems?offset=-1", "", 400, "invalid_request"),
        ("GET", "/problems?order=up", "", 400, "invalid_request"),
        ("GET", "/problems?source=2", "", 404, "source_not_found"),
        (
            "POST",
            "/search/sentences",
            r#"{"query": "a", "chunks": []}"#,
            400,
            "invalid_request",
        ),
        ("POST", "/search/sentences", &many, 400, "invalid_request"),
        (
            "POST",
            "/search/sentences",
            r#"{"query": "a", "chunks": ["c"]}"#,
            400,
            "invalid_id",
        ),
        ("GET", "/suggest", "", 400, "invalid_request"),
        ("GET", "/suggest?q=a&limit=0", "", 400, "invalid_request"),
        ("GET", "/suggest?q=a&limit=51", "", 400, "invalid_request"),
        ("GET", "/suggest?q=a&limit=x", "", 400, "invalid_request"),
        ("GET", "/suggest?q=a&q=b", "", 400, "invalid_request"),
        ("GET", "/suggest?q=a&spaces=b", "", 400, "invalid_request"),
        ("GET", "/conversations/c2", "", 404, "conversation_not_found"),
        ("DELETE", "/conversations/c2", "", 404, "conversation_not_found"),
        ("GET", "/conversations?q=", "", 400, "query_empty"),
        ("GET", "/conversations?p=tea", "", 400, "invalid_request"),
        (
            "GET",
            "/conversations/c2/export",
            "",
            404,
            "conversation_not_found",
        ),
        (
            "GET",
            "/conversations/c1/export?format=pdf",
            "",
            400,
            "invalid_request",
        ),
        ("PATCH", "/conversations/c1", "", 400, "invalid_request"),
        ("PATCH", "/conversations/c1", "{}", 400, "invalid_request"),
        (
            "PATCH",
            "/conversations/c1",
            r#"{"title": ""}"#,
            400,
            "invalid_request",
        ),
        (
            "PATCH",
            "/conversations/c1",
            r#"{"title": "a", "owner": "user:eve"}"#,
            400,
            "invalid_request",
        ),
        (
            "PATCH",
            "/conversations/c2",
            r#"{"title": "a"}"#,
            404,
            "conversation_not_found",
        ),
        ("GET", "/receipts/r2", "", 404, "receipt_not_found"),
        ("DELETE", "/receipts/r1", "", 405, "method_not_allowed"),
        ("POST", "/judgements", "{}", 400, "invalid_request"),
        (
            "POST",
            "/judgements",
            r#"{"query": "a", "document_id": "d", "right": "yes"}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/judgements",
            r#"{"query": "a", "document_id": "d", "right": true, "kinds": ["film"]}"#,
            400,
            "invalid_request",
        ),
        ("GET", "/judgements?limit=501", "", 400, "invalid_request"),
        ("DELETE", "/judgements/2", "", 404, "judgement_not_found"),
        ("GET", "/judgements/1", "", 405, "method_not_allowed"),
        ("GET", "/no/such/route", "", 404, "not_found"),
        ("GET", "", "", 404, "not_found"),
        ("GET", "/", "", 404, "not_found"),
        ("GET", "/search", "", 405, "method_not_allowed"),
        ("PUT", "/sources", "", 405, "method_not_allowed"),
        ("OPTIONS", "/search", "", 405, "method_not_allowed"),
    ];
    for (method, path, body, status, code) in rows {
        let reply = client
            .send(client.request(method, &format!("/api/v1{path}"), body))
            .await;
        assert_eq!(
            reply.failure(),
            (status, code.to_owned()),
            "{method} {path} {body:.60}"
        );
        assert!(reply.body.len() < 2000, "{method} {path:.60}: {}", reply.body);
    }
}

#[tokio::test]
async fn only_json_is_taken_as_json() {
    let client = Client::new();
    let with = |content_type: Option<&'static str>| {
        let mut request = client.request("POST", "/api/v1/search", r#"{"query": "a"}"#);
        request.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(content_type) = content_type {
            request
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        request
    };
    for good in ["application/json", "Application/JSON; charset=utf-8"] {
        assert_eq!(client.send(with(Some(good))).await.status, 200, "{good}");
    }
    // What a form or a simple cross-site request can send.
    for bad in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
    ] {
        assert_eq!(
            client.send(with(bad)).await.failure(),
            (400, "invalid_request".to_owned()),
            "{bad:?}"
        );
    }
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let client = Client::new();
    let most = Limits::default().body_bytes - body("query", "").len();
    assert_eq!(
        client
            .post("/api/v1/search", &body("query", &"a".repeat(most)))
            .await
            .status,
        200
    );
    for (path, field) in [("/api/v1/search", "query"), ("/api/v1/ask", "question")] {
        let reply = client.post(path, &body(field, &"a".repeat(256 * 1024))).await;
        assert_eq!(reply.failure(), (413, "request_too_large".to_owned()));
    }
}

#[tokio::test]
async fn what_the_service_says_is_passed_on() {
    let client = Client::new();
    let reply = client.post("/api/v1/search", &body("query", FAILS)).await;
    assert_eq!(reply.failure(), (503, "search_unavailable".to_owned()));
    assert_eq!(reply.json()["error"]["hint"], "run `rushlight doctor`");
}

#[tokio::test]
async fn a_panic_is_an_error_that_tells_nothing() {
    let client = Client::new();
    let reply = client.post("/api/v1/search", &body("query", PANICS)).await;
    assert_eq!(reply.failure(), (500, "internal".to_owned()));
    assert!(!reply.body.contains("swordfish"));
    assert_eq!(client.get("/api/v1/status").await.status, 200, "it goes on");
}

#[tokio::test]
async fn a_request_ends_when_its_time_is_up() {
    let client = Client::with(Limits {
        request_time: Duration::from_millis(20),
        ..Limits::default()
    });
    let reply = client.post("/api/v1/search", &body("query", HANGS)).await;
    assert_eq!(reply.failure(), (504, "timeout".to_owned()));
}

#[tokio::test]
async fn too_many_requests_at_once_are_told_so() {
    let client = Client::with(Limits {
        requests: 2,
        ..Limits::default()
    });
    let first = client.open(client.request("GET", "/api/v1/events", "")).await;
    let second = client.open(client.request("GET", "/api/v1/events", "")).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    assert_eq!(
        client.get("/api/v1/status").await.failure(),
        (503, "busy".to_owned())
    );
    drop(first);
    assert_eq!(
        client.get("/api/v1/status").await.status,
        200,
        "a stream counts until it ends"
    );
}
