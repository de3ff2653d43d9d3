//! What only shows in the bytes of a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rushlight_core::ErrorCode;
use rushlight_server::{Limits, ServeOptions, Token, bind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::fake::{FakeService, HANGS, body};

struct Running {
    addr: SocketAddr,
    token: Token,
    service: Arc<FakeService>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<rushlight_core::Result<()>>,
}

fn options(addr: &str) -> ServeOptions {
    ServeOptions {
        addr: addr.parse().expect("an address"),
        token: Token::random().expect("randomness"),
        limits: Limits::default(),
    }
}

async fn start(limits: Limits) -> Running {
    let options = ServeOptions {
        limits,
        ..options("127.0.0.1:0")
    };
    let token = options.token.clone();
    let server = bind(options).await.expect("a free port");
    let addr = server.addr();
    assert_ne!(addr.port(), 0);
    assert_eq!(server.link(), format!("http://{addr}/?token={}", token.reveal()));
    let service = FakeService::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.serve(service.clone(), async {
        // Either it is told, or the test is over.
        let _ = stopped.await;
    }));
    Running {
        addr,
        token,
        service,
        stop,
        served,
    }
}

impl Running {
    /// Sends these bytes and reads until the server closes the connection.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.addr).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        rest(&mut stream).await
    }

    fn ask(&self) -> String {
        let body = body("question", HANGS);
        format!(
            "POST /api/v1/ask HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.addr,
            self.token.reveal(),
            body.len(),
        )
    }
}

/// Everything up to the end of the connection, which comes or the test never ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until `text` has come.
async fn until(stream: &mut TcpStream, text: &str) {
    let mut read = String::new();
    while !read.contains(text) {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.expect("readable");
        assert_ne!(count, 0, "the connection ended before `{text}`: {read}");
        read.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}

#[tokio::test]
async fn the_target_and_the_host_are_taken_to_the_letter() {
    let running = start(Limits::default()).await;
    let port = running.addr.port();
    let close = "Connection: close\r\n\r\n";
    let rows = [
        (
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            200,
        ),
        (
            format!("GET / HTTP/1.1\r\nhOsT: localhost:{port}\r\n{close}"),
            200,
        ),
        (format!("GET / HTTP/1.1\r\nHost: [::1]:{port}\r\n{close}"), 200),
        (format!("GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n"), 200),
        (format!("GET / HTTP/1.1\r\n{close}"), 403),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), 403),
        (format!("GET / HTTP/1.1\r\nHost:\r\n{close}"), 403),
        (format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{close}"), 403),
        (
            format!("GET / HTTP/1.1\r\nHost: evil.example:{port}\r\n{close}"),
            403,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n{close}"),
            403,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            403,
        ),
        (
            format!("GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            403,
        ),
        (
            format!("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            403,
        ),
        (
            format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            403,
        ),
        (
            format!("OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            404,
        ),
        (
            format!("GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            404,
        ),
        (
            format!("GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{close}"),
            401,
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: {}\r\n{close}",
                "a".repeat(200_000)
            ),
            431,
        ),
    ];
    for (request, status) in rows {
        let reply = running.raw(&request).await;
        let expected = [format!("HTTP/1.1 {status} "), format!("HTTP/1.0 {status} ")];
        assert!(
            expected.iter().any(|start| reply.starts_with(start)),
            "{request:.200}\n-> {reply:.200}"
        );
    }
}

#[tokio::test]
async fn a_client_that_is_slow_to_say_what_it_wants_is_dropped() {
    let limits = Limits {
        header_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let running = start(limits).await;
    for partial in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "] {
        let reply = running.raw(partial).await;
        assert!(!reply.contains("200 OK"), "{reply}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits {
        request_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let running = start(limits).await;
    for path in ["search", "ask"] {
        let reply = running
            .raw(&format!(
                "POST /api/v1/{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{{",
                running.addr,
                running.token.reveal(),
            ))
            .await;
        assert!(
            reply.starts_with("HTTP/1.1 504 ") && reply.contains(r#""code":"timeout""#),
            "{path}: {reply}"
        );
    }
}

#[tokio::test]
async fn closing_the_connection_cancels_the_answer() {
    let running = start(Limits::default()).await;
    let mut stream = TcpStream::connect(running.addr).await.expect("connected");
    stream.write_all(running.ask().as_bytes()).await.expect("sent");
    until(&mut stream, "event: reading").await;
    drop(stream);
    running.service.cancelled.notified().await;
}

#[tokio::test]
async fn stopping_ends_every_connection() {
    let running = start(Limits::default()).await;
    let mut idle = TcpStream::connect(running.addr).await.expect("connected");
    let mut asking = TcpStream::connect(running.addr).await.expect("connected");
    asking.write_all(running.ask().as_bytes()).await.expect("sent");
    until(&mut asking, "event: reading").await;

    running.stop.send(()).expect("it listens");
    assert!(rest(&mut asking).await.contains(r#""code":"cancelled""#));
    assert_eq!(rest(&mut idle).await, "");
    running.served.await.expect("no panic").expect("stopped");
    running.service.cancelled.notified().await;
    assert!(
        TcpStream::connect(running.addr).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn a_taken_port_is_said_to_be_taken() {
    let first = bind(options("127.0.0.1:0")).await.expect("a free port");
    let error = bind(options(&first.addr().to_string())).await.expect_err("taken");
    assert_eq!(error.code(), ErrorCode::PortInUse);
    assert!(
        error.message().contains(&first.addr().port().to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_else_is_served() {
    for addr in [
        "0.0.0.0:0",
        "192.168.1.2:0",
        "127.0.0.2:0",
        "8.8.8.8:0",
        "[::]:0",
        "[::ffff:127.0.0.1]:0",
        "[fe80::1]:0",
    ] {
        let error = bind(options(addr)).await.expect_err(addr);
        assert_eq!(error.code(), ErrorCode::BindNotLoopback, "{addr}");
    }
}
