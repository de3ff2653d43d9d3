//! The routes of the Library and of models and health: as they should be called, called wrongly, and without the token.

use async_trait::async_trait;
use axum::http::header;
use rushlight_api as api;
use rushlight_core::{Error, ErrorCode, Principal, Result, SourceId, Timestamp};
use rushlight_server::Upkeep;

use crate::fake::{Client, FakeService};

#[async_trait]
impl Upkeep for FakeService {
    async fn folders(&self, path: Option<String>, hidden: bool) -> Result<api::Folders> {
        if path.as_deref() == Some("/etc") {
            return Err(Error::new(ErrorCode::FolderForbidden, "the folder lies outside"));
        }
        Ok(api::Folders {
            path: path.unwrap_or_default(),
            hidden: u64::from(!hidden),
            folders: vec![api::Folder {
                name: "tea\u{202e}\n".to_owned(),
                path: "/home/ada/tea".to_owned(),
                source: Some(api::Taken::Itself),
            }],
            ..api::Folders::default()
        })
    }

    async fn overview(&self, principals: Vec<Principal>, utc_offset: i32) -> Result<api::Overview> {
        assert_eq!(principals, [Principal::owner()]);
        Ok(api::Overview {
            documents: utc_offset.unsigned_abs().into(),
            ..api::Overview::default()
        })
    }

    async fn unreadable(
        &self,
        principals: Vec<Principal>,
        limit: usize,
        offset: usize,
    ) -> Result<api::Unreadable> {
        assert_eq!(principals, [Principal::owner()]);
        Ok(api::Unreadable {
            total: (limit * 1000 + offset) as u64,
            documents: Vec::new(),
        })
    }

    async fn retry_file(&self, source: SourceId, path: String) -> Result<()> {
        match (source, path.as_str()) {
            (SourceId(1), "scan.pdf") => Ok(()),
            (SourceId(1), _) => Err(Error::new(ErrorCode::PathNotFound, "there is no such file")),
            _ => Err(Error::new(ErrorCode::SourceNotFound, "there is no such source")),
        }
    }

    async fn source_rules(&self, source: SourceId) -> Result<api::SourceRules> {
        match source {
            SourceId(1) => Ok(api::SourceRules {
                builtin: vec![".*".to_owned()],
                file_name: ".rushlightignore".to_owned(),
                ..api::SourceRules::default()
            }),
            _ => Err(Error::new(ErrorCode::SourceNotFound, "there is no such source")),
        }
    }

    async fn health(&self, principals: Vec<Principal>) -> Result<api::Health> {
        assert_eq!(principals, [Principal::owner()]);
        Ok(api::Health {
            version: "0.1.0".to_owned(),
            data_dir: "/data".to_owned(),
            models: Vec::new(),
            speed: None,
            memory: None,
            disk: Vec::new(),
            indexes: Vec::new(),
            check: None,
        })
    }

    async fn start_check(&self) -> Result<api::HealthCheck> {
        Ok(api::HealthCheck::begun(Timestamp(0)))
    }
}

/// Method, path below the API's, body, status of the reply, and what its body holds.
const GOOD: [(&str, &str, &str, u16, &str); 12] = [
    (
        "GET",
        "/folders",
        "",
        200,
        r#"{"path":"","trail":[],"source":null,"folders":["#,
    ),
    (
        "GET",
        "/folders?path=%2Fhome%2Fada&hidden=true",
        "",
        200,
        r#"\n","path":"/home/ada/tea","source":"itself"}],"hidden":0,"left_out":0}"#,
    ),
    (
        "GET",
        "/library/overview",
        "",
        200,
        r#"{"documents":0,"text_bytes":0,"files":0,"#,
    ),
    (
        "GET",
        "/library/overview?utc_offset=-480",
        "",
        200,
        r#"{"documents":28800,"#,
    ),
    (
        "GET",
        "/library/overview?utc_offset=0",
        "",
        200,
        r#""years":[],"indexed":{"by":"day","periods":[],"before":0},"to_ask":[]}"#,
    ),
    (
        "GET",
        "/library/unreadable",
        "",
        200,
        r#"{"total":50000,"documents":[]}"#,
    ),
    (
        "GET",
        "/library/unreadable?limit=2&offset=3",
        "",
        200,
        r#"{"total":2003,"#,
    ),
    (
        "POST",
        "/problems/retry",
        r#"{"source_id": 1, "path": "scan.pdf"}"#,
        202,
        "{}",
    ),
    (
        "GET",
        "/sources/1/rules",
        "",
        200,
        r#"{"builtin":[".*"],"configured":[],"file_name":".rushlightignore","#,
    ),
    (
        "GET",
        "/health",
        "",
        200,
        r#""speed":null,"memory":null,"disk":[],"indexes":[],"check":null}"#,
    ),
    (
        "POST",
        "/health/check",
        "",
        202,
        r#"{"started":"1970-01-01T00:00:00Z","finished":null,"findings":[]}"#,
    ),
    ("POST", "/health/check", "{}", 202, r#""findings":[]"#),
];

#[tokio::test]
async fn each_route_answers_and_is_not_kept_in_a_cache() {
    let client = Client::new();
    for (method, path, body, status, holds) in GOOD {
        let reply = client
            .send(client.request(method, &format!("/api/v1{path}"), body))
            .await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
        assert!(reply.body.contains(holds), "{method} {path}: {}", reply.body);
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn none_answers_without_the_token() {
    let client = Client::new();
    for (method, path, body, ..) in GOOD {
        let mut request = client.request(method, &format!("/api/v1{path}"), body);
        request.headers_mut().remove(header::AUTHORIZATION);
        let reply = client.send(request).await;
        assert_eq!(
            reply.failure(),
            (401, "unauthorized".to_owned()),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn bad_input_is_refused_in_our_shape() {
    let client = Client::new();
    for (method, path, body, status, code) in [
        ("GET", "/folders?path=%2Fetc", "", 403, "folder_forbidden"),
        ("GET", "/folders?hidden=maybe", "", 400, "invalid_request"),
        ("GET", "/folders?paths=%2Fhome", "", 400, "invalid_request"),
        ("GET", "/folders?path=a&path=b", "", 400, "invalid_request"),
        ("POST", "/folders", "{}", 405, "method_not_allowed"),
        (
            "GET",
            "/library/overview?utc_offset=1440",
            "",
            400,
            "invalid_request",
        ),
        ("GET", "/library/overview?space=a", "", 400, "invalid_request"),
        ("GET", "/library/unreadable?limit=0", "", 400, "invalid_request"),
        ("GET", "/library/unreadable?limit=501", "", 400, "invalid_request"),
        ("POST", "/problems/retry", "", 400, "invalid_request"),
        (
            "POST",
            "/problems/retry",
            r#"{"path": "scan.pdf"}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/problems/retry",
            r#"{"source_id": "1", "path": "a"}"#,
            400,
            "invalid_request",
        ),
        (
            "POST",
            "/problems/retry",
            r#"{"source_id": 1, "path": "gone.pdf"}"#,
            404,
            "path_not_found",
        ),
        (
            "POST",
            "/problems/retry",
            r#"{"source_id": 2, "path": "scan.pdf"}"#,
            404,
            "source_not_found",
        ),
        ("GET", "/sources/2/rules", "", 404, "source_not_found"),
        ("GET", "/sources/one/rules", "", 400, "invalid_id"),
        ("GET", "/health/check", "", 405, "method_not_allowed"),
        ("POST", "/health", "{}", 405, "method_not_allowed"),
    ] {
        let reply = client
            .send(client.request(method, &format!("/api/v1{path}"), body))
            .await;
        assert_eq!(
            reply.failure(),
            (status, code.to_owned()),
            "{method} {path} {body}"
        );
    }
}
