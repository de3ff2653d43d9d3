//! The shapes as docs/api.md promises them, letter by letter.

use expect_test::{Expect, expect, expect_file};
use rushlight_api as api;
use rushlight_core as core;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, expected: Expect) {
    let json = serde_json::to_string_pretty(value).expect("json");
    assert_eq!(
        &serde_json::from_str::<T>(&json).expect("own output is read"),
        value
    );
    expected.assert_eq(&json);
}

fn hit() -> core::Hit {
    let text = "Steep at 70 °C.";
    core::Hit {
        chunk: core::Chunk {
            id: core::ChunkId([1; 16]),
            doc_id: core::DocId([2; 16]),
            ordinal: 0,
            text: text.to_owned(),
            heading_path: vec!["Tea".to_owned(), "Brewing".to_owned()],
            span: core::TextSpan::new(120, 120 + text.len()),
            locator: core::Locator::Lines { first: 3, last: 9 },
            token_count: 7,
            embedding_key: core::EmbeddingKey([3; 32]),
            confidence: None,
        },
        content_hash: core::ContentHash([4; 32]),
        doc_id: core::DocId([2; 16]),
        title: "Green tea".to_owned(),
        path: "/home/ada/notes/tea.md".to_owned(),
        part: String::new(),
        kind: core::DocumentKind::Note,
        date: core::Timestamp(1_772_355_600_000),
        space_id: core::SpaceId(1),
        space: "personal".to_owned(),
        scores: core::LegScores {
            keyword: Some(7.31),
            semantic: None,
            fused: 0.94,
            reranked: None,
        },
        highlights: vec![core::TextSpan::new(9, 15)],
        online: false,
        also_at: vec![core::OtherPlace {
            doc_id: core::DocId([5; 16]),
            path: "/home/ada/copy/tea.md".to_owned(),
            part: String::new(),
            online: true,
        }],
        more: vec![core::MorePassage {
            chunk: core::Chunk {
                id: core::ChunkId([6; 16]),
                doc_id: core::DocId([2; 16]),
                ordinal: 1,
                text: "Green tea keeps.".to_owned(),
                heading_path: vec!["Tea".to_owned()],
                span: core::TextSpan::new(140, 156),
                locator: core::Locator::Lines { first: 12, last: 12 },
                token_count: 5,
                embedding_key: core::EmbeddingKey([3; 32]),
                confidence: None,
            },
            highlights: vec![core::TextSpan::new(0, 9)],
        }],
        related: vec![core::RelatedDocument {
            doc_id: core::DocId([7; 16]),
            content_hash: core::ContentHash([8; 32]),
            title: "Green tea, first draft".to_owned(),
            path: "/home/ada/notes/tea-draft.md".to_owned(),
            part: String::new(),
            date: core::Timestamp(1_772_355_600_000),
            relation: core::Relation::Version,
        }],
        why: Some(core::Why {
            parts: vec![core::WhyPart {
                name: "words".to_owned(),
                value: 0.5,
                weight: 0.5,
                share: 0.25,
            }],
            terms: vec![core::WhyTerm {
                typed: "70".to_owned(),
                how: "exact".to_owned(),
                found: vec![("text".to_owned(), "70".to_owned(), 1)],
                chunks: Some(3),
                share: 7.25,
            }],
            notes: vec!["guaranteed".to_owned()],
        }),
    }
}

fn answer() -> core::Answer {
    core::Answer {
        text: "Green tea is steeped at 70 °C. [1]".to_owned(),
        citations: vec![core::Citation {
            number: 1,
            doc_id: core::DocId([2; 16]),
            content_hash: core::ContentHash([4; 32]),
            span: core::TextSpan::new(120, 136),
            locator: core::Locator::Lines { first: 3, last: 3 },
            quote: "Steep at 70 °C.".to_owned(),
            confidence: None,
            title: "Green tea".to_owned(),
            path: "/home/ada/notes/tea.md".to_owned(),
            part: String::new(),
            date: core::Timestamp(1_772_355_600_000),
            space: "personal".to_owned(),
        }],
        grounding: core::Grounding::Grounded,
        closest: Vec::new(),
        coverage: core::Coverage {
            documents: 41,
            documents_by_meaning: 40,
            files_not_searched: 2,
            unreadable_pages: 1,
            spaces: vec!["personal".to_owned()],
        },
        signals: core::AnswerSignals {
            answerable: Some(2.31),
            ..core::AnswerSignals::default()
        },
        left_out: core::LeftOut {
            hits: 3,
            sentences: 17,
        },
        generation: Some(core::GenerationSummary {
            prompt_tokens: 412,
            generated_tokens: 18,
            prompt_ms: 4100,
            generation_ms: 1900,
            ..core::GenerationSummary::default()
        }),
        model_id: "qwen2.5-coder-1.5b-instruct".to_owned(),
        ..core::Answer::default()
    }
}

#[test]
fn a_suggestion_says_what_to_search_for() {
    let suggestion = core::Suggestion {
        kind: core::SuggestionKind::Title,
        text: "Green \"tea\"".to_owned(),
        documents: 2,
    };
    check(
        &api::Suggestions {
            suggestions: vec![(&suggestion).into()],
        },
        expect![[r#"
            {
              "suggestions": [
                {
                  "kind": "title",
                  "text": "Green \"tea\"",
                  "documents": 2,
                  "query": "title:\"Green  tea \""
                }
              ]
            }"#]],
    );
}

#[test]
fn search_response() {
    let response = core::SearchResponse {
        hits: vec![hit()],
        degraded: vec![(
            "semantic".to_owned(),
            "embedding model is not installed".to_owned(),
        )],
        timings: core::SearchTimings {
            keyword_us: 900,
            embed_us: 0,
            vector_us: 0,
            rerank_us: 0,
            total_us: 950,
        },
        corrections: vec![core::Correction {
            typed: "stepe".to_owned(),
            meant: "steep".to_owned(),
        }],
        understood: vec![("words".to_owned(), "stepe 70 °C".to_owned())],
        terms: Vec::new(),
        weighing: Some(core::Weighing {
            semantic: 0.5,
            because: vec![("length".to_owned(), 0.25)],
        }),
        sorted: None,
    };
    check(
        &api::SearchResponse::from(&response),
        expect![[r#"
            {
              "hits": [
                {
                  "chunk_id": "01010101010101010101010101010101",
                  "document_id": "02020202020202020202020202020202",
                  "content_hash": "0404040404040404040404040404040404040404040404040404040404040404",
                  "title": "Green tea",
                  "path": "/home/ada/notes/tea.md",
                  "part": "",
                  "kind": "note",
                  "date": "2026-03-01T09:00:00Z",
                  "space": "personal",
                  "heading_path": [
                    "Tea",
                    "Brewing"
                  ],
                  "locator": {
                    "kind": "lines",
                    "first": 3,
                    "last": 9
                  },
                  "label": "lines 3–9",
                  "span": {
                    "start": 120,
                    "end": 136
                  },
                  "text": "Steep at 70 °C.",
                  "segments": [
                    {
                      "text": "Steep at ",
                      "mark": false
                    },
                    {
                      "text": "70 °C",
                      "mark": true
                    },
                    {
                      "text": ".",
                      "mark": false
                    }
                  ],
                  "scores": {
                    "keyword": 7.31,
                    "semantic": null,
                    "fused": 0.94
                  },
                  "offline": true,
                  "also_at": [
                    {
                      "document_id": "05050505050505050505050505050505",
                      "path": "/home/ada/copy/tea.md",
                      "part": "",
                      "offline": false
                    }
                  ],
                  "more": [
                    {
                      "chunk_id": "06060606060606060606060606060606",
                      "heading_path": [
                        "Tea"
                      ],
                      "locator": {
                        "kind": "lines",
                        "first": 12,
                        "last": 12
                      },
                      "label": "line 12",
                      "span": {
                        "start": 140,
                        "end": 156
                      },
                      "segments": [
                        {
                          "text": "Green tea",
                          "mark": true
                        },
                        {
                          "text": " keeps.",
                          "mark": false
                        }
                      ]
                    }
                  ],
                  "related": [
                    {
                      "document_id": "07070707070707070707070707070707",
                      "content_hash": "0808080808080808080808080808080808080808080808080808080808080808",
                      "title": "Green tea, first draft",
                      "path": "/home/ada/notes/tea-draft.md",
                      "part": "",
                      "date": "2026-03-01T09:00:00Z",
                      "relation": "version"
                    }
                  ],
                  "why": {
                    "parts": [
                      {
                        "name": "words",
                        "value": 0.5,
                        "weight": 0.5,
                        "share": 0.25
                      }
                    ],
                    "terms": [
                      {
                        "typed": "70",
                        "how": "exact",
                        "found": [
                          {
                            "field": "text",
                            "term": "70",
                            "count": 1
                          }
                        ],
                        "chunks": 3,
                        "share": 7.25
                      }
                    ],
                    "notes": [
                      "guaranteed"
                    ]
                  }
                }
              ],
              "degraded": [
                {
                  "leg": "semantic",
                  "message": "embedding model is not installed"
                }
              ],
              "timings": {
                "keyword_us": 900,
                "embed_us": 0,
                "vector_us": 0,
                "rerank_us": 0,
                "total_us": 950
              },
              "corrections": [
                {
                  "typed": "stepe",
                  "meant": "steep"
                }
              ],
              "understood": [
                {
                  "label": "words",
                  "text": "stepe 70 °C"
                }
              ],
              "weighing": {
                "semantic": 0.5,
                "because": [
                  {
                    "feature": "length",
                    "by": 0.25
                  }
                ]
              }
            }"#]],
    );
}

#[test]
fn answer_with_a_citation() {
    check(
        &api::Answer::from(&answer()),
        expect![[r#"
            {
              "text": "Green tea is steeped at 70 °C. [1]",
              "grounding": "grounded",
              "citations": [
                {
                  "number": 1,
                  "document_id": "02020202020202020202020202020202",
                  "content_hash": "0404040404040404040404040404040404040404040404040404040404040404",
                  "title": "Green tea",
                  "path": "/home/ada/notes/tea.md",
                  "part": "",
                  "date": "2026-03-01T09:00:00Z",
                  "space": "personal",
                  "locator": {
                    "kind": "lines",
                    "first": 3,
                    "last": 3
                  },
                  "label": "line 3",
                  "quote": "Steep at 70 °C.",
                  "span": {
                    "start": 120,
                    "end": 136
                  }
                }
              ],
              "route": {
                "as": "fact",
                "because": null,
                "standalone": null,
                "translated": null,
                "query": null,
                "documents": []
              },
              "table": null,
              "disagreements": [],
              "dropped": 0,
              "closest": [],
              "coverage": {
                "documents": 41,
                "documents_by_meaning": 40,
                "files_not_searched": 2,
                "unreadable_pages": 1,
                "spaces": [
                  "personal"
                ]
              },
              "left_out": {
                "hits": 3,
                "sentences": 17
              },
              "signals": {
                "coverage": 0.0,
                "sentence_coverage": 0.0,
                "cosine": null,
                "sentence_cosine": null,
                "fused": 0.0,
                "unknown": 0.0,
                "answerable": 2.31,
                "probe": null,
                "log_probability": null,
                "probability": null
              },
              "model": "qwen2.5-coder-1.5b-instruct",
              "generation": {
                "prompt_tokens": 412,
                "cached_tokens": 0,
                "generated_tokens": 18,
                "prompt_ms": 4100,
                "generation_ms": 1900
              }
            }"#]],
    );
}

#[test]
fn answer_that_was_not_found() {
    let not_found = core::Answer {
        text: "The documents do not say.".to_owned(),
        citations: Vec::new(),
        grounding: core::Grounding::NotFound,
        closest: vec![hit()],
        signals: core::AnswerSignals::default(),
        generation: None,
        model_id: String::new(),
        ..answer()
    };
    let value = serde_json::to_value(api::Answer::from(&not_found)).expect("json");
    assert_eq!(value["grounding"], "not_found");
    assert_eq!(value["generation"], serde_json::Value::Null);
    assert_eq!(value["signals"]["answerable"], serde_json::Value::Null);
    assert_eq!(value["closest"][0]["title"], "Green tea");
}

#[test]
fn passage() {
    let hit = hit();
    let passage = core::Passage {
        number: 1,
        span: hit.chunk.span,
        text: hit.chunk.text.clone(),
        token_count: 7,
        hit,
    };
    let evidence = api::Evidence {
        passages: vec![api::Passage::from(&passage)],
    };
    check(
        &evidence,
        expect![[r#"
        {
          "passages": [
            {
              "number": 1,
              "title": "Green tea",
              "path": "/home/ada/notes/tea.md",
              "label": "lines 3–9",
              "document_id": "02020202020202020202020202020202",
              "text": "Steep at 70 °C."
            }
          ]
        }"#]],
    );
}

#[test]
fn status() {
    let counts = api::Counts::from(core::Counts {
        seen: 41,
        indexed: 39,
        skipped: 1,
        failed: 1,
        waiting: 0,
    });
    let status = api::Status {
        version: "0.1.0".to_owned(),
        counts,
        embedding: api::EmbeddingProgress {
            done: 120,
            waiting: 60,
        },
        scans: api::Scans {
            read: 7,
            waiting: 2,
            unreadable: 1,
            recogniser: None,
        },
        activity: api::Activity::Embedding,
        files_per_second: 41.5,
        remaining: api::Remaining {
            by_word: Some(12.5),
            by_meaning: None,
        },
        models: api::Models {
            language: api::Model {
                id: "qwen2.5-coder-1.5b-instruct".to_owned(),
                state: api::ModelState::Missing,
                message: "it is not installed".to_owned(),
            },
            embedding: api::Model {
                id: "multilingual-e5-small".to_owned(),
                state: api::ModelState::Ready,
                message: String::new(),
            },
            loaded: vec![api::LoadedModel {
                id: "qwen2.5-coder-0.5b".to_owned(),
                weights_bytes: 491_400_064,
                conversations: 2,
                conversation_bytes: 41_943_040,
                conversation_limit_bytes: 134_217_728,
            }],
        },
        sources: vec![api::Source {
            id: 1,
            root: "/home/ada/notes".to_owned(),
            space: "personal".to_owned(),
            online: true,
            paused: false,
            watching: api::Watching::Events,
            notice: String::new(),
            last_scan: None,
            counts,
        }],
        spaces: vec![api::Space {
            name: "personal".to_owned(),
            documents: 41,
            chunks: 180,
            chunks_embedded: 120,
            text_bytes: 81_000,
        }],
    };
    check(
        &status,
        expect![[r#"
        {
          "version": "0.1.0",
          "counts": {
            "seen": 41,
            "indexed": 39,
            "skipped": 1,
            "failed": 1,
            "waiting": 0
          },
          "embedding": {
            "done": 120,
            "waiting": 60
          },
          "scans": {
            "read": 7,
            "waiting": 2,
            "unreadable": 1,
            "recogniser": null
          },
          "activity": "embedding",
          "files_per_second": 41.5,
          "remaining": {
            "by_word": 12.5,
            "by_meaning": null
          },
          "models": {
            "language": {
              "id": "qwen2.5-coder-1.5b-instruct",
              "state": "missing",
              "message": "it is not installed"
            },
            "embedding": {
              "id": "multilingual-e5-small",
              "state": "ready",
              "message": ""
            },
            "loaded": [
              {
                "id": "qwen2.5-coder-0.5b",
                "weights_bytes": 491400064,
                "conversations": 2,
                "conversation_bytes": 41943040,
                "conversation_limit_bytes": 134217728
              }
            ]
          },
          "sources": [
            {
              "id": 1,
              "root": "/home/ada/notes",
              "space": "personal",
              "online": true,
              "paused": false,
              "watching": "events",
              "notice": "",
              "last_scan": null,
              "counts": {
                "seen": 41,
                "indexed": 39,
                "skipped": 1,
                "failed": 1,
                "waiting": 0
              }
            }
          ],
          "spaces": [
            {
              "name": "personal",
              "documents": 41,
              "chunks": 180,
              "chunks_embedded": 120,
              "text_bytes": 81000
            }
          ]
        }"#]],
    );
}

#[test]
fn problems() {
    let problems = api::Problems {
        total: 2,
        problems: vec![api::Problem {
            source_id: 1,
            path: "scan.pdf".to_owned(),
            status: api::ProblemStatus::Skipped,
            code: "no_text".to_owned(),
            message: "no page has readable text".to_owned(),
            hint: String::new(),
            retryable: false,
            attempts: 1,
        }],
    };
    check(
        &problems,
        expect![[r#"
        {
          "total": 2,
          "problems": [
            {
              "source_id": 1,
              "path": "scan.pdf",
              "status": "skipped",
              "code": "no_text",
              "message": "no page has readable text",
              "hint": "",
              "retryable": false,
              "attempts": 1
            }
          ]
        }"#]],
    );
}

#[test]
fn document() {
    let parsed = core::ParsedDocument {
        part: String::new(),
        part_key: String::new(),
        content_hash: core::ContentHash([4; 32]),
        kind: core::DocumentKind::Note,
        media_type: "text/markdown".to_owned(),
        title: "Green tea".to_owned(),
        metadata: core::DocMetadata {
            tags: vec!["tea".to_owned()],
            ..core::DocMetadata::default()
        },
        text: "# Green tea\n\nSteep at 70 °C.\n".to_owned(),
        blocks: vec![
            core::Block {
                kind: core::BlockKind::Heading { level: 1 },
                span: core::TextSpan::new(0, 11),
                locator: core::Locator::Lines { first: 1, last: 1 },
            },
            core::Block {
                kind: core::BlockKind::Paragraph,
                span: core::TextSpan::new(13, 29),
                locator: core::Locator::Lines { first: 3, last: 3 },
            },
        ],
        lines: Vec::new(),
        recognised: Vec::new(),
        pages: None,
        unreadable_pages: Vec::new(),
        warnings: vec![core::Warning {
            code: "charset_guessed".to_owned(),
            message: "read as big5".to_owned(),
        }],
    };
    let document = api::Document::new(
        core::DocId([2; 16]),
        "/home/ada/notes/tea.md".to_owned(),
        "personal".to_owned(),
        core::Timestamp(1_772_355_600_123),
        &parsed,
    );
    check(
        &document,
        expect![[r##"
        {
          "document_id": "02020202020202020202020202020202",
          "title": "Green tea",
          "path": "/home/ada/notes/tea.md",
          "part": "",
          "kind": "note",
          "media_type": "text/markdown",
          "date": "2026-03-01T09:00:00.123Z",
          "space": "personal",
          "content_hash": "0404040404040404040404040404040404040404040404040404040404040404",
          "authors": [],
          "recipients": [],
          "thread_id": null,
          "list": null,
          "tags": [
            "tea"
          ],
          "language": null,
          "attachments": [],
          "aliases": [],
          "links": [],
          "pages": null,
          "unreadable_pages": [],
          "warnings": [
            {
              "code": "charset_guessed",
              "message": "read as big5"
            }
          ],
          "sections": [
            {
              "label": "line 1",
              "kind": "heading",
              "level": 1,
              "span": {
                "start": 0,
                "end": 11
              },
              "text": "# Green tea"
            },
            {
              "label": "line 3",
              "kind": "paragraph",
              "level": 0,
              "span": {
                "start": 13,
                "end": 29
              },
              "text": "Steep at 70 °C.",
              "before": "\n\n"
            }
          ]
        }"##]],
    );
}

#[test]
fn mail() {
    let name = |id: u8, part: &str| api::DocumentName {
        document_id: core::DocId([id; 16]).to_string(),
        title: "Re: Kettle".to_owned(),
        path: "/home/ada/mail/2.eml".to_owned(),
        part: part.to_owned(),
        kind: api::Kind::Mail,
        date: core::Timestamp(1_772_355_600_000).into(),
    };
    let mail = api::Mail {
        thread: api::Thread {
            total: 140,
            before: 39,
            mails: vec![api::ThreadMail {
                document: name(1, ""),
                from: vec!["Ada <ada@example.org>".to_owned()],
                opening: "The kettle sings.".to_owned(),
            }],
        },
        attachments: vec![
            api::Attachment {
                name: "forwarded.eml".to_owned(),
                media_type: Some("message/rfc822".to_owned()),
                bytes: Some(812),
                document_id: Some(core::DocId([2; 16]).to_string()),
                kind: Some(api::Kind::Mail),
                inside: api::Inside::default(),
                reason: None,
            },
            api::Attachment {
                name: "cups.zip".to_owned(),
                media_type: None,
                bytes: None,
                document_id: None,
                kind: None,
                inside: api::Inside {
                    total: 1,
                    documents: vec![name(3, "part:3/member:cup.eml")],
                },
                reason: Some(api::NotSearchable {
                    code: "binary".to_owned(),
                    message: "`cups.zip` is not text".to_owned(),
                }),
            },
        ],
    };
    check(
        &mail,
        expect![[r#"
        {
          "thread": {
            "total": 140,
            "before": 39,
            "mails": [
              {
                "document": {
                  "document_id": "01010101010101010101010101010101",
                  "title": "Re: Kettle",
                  "path": "/home/ada/mail/2.eml",
                  "part": "",
                  "kind": "mail",
                  "date": "2026-03-01T09:00:00Z"
                },
                "from": [
                  "Ada <ada@example.org>"
                ],
                "opening": "The kettle sings."
              }
            ]
          },
          "attachments": [
            {
              "name": "forwarded.eml",
              "media_type": "message/rfc822",
              "bytes": 812,
              "document_id": "02020202020202020202020202020202",
              "kind": "mail",
              "inside": {
                "total": 0,
                "documents": []
              },
              "reason": null
            },
            {
              "name": "cups.zip",
              "media_type": null,
              "bytes": null,
              "document_id": null,
              "kind": null,
              "inside": {
                "total": 1,
                "documents": [
                  {
                    "document_id": "03030303030303030303030303030303",
                    "title": "Re: Kettle",
                    "path": "/home/ada/mail/2.eml",
                    "part": "part:3/member:cup.eml",
                    "kind": "mail",
                    "date": "2026-03-01T09:00:00Z"
                  }
                ]
              },
              "reason": {
                "code": "binary",
                "message": "`cups.zip` is not text"
              }
            }
          ]
        }"#]],
    );
}

#[test]
fn conversation() {
    let conversation = api::Conversation {
        id: "c1".to_owned(),
        title: "How hot?".to_owned(),
        turns: vec![api::Turn {
            asked: core::Timestamp(1_772_355_600_000).into(),
            question: "How hot?".to_owned(),
            answer: api::Answer {
                citations: Vec::new(),
                ..api::Answer::from(&answer())
            },
            receipt: Some("ab".repeat(16)),
        }],
    };
    let json = serde_json::to_string(&conversation).expect("json");
    assert_eq!(
        serde_json::from_str::<api::Conversation>(&json).expect("a kept conversation is read"),
        conversation
    );
    check(
        &api::Conversations {
            conversations: vec![api::ConversationSummary {
                id: "c1".to_owned(),
                title: "How hot?".to_owned(),
                updated: core::Timestamp(1_772_355_600_000).into(),
                turns: 1,
            }],
        },
        expect![[r#"
            {
              "conversations": [
                {
                  "id": "c1",
                  "title": "How hot?",
                  "updated": "2026-03-01T09:00:00Z",
                  "turns": 1
                }
              ]
            }"#]],
    );
}

fn receipt() -> api::Receipt {
    let hit = hit();
    let passage = core::Passage {
        number: 1,
        span: hit.chunk.span,
        text: hit.chunk.text.clone(),
        token_count: 7,
        hit,
    };
    let answer = answer();
    api::Receipt {
        receipt: api::Receipt::VERSION,
        id: "ab".repeat(16),
        library: "cd".repeat(16),
        program: "0.1.0".to_owned(),
        asked: core::Timestamp(1_772_355_600_000).into(),
        question: "How hot?".to_owned(),
        kind: None,
        route: (&answer.route).into(),
        principals: vec![core::Principal::owner().0],
        spaces: Vec::new(),
        kinds: vec![api::Kind::Note],
        indexes: vec![api::ReceiptIndex {
            space: "personal".to_owned(),
            by_word: Some(12),
            by_meaning: None,
        }],
        analyzer: "tantivy-4".to_owned(),
        embedding_model: "multilingual-e5-small-int8".to_owned(),
        coverage: (&answer.coverage).into(),
        passages: vec![(&passage).into()],
        citations: answer.citations.iter().map(Into::into).collect(),
        model: Some(api::ReceiptModel {
            id: answer.model_id.clone(),
            sha256: "e".repeat(64),
        }),
        prompt_templates: "f".repeat(64),
        fence: "f3nc3".to_owned(),
        sampling: (&core::GenerationParams::default()).into(),
        output: Some("Green tea is steeped at 70 °C.".to_owned()),
        text: answer.text,
        grounding: answer.grounding.into(),
        signals: answer.signals.into(),
        digest: String::new(),
    }
    .sealed()
}

#[test]
fn a_receipt_is_closed_by_its_digest() {
    check(
        &receipt(),
        expect![[r#"
        {
          "receipt": 1,
          "id": "abababababababababababababababab",
          "library": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
          "program": "0.1.0",
          "asked": "2026-03-01T09:00:00Z",
          "question": "How hot?",
          "as": null,
          "route": {
            "as": "fact",
            "because": null,
            "standalone": null,
            "translated": null,
            "query": null,
            "documents": []
          },
          "principals": [
            "user:owner"
          ],
          "spaces": [],
          "kinds": [
            "note"
          ],
          "indexes": [
            {
              "space": "personal",
              "by_word": 12,
              "by_meaning": null
            }
          ],
          "analyzer": "tantivy-4",
          "embedding_model": "multilingual-e5-small-int8",
          "coverage": {
            "documents": 41,
            "documents_by_meaning": 40,
            "files_not_searched": 2,
            "unreadable_pages": 1,
            "spaces": [
              "personal"
            ]
          },
          "passages": [
            {
              "number": 1,
              "document_id": "02020202020202020202020202020202",
              "content_hash": "0404040404040404040404040404040404040404040404040404040404040404",
              "title": "Green tea",
              "path": "/home/ada/notes/tea.md",
              "part": "",
              "space": "personal",
              "locator": {
                "kind": "lines",
                "first": 3,
                "last": 9
              },
              "label": "lines 3–9",
              "span": {
                "start": 120,
                "end": 136
              },
              "text_hash": "faf43667c8773cbe419e8abae444176808584c96fa4d50653c679b9d00f65ef3"
            }
          ],
          "citations": [
            {
              "number": 1,
              "document_id": "02020202020202020202020202020202",
              "content_hash": "0404040404040404040404040404040404040404040404040404040404040404",
              "title": "Green tea",
              "path": "/home/ada/notes/tea.md",
              "part": "",
              "date": "2026-03-01T09:00:00Z",
              "space": "personal",
              "locator": {
                "kind": "lines",
                "first": 3,
                "last": 3
              },
              "label": "line 3",
              "quote": "Steep at 70 °C.",
              "span": {
                "start": 120,
                "end": 136
              }
            }
          ],
          "model": {
            "id": "qwen2.5-coder-1.5b-instruct",
            "sha256": "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
          },
          "prompt_templates": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
          "fence": "f3nc3",
          "sampling": {
            "temperature": 0.0,
            "top_p": 1.0,
            "seed": 0,
            "max_tokens": 256
          },
          "output": "Green tea is steeped at 70 °C.",
          "text": "Green tea is steeped at 70 °C. [1]",
          "grounding": "grounded",
          "signals": {
            "coverage": 0.0,
            "sentence_coverage": 0.0,
            "cosine": null,
            "sentence_cosine": null,
            "fused": 0.0,
            "unknown": 0.0,
            "answerable": 2.31,
            "probe": null,
            "log_probability": null,
            "probability": null
          },
          "digest": "05a53a63790fcbe7508855cc5c1947a8bd51e7b62dd584930f72dd9783c2243f"
        }"#]],
    );
    let text = receipt().to_json();
    let read = |text: &str| api::Receipt::read(text, "`a.json`");
    let found = read(&text).expect("own output is read");
    assert!(found.intact);
    assert_eq!(found.receipt, receipt());

    // How it is laid out does not count, what it says does.
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(read(&value.to_string()).expect("read").intact);
    for (from, to) in [
        ("How hot?", "How cold?"),
        ("\"start\": 120", "\"start\": 121"),
        ("2.31", "2.32"),
        ("70 °C.\",\n  \"text\"", "71 °C.\",\n  \"text\""),
        ("{\n", "{\n  \"more\": 1,\n"),
    ] {
        let changed = text.replacen(from, to, 1);
        let found = read(&changed).expect("still a receipt");
        assert_ne!(changed, text, "{from}");
        assert!(!found.intact, "{from}");
    }
}

#[test]
fn what_is_no_receipt_is_refused() {
    let text = receipt().to_json();
    let newer = text.replacen("\"receipt\": 1", "\"receipt\": 2", 1);
    let lacking = text.replacen("\"fence\"", "\"fense\"", 1);
    let twice = text.replacen("{\n", "{\n  \"question\": \"other\",\n", 1);
    let cut = &text[..text.len() / 2];
    let deep = "[".repeat(100_000);
    for (bad, code, says) in [
        ("", "receipt_invalid", "not JSON"),
        ("swordfish", "receipt_invalid", "not JSON"),
        (cut, "receipt_invalid", "not JSON"),
        (&deep, "receipt_invalid", "not JSON"),
        ("[]", "receipt_invalid", "not a receipt"),
        ("{\"swordfish\": 1}", "receipt_invalid", "not a receipt"),
        ("{\"receipt\": \"1\"}", "receipt_invalid", "not a receipt"),
        ("{\"receipt\": 0}", "receipt_invalid", "not a receipt"),
        ("{\"receipt\": 1}", "receipt_invalid", "not a whole receipt"),
        (&lacking, "receipt_invalid", "not a whole receipt"),
        (&twice, "receipt_invalid", "not a whole receipt"),
        (&newer, "receipt_too_new", "version 2"),
    ] {
        let error = api::Receipt::read(bad, "`a.json`").expect_err("refused");
        assert_eq!(error.code().as_str(), code, "{bad:.40}");
        assert!(error.message().starts_with("`a.json` is"), "{}", error.message());
        assert!(error.message().contains(says), "{}", error.message());
        assert!(!error.chain().contains("swordfish") && !error.hint().is_empty());
    }
}

#[test]
fn error() {
    let cause = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "permission denied");
    let error = core::Error::new(core::ErrorCode::FileUnreadable, "cannot read `a.md`").with_source(cause);
    check(
        &api::ErrorBody::from(&error),
        expect![[r#"
        {
          "error": {
            "code": "file_unreadable",
            "message": "cannot read `a.md`: permission denied",
            "hint": "give the user that runs rushlight the right to read it"
          }
        }"#]],
    );
    let message = "there is no field of this name";
    let error = core::Error::new(core::ErrorCode::QueryInvalid, message).at("綠茶 frm:anna", 7..10);
    check(
        &api::ErrorBody::from(&error),
        expect![[r#"
            {
              "error": {
                "code": "query_invalid",
                "message": "there is no field of this name",
                "hint": "docs/search.md describes the query language; put quotes around what is to be found as text",
                "at": {
                  "bytes": {
                    "start": 7,
                    "end": 10
                  },
                  "characters": {
                    "start": 3,
                    "end": 6
                  }
                }
              }
            }"#]],
    );
}

#[test]
fn facets() {
    let value = |value: &str, documents, chosen, query: &str| core::FacetValue {
        value: value.to_owned(),
        documents,
        chosen,
        query: query.to_owned(),
    };
    let facets = core::Facets {
        covers: core::Covers::AllWords,
        documents: 12,
        facets: vec![
            core::FacetCounts {
                facet: core::Facet::Type,
                values: vec![
                    value("mail", 12, true, "tea"),
                    value("note", 3, false, "tea (type:mail OR type:note)"),
                ],
                more: 0,
            },
            core::FacetCounts {
                facet: core::Facet::Person,
                values: Vec::new(),
                more: 4,
            },
        ],
        bare: "tea".to_owned(),
        took_us: 700,
    };
    check(
        &api::Facets::from(facets),
        expect![[r#"
            {
              "covers": "all_words",
              "documents": 12,
              "facets": [
                {
                  "facet": "type",
                  "values": [
                    {
                      "value": "mail",
                      "documents": 12,
                      "chosen": true,
                      "query": "tea"
                    },
                    {
                      "value": "note",
                      "documents": 3,
                      "chosen": false,
                      "query": "tea (type:mail OR type:note)"
                    }
                  ],
                  "more": 0
                },
                {
                  "facet": "person",
                  "values": [],
                  "more": 4
                }
              ],
              "bare": "tea",
              "took_us": 700
            }"#]],
    );
    for (facet, word) in core::Facet::ALL.map(|facet| (api::Facet::from(facet), facet.as_str())) {
        assert_eq!(serde_json::json!(facet), word);
    }
}

#[test]
fn a_sorted_list_says_what_it_is_made_of() {
    let response = core::SearchResponse {
        sorted: Some(core::Sorted {
            by: core::Sort::Newest,
            covers: core::Covers::AnyWord,
            documents: 1_204,
        }),
        ..core::SearchResponse::default()
    };
    let told = serde_json::json!(api::SearchResponse::from(&response));
    let expected = serde_json::json!({"by": "newest", "covers": "any_word", "documents": 1204});
    assert_eq!(told["sorted"], expected);
    let plain = serde_json::json!(api::SearchResponse::from(&core::SearchResponse::default()));
    assert_eq!(plain.get("sorted"), None);
    let request: api::SearchRequest =
        serde_json::from_str(r#"{"query": "tea", "sort": "title"}"#).expect("well formed");
    let request = request.into_core(vec![core::Principal::owner()]).expect("sound");
    assert_eq!(request.sort, core::Sort::Title);
}

#[test]
fn requests_have_defaults_and_refuse_what_they_do_not_know() {
    let request: api::SearchRequest = serde_json::from_str(r#"{"query": "green tea"}"#).expect("defaults");
    let owner = vec![core::Principal::owner()];
    let request = request.into_core(owner.clone()).expect("sound");
    assert_eq!((request.limit, request.mode), (10, core::SearchMode::Hybrid));
    assert_eq!(request.principals, owner);

    let full = r#"{"query": "茶", "mode": "keyword", "spaces": ["personal"], "kinds": ["note", "pdf"], "sources": [1],
        "from": "2026-01-01T00:00:00Z", "until": null, "limit": 100}"#;
    let request = serde_json::from_str::<api::SearchRequest>(full)
        .expect("read")
        .into_core(owner.clone())
        .expect("sound");
    assert_eq!(request.kinds, [core::DocumentKind::Note, core::DocumentKind::Pdf]);
    assert_eq!(request.sources, [core::SourceId(1)]);
    assert_eq!(request.from, Some(core::Timestamp(1_767_225_600_000)));
    assert_eq!(request.until, None);

    for bad in [
        r#"{}"#,
        r#"{"query": 1}"#,
        r#"{"query": "a", "limit": -1}"#,
        r#"{"query": "a", "kinds": ["song"]}"#,
        r#"{"query": "a", "mode": "psychic"}"#,
        r#"{"query": "a", "sort": "best"}"#,
        r#"{"query": "a", "principals": ["user:owner"]}"#,
        r#"{"query": "a", "from": "yesterday"}"#,
    ] {
        assert!(serde_json::from_str::<api::SearchRequest>(bad).is_err(), "{bad}");
    }
    for bad in [
        r#"{"query": "a", "limit": 0}"#,
        r#"{"query": "a", "limit": 101}"#,
        r#"{"query": "a", "mode": "semantic", "sort": "newest"}"#,
        r#"{"query": "a", "from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}"#,
    ] {
        let request: api::SearchRequest = serde_json::from_str(bad).expect("well formed");
        let error = request.into_core(owner.clone()).expect_err(bad);
        assert_eq!(error.code(), core::ErrorCode::InvalidRequest);
    }
    assert!(serde_json::from_str::<api::AskRequest>(r#"{"question": "a", "system": "b"}"#).is_err());
    assert!(serde_json::from_str::<api::AddSource>(r#"{"path": "/a"}"#).is_err());
}

#[test]
fn judgements() {
    check(
        &api::Judgements {
            total: 1,
            judgements: vec![api::Judgement {
                id: "3".to_owned(),
                query: "how hot".to_owned(),
                document_id: "02020202020202020202020202020202".to_owned(),
                quote: "Steep at 70 °C.".to_owned(),
                right: true,
                title: "Green tea".to_owned(),
                path: "/home/ada/notes/tea.md".to_owned(),
                part: String::new(),
                spaces: Vec::new(),
                kinds: vec![api::Kind::Note],
                judged: core::Timestamp(1_772_355_600_000).into(),
                gone: false,
            }],
        },
        expect![[r#"
            {
              "total": 1,
              "judgements": [
                {
                  "id": "3",
                  "query": "how hot",
                  "document_id": "02020202020202020202020202020202",
                  "quote": "Steep at 70 °C.",
                  "right": true,
                  "title": "Green tea",
                  "path": "/home/ada/notes/tea.md",
                  "part": "",
                  "spaces": [],
                  "kinds": [
                    "note"
                  ],
                  "judged": "2026-03-01T09:00:00Z",
                  "gone": false
                }
              ]
            }"#]],
    );
    let judge: api::Judge = serde_json::from_str(r#"{"query": "tea", "document_id": "d", "right": false}"#)
        .expect("all but three may be left out");
    assert_eq!(
        (judge.chunk_id, judge.spaces.len(), judge.kinds.len()),
        (None, 0, 0)
    );
    let query: api::JudgementQuery = serde_json::from_str("{}").expect("all may be left out");
    assert_eq!((query.query.clone(), query.limit, query.offset), (None, 50, 0));
    for limit in [0, 501] {
        let query = api::JudgementQuery {
            limit,
            ..query.clone()
        };
        assert_eq!(
            query.check().expect_err("refused").code(),
            core::ErrorCode::InvalidRequest
        );
    }
}

/// docs/errors.md is written from the table of codes: run the test with `UPDATE_EXPECT=1` after changing it.
#[test]
fn the_page_of_errors_is_up_to_date() {
    let mut page = String::from(
        "# Errors\n\n\
         Every error has a code that does not change. The HTTP API sends it as `error.code` with the status below, the\n\
         command line prints it with `--json` and ends with the exit code below. \"Whose\" says who can do something about\n\
         it: *you* (the request or the file), *the machine* (disk, memory, a missing model: the same may work later) or\n\
         *rushlight* (a fault of ours; please report it). What to do is the code's own hint; an error that knows better says\n\
         so instead.\n\n\
         This page is written by a test from the table in `crates/rushlight-core/src/error.rs`.\n\n\
         | code | status | exit code | whose | what to do |\n|---|---|---|---|---|\n",
    );
    for code in core::ErrorCode::ALL {
        let whose = match code.fault() {
            core::Fault::User => "you",
            core::Fault::Environment => "the machine",
            core::Fault::Bug => "rushlight",
        };
        page.push_str(&format!(
            "| `{}` | {} | {} | {whose} | {} |\n",
            code.as_str(),
            code.http_status(),
            code.exit_code(),
            code.hint(),
        ));
    }
    expect_file!["../../../docs/errors.md"].assert_eq(&page);
}
