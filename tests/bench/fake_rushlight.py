#!/usr/bin/env python3
"""Plays the program for test_bench.py: the same commands, shapes and events, and no work behind them."""

import http.server
import json
import sqlite3
import sys
from pathlib import Path

COUNTS = {"seen": 2, "indexed": 2, "skipped": 0, "failed": 0, "waiting": 0}
TOKEN = "fake-token"


def main(arguments):
    if arguments == ["--version"]:
        return print("rushlight 0.0.0")
    data_dir, command, rest = Path(arguments[1]), arguments[2], arguments[3:]
    data_dir.mkdir(parents=True, exist_ok=True)
    spaces = data_dir / "spaces.json"
    names = json.loads(spaces.read_text()) if spaces.exists() else []
    if command == "add":
        spaces.write_text(json.dumps([*names, rest[rest.index("--space") + 1]]))
        (data_dir / "added").write_text(rest[0])
        show({})
    elif command == "index":
        ledger = sqlite3.connect(data_dir / "ledger.sqlite")
        ledger.execute("CREATE TABLE IF NOT EXISTS chunks (embedding_key BLOB, token_count INTEGER)")
        ledger.executemany("INSERT INTO chunks VALUES (?, ?)", [(b"a", 100), (b"a", 100), (b"b", 50)])
        ledger.commit()
        added = Path((data_dir / "added").read_text())
        indexed = sum(path.is_file() for path in added.rglob("*")) if "--by-word" in rest else 2
        show({"files": 2, "chunks_embedded": 2, "waiting_for_vectors": 0, "seconds_by_word": 0.5, "seconds_embedding": 0.25,
              "counts": COUNTS | {"seen": indexed, "indexed": indexed}, "offline": [], "embedding_error": None, "stopped": False})
    elif command == "status":
        show(status(names))
    elif command == "eval" and "--answers" in rest:
        show(answers(int(rest[rest.index("--limit") + 1])))
    elif command == "eval":
        mean = {"mean": 0.9, "low": 0.88, "high": 0.92}
        queries = rest[rest.index("--queries") + 1] if "--queries" in rest else "queries.jsonl"
        legs = [{"leg": "keyword"}, {"leg": "semantic"}, {"leg": "hybrid", "weight": 0.5}, {"leg": "rrf", "k": 60}]
        show({"set": Path(rest[0]).stem, "queries_file": queries, "documents": 3, "queries": 4, "embedding_model": "fake", "candidates": 100,
              "interval": "95 % interval", "legs": [leg | {"ndcg_at_10": mean, "mrr_at_10": mean} for leg in legs],
              "questions": [{"id": "q1", "text": "how hot", "rankings": []}]})
    elif command == "serve":
        serve(names)
    else:
        sys.exit(f"error: `{command}` is not played")


def answers(limit):
    """What `eval --answers --json` prints, of a class with an answer and one without."""
    mean, times = {"mean": 0.8, "low": 0.7, "high": 0.9}, {"p50": 1500.0, "p95": 2500.0}
    group = {"questions": limit, "answerable": limit, "failed": 0, "citations": 4, "misplaced": 0, "sentences": 4, "uncited": 0, "dropped": 1,
             "citations_at_gold": 0.75, "prompt_tokens": 400.0, "generated_tokens": 20.0, "first_ms": times, "first_word_ms": times, "total_ms": times}
    group |= {key: mean for key in ("right", "right_and_cited", "exact", "f1", "refused", "wrong", "evidence_at_gold")}
    without = group | {key: None for key in ("right", "right_and_cited", "exact", "f1", "evidence_at_gold", "citations_at_gold", "first_word_ms")}
    point = {"threshold": 0.4, "answerable_refused": 0.1, "unanswerable_refused": [["nowhere", 0.9]], "answerable_right": 0.8, "coverage": 0.5, "risk": 0.1}
    return {"settings": {"set": "answers", "corpus": "3 documents of 3 files, abc", "language_model": "fake-lm", "embedding_model": "fake"},
            "questions": 2 * limit, "interval": "95 % interval", "classes": [group | {"name": "squad20 answerable"}, without | {"name": "nowhere"}],
            "languages": [group | {"name": "English"}], "languages_without": [without | {"name": "English"}], "all": group | {"name": "all"},
            "refusals": {"precision": mean, "recall": mean, "right": 9, "wrong": 1},
            "curve": {"decided": 2 * limit, "points": [point], "areas": {"answerable": [["nowhere", 0.95]], "right": 0.9, "risk_coverage": 0.05}}}


def show(value):
    print(json.dumps(value, indent=2))


def status(names):
    space = {"documents": 2, "chunks": 3, "chunks_embedded": 3, "text_bytes": 1000}
    models = {"language": {"id": "fake-lm", "state": "ready", "message": ""}, "embedding": {"id": "fake", "state": "ready", "message": ""}}
    return {"version": "0.0.0", "counts": COUNTS, "embedding": {"done": 3, "waiting": 0}, "activity": "idle", "files_per_second": 0,
            "models": models, "sources": [], "spaces": [{"name": name} | space for name in names]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    names = []

    def log_message(self, *_):
        pass

    def reply(self, value, code=200):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self):
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            return True
        self.reply({"error": {"code": "unauthorized"}}, 401)
        return False

    def do_GET(self):
        if self.allowed():
            self.reply(status(self.names))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.allowed():
            return
        if self.path == "/api/v1/search":
            hits = [{"path": "an edited note", "document_id": "d1"}] if body["query"].startswith(("zq", "how is")) else []
            return self.reply({"hits": hits, "degraded": [], "timings": {"keyword_us": 1, "embed_us": 1, "vector_us": 1, "total_us": 900}})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        known = "tea" in body["question"]
        path = "/elsewhere/tea.md" if "tea" not in body["spaces"] else str(Path(sys.argv[0]).parent / "tea.md")
        generation = {"prompt_tokens": 100, "cached_tokens": 20, "generated_tokens": 10, "prompt_ms": 1000, "generation_ms": 500}
        answer = {"text": "Steep at 70 °C [1].", "grounding": "grounded", "citations": [{"path": path}], "generation": generation}
        if not known:
            answer = {"text": "The documents do not say.", "grounding": "not_found", "citations": [], "generation": None}
        self.event("evidence", {"passages": []})
        self.wfile.write(b"10\r\n: keep alive\r\n\r\n\r\n")
        if known:
            self.event("piece", {"text": "Steep"})
        self.event("answer", {"answer": answer, "conversation": "1"})
        self.wfile.write(b"0\r\n\r\n")

    def event(self, name, data):
        text = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
        self.wfile.write(f"{len(text):x}\r\n".encode() + text + b"\r\n")
        self.wfile.flush()


def serve(names):
    Handler.names = names
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"Rushlight is at \x1b[1mhttp://127.0.0.1:{server.server_port}/?token={TOKEN}\x1b[0m", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
