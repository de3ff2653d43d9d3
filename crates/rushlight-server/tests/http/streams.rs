//! Answers and the status as they come.

use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use expect_test::expect;
use futures::FutureExt;
use http_body_util::BodyExt;
use rushlight_server::Limits;

use crate::fake::{Client, FAILS, HANGS, PANICS, body, status};

/// The next piece of a stream as text; `None` at its end.
async fn next(stream: &mut Body) -> Option<String> {
    let frame = stream.frame().await?.expect("a piece");
    Some(String::from_utf8(frame.into_data().expect("data").to_vec()).expect("UTF-8"))
}

#[tokio::test]
async fn an_answer_comes_in_pieces() {
    let client = Client::new();
    let reply = client.post("/api/v1/ask", &body("question", "how hot?")).await;
    assert_eq!(reply.headers[header::CONTENT_TYPE], "text/event-stream");
    expect![[r#"
        event: waiting
        data: {"ahead":2}

        event: evidence
        data: {"passages":[]}

        event: reading
        data: {"done":128,"total":412}

        event: thought
        data: {"text":"hm"}

        event: piece
        data: {"text":"70"}

        event: piece
        data: {"text":" °C\n"}

        event: piece
        data: {"text":"[1]"}

        event: answer
        data: {"answer":{"text":"70 °C [1]","grounding":"grounded","citations":[],"route":{"as":"fact","because":null,"standalone":null,"translated":null,"query":null,"documents":[]},"table":null,"disagreements":[],"dropped":0,"closest":[],"coverage":{"documents":0,"documents_by_meaning":0,"files_not_searched":0,"unreadable_pages":0,"spaces":[]},"left_out":{"hits":0,"sentences":0},"signals":{"coverage":0.0,"sentence_coverage":0.0,"cosine":null,"sentence_cosine":null,"fused":0.0,"unknown":0.0,"answerable":null,"probe":null,"log_probability":null,"probability":null},"model":"model","generation":null},"conversation":"new","receipt":"r1"}

    "#]].assert_eq(&reply.body);
}

#[tokio::test]
async fn an_error_is_the_last_event() {
    let client = Client::new();
    let reply = client.post("/api/v1/ask", &body("question", FAILS)).await;
    expect![[r#"
        event: error
        data: {"error":{"code":"model_missing","message":"model `model` is not installed","hint":"run `rushlight models install`"}}

    "#]].assert_eq(&reply.body);
    let reply = client.post("/api/v1/ask", &body("question", PANICS)).await;
    expect![[r#"
        event: error
        data: {"error":{"code":"internal","message":"answering ended in a panic","hint":"please report it with the message above"}}

    "#]].assert_eq(&reply.body);
}

#[tokio::test]
async fn leaving_cancels_the_answer() {
    let client = Client::new();
    let reply = client
        .open(client.request("POST", "/api/v1/ask", &body("question", HANGS)))
        .await;
    let mut stream = reply.into_body();
    assert!(
        next(&mut stream)
            .await
            .expect("an event")
            .contains("event: reading")
    );
    drop(stream);
    client.service.cancelled.notified().await;
}

#[tokio::test]
async fn stopping_ends_streams_and_cancels_answers() {
    let client = Client::new();
    let asked = client
        .open(client.request("POST", "/api/v1/ask", &body("question", HANGS)))
        .await;
    let mut answer = asked.into_body();
    assert!(
        next(&mut answer)
            .await
            .expect("an event")
            .contains("event: reading")
    );
    let mut events = client
        .open(client.request("GET", "/api/v1/events", ""))
        .await
        .into_body();
    assert!(
        next(&mut events)
            .await
            .expect("an event")
            .contains("event: status")
    );

    client.stop.send_replace(true);
    assert!(
        next(&mut answer)
            .await
            .expect("a last event")
            .contains(r#""code":"cancelled""#)
    );
    assert_eq!(next(&mut answer).await, None);
    assert_eq!(next(&mut events).await, None);
    client.service.cancelled.notified().await;
}

#[tokio::test]
async fn the_status_comes_at_once_and_when_it_changes() {
    let client = Client::with(Limits {
        status_interval: Duration::from_millis(1),
        ..Limits::default()
    });
    let mut events = client
        .open(client.request("GET", "/api/v1/events", ""))
        .await
        .into_body();
    assert!(
        next(&mut events)
            .await
            .expect("at once")
            .contains(r#""indexed":0"#)
    );
    // The same once more is no change.
    client.service.status.send_replace(status(0));
    client.service.status.send_replace(status(7));
    let second = next(&mut events).await.expect("the change");
    assert!(
        second.starts_with("event: status\ndata: {") && second.contains(r#""indexed":7"#),
        "{second}"
    );
}

#[tokio::test]
async fn changes_are_gathered() {
    let client = Client::with(Limits {
        status_interval: Duration::from_secs(3600),
        ..Limits::default()
    });
    let mut events = client
        .open(client.request("GET", "/api/v1/events", ""))
        .await
        .into_body();
    assert!(next(&mut events).await.is_some());
    for indexed in 1..100 {
        client.service.status.send_replace(status(indexed));
        assert!(
            next(&mut events).now_or_never().is_none(),
            "none before the interval is over"
        );
    }
    client.stop.send_replace(true);
    assert_eq!(next(&mut events).await, None, "none before the interval is over");
}
