//! `rushlight serve`: the API over real sockets, and the folder followed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary::{Installation, models_are_installed};

/// A running server; ended when this goes.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) token: String,
}

impl Server {
    pub(crate) fn start(installation: &Installation) -> Self {
        let mut child = installation
            .command(&["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped"))
            .read_line(&mut line)
            .expect("a line");
        let link = line
            .split_whitespace()
            .find(|word| word.starts_with("http://127.0.0.1:"))
            .expect("a link");
        let (address, token) = link.split_once("/?token=").expect("a token");
        let port = address
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port");
        Self {
            child,
            port,
            token: token.to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.send(&format!("GET {path} HTTP/1.1"), &self.own_headers(), "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(
            &format!("POST {path} HTTP/1.1"),
            &self.own_headers(),
            &body.to_string(),
        )
    }

    pub(crate) fn own_headers(&self) -> Vec<String> {
        vec![
            format!("Host: 127.0.0.1:{}", self.port),
            format!("Authorization: Bearer {}", self.token),
        ]
    }

    /// One request, byte for byte as given; the reply's status and JSON, `null` where it has none.
    pub(crate) fn send(&self, request: &str, headers: &[String], body: &str) -> (u16, Value) {
        let reply = self.raw(request, headers, body);
        let status = reply
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .expect("a status");
        let json = reply
            .find('{')
            .and_then(|at| serde_json::from_str(&reply[at..=reply.rfind('}')?]).ok());
        (status, json.unwrap_or(Value::Null))
    }

    pub(crate) fn raw(&self, request: &str, headers: &[String], body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(180)))
            .expect("a timeout");
        let mut text = format!(
            "{request}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.push_str(body);
        stream.write_all(text.as_bytes()).expect("the request is sent");
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).expect("the reply is read");
        String::from_utf8_lossy(&reply).into_owned()
    }

    fn found(&self, query: &str) -> Vec<String> {
        let (status, reply) = self.post("/api/v1/search", &json!({"query": query, "mode": "keyword"}));
        assert_eq!(status, 200, "{reply}");
        let hits = reply["hits"].as_array().expect("a list");
        hits.iter()
            .map(|hit| hit["path"].as_str().expect("a path").to_owned())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn changes_are_followed_while_serving_and_caught_up_after() {
    if !models_are_installed() {
        return;
    }
    let installation = Installation::new();
    installation.write("tea.md", "# Tea\n\nGreen tea is steeped at 70 degrees.\n");
    installation.add_notes("personal");
    let server = Server::start(&installation);
    eventually("the folder is indexed", || !server.found("steeped").is_empty());
    installation.write(
        "tea.md",
        "# Tea\n\nGreen tea is steeped at 70 degrees. Buy a thermometer.\n",
    );
    eventually("an edit is found", || !server.found("thermometer").is_empty());
    std::fs::rename(
        installation.notes().join("tea.md"),
        installation.notes().join("green tea 🍵.md"),
    )
    .expect("renamed");
    eventually("a rename is followed", || {
        server
            .found("thermometer")
            .iter()
            .any(|path| path.ends_with("green tea 🍵.md"))
    });
    std::fs::remove_file(installation.notes().join("green tea 🍵.md")).expect("deleted");
    eventually("a deletion is followed", || {
        server.found("thermometer").is_empty()
    });
    drop(server);

    installation.write("later.md", "# Later\n\nWritten while nobody watched.\n");
    let server = Server::start(&installation);
    eventually("what was missed is caught up", || {
        !server.found("nobody").is_empty()
    });
}

#[test]
fn an_answer_is_streamed_and_its_citation_opens() {
    if !models_are_installed() {
        return;
    }
    let installation = Installation::new();
    installation.write(
        "tea.md",
        "# Tea\n\nGreen tea is steeped at 70 degrees for two minutes.\n",
    );
    installation.add_notes("personal");
    installation.ok(&["index"]);
    let server = Server::start(&installation);
    let body = json!({"question": "At how many degrees is green tea steeped?"}).to_string();
    let stream = server.raw("POST /api/v1/ask HTTP/1.1", &server.own_headers(), &body);
    let order: Vec<&str> = stream
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    assert_eq!(
        order.get(..3),
        Some(&["route", "first", "evidence"][..]),
        "{stream}"
    );
    assert_eq!(order.last(), Some(&"answer"), "{stream}");
    assert!(
        order.contains(&"reading") && order.contains(&"piece"),
        "{order:?}"
    );
    let data = stream
        .lines()
        .rfind(|line| line.starts_with("data: "))
        .expect("data");
    let finished: Value = serde_json::from_str(&data["data: ".len()..]).expect("JSON");
    let citation = &finished["answer"]["citations"][0];
    let id = citation["document_id"].as_str().expect("an id");

    let (status, document) = server.get(&format!("/api/v1/documents/{id}"));
    assert_eq!(status, 200);
    let quote = citation["quote"].as_str().expect("a quotation");
    let sections = document["sections"].as_array().expect("sections");
    assert!(
        sections
            .iter()
            .any(|section| section["text"].as_str().is_some_and(|text| text.contains(quote))),
        "{document}"
    );

    let conversation = finished["conversation"].as_str().expect("it is kept");
    let (status, kept) = server.get(&format!("/api/v1/conversations/{conversation}"));
    assert_eq!(
        (status, &kept["turns"][0]["answer"]["text"]),
        (200, &finished["answer"]["text"])
    );
}

#[test]
fn strangers_are_turned_away() {
    let installation = Installation::new();
    let server = Server::start(&installation);
    let host = format!("Host: 127.0.0.1:{}", server.port);
    let token = format!("Authorization: Bearer {}", server.token);
    let status = |headers: &[String]| server.send("GET /api/v1/status HTTP/1.1", headers, "").0;
    assert_eq!(status(&[host.clone(), token.clone()]), 200);
    assert_eq!(status(std::slice::from_ref(&host)), 401, "no token");
    assert_eq!(
        status(&[host.clone(), "Authorization: Bearer 0000".to_owned()]),
        401,
        "a wrong token"
    );
    assert_eq!(
        status(&["Host: evil.example".to_owned(), token.clone()]),
        403,
        "DNS rebinding"
    );
    assert_eq!(
        status(&[
            host.clone(),
            token.clone(),
            "Origin: https://evil.example".to_owned()
        ]),
        403,
        "another site"
    );
    assert_eq!(
        status(&[host, token, "Sec-Fetch-Site: cross-site".to_owned()]),
        403,
        "another site, as browsers say it"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(installation.data().join("token"))
            .expect("the token's file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
