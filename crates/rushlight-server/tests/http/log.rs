//! What is logged: never a word of anybody's.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::fake::{Client, FAILS, PANICS, body};

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Memory {
    type Writer = Memory;

    fn make_writer(&'a self) -> Memory {
        self.clone()
    }
}

#[tokio::test]
async fn no_text_of_a_request_is_logged() {
    let memory = Memory::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(memory.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let client = Client::new();
    for text in ["swordfish", FAILS, PANICS] {
        client.post("/api/v1/search", &body("query", text)).await;
        client.post("/api/v1/ask", &body("question", text)).await;
    }
    client
        .post("/api/v1/search", r#"{"query": "swordfish", "swordfish": 1}"#)
        .await;
    client
        .post("/api/v1/search", r#"{"query": "a", "limit": "swordfish"}"#)
        .await;
    for text in ["swordfish", FAILS] {
        let judge = serde_json::json!({ "query": text, "document_id": "d", "right": true });
        client.post("/api/v1/judgements", &judge.to_string()).await;
    }
    client.get("/api/v1/judgements?query=swordfish").await;
    client.get("/api/v1/documents/swordfish").await;
    client.get("/api/v1/problems?order=swordfish").await;
    client.get("/swordfish").await;
    client.get(&format!("/?token={}", client.token.reveal())).await;

    let log = String::from_utf8(memory.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    assert!(log.contains("/api/v1/search"), "requests are logged: {log}");
    assert!(log.contains("search_unavailable"), "{log}");
    assert!(!log.contains("swordfish"), "{log}");
    assert!(!log.contains(client.token.reveal()), "{log}");
}
