#!/usr/bin/env python3
"""Makes two of the sets that the fusion is learnt on, in the layout that `rushlight eval` reads.

    fusion_sets.py DATA OUT        with RUSHLIGHT_BIN naming the binary

`squad-mix`: 1,500 answerable questions of squad20 (always the same), asked of squad20's paragraphs with drcd-dev's and the
passages of notes-plurality as distractors. `notes-cross`: every heading of a chapter of notes-plurality that has a chapter in the
other language, asked of the passages in that language; right are the passages of the other chapter. Passages are those
that the program itself makes of the chapters.
"""

import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

QUESTIONS = 1500
SEED = 4
REFERENCES = re.compile(r"^(references?|參考|註|notes?)", re.IGNORECASE)
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$", re.MULTILINE)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def write(folder, corpus, queries, judgements):
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / name).write_text(text)
    lines = ["qid\tdocid\tgrade"] + ["\t".join((query, document, "1")) for query, document in judgements]
    (folder / "qrels.tsv").write_text("\n".join(lines) + "\n")


def passages(vault):
    """The passages of the chapters as the program cuts them, from the ledger of an index made for it."""
    binary = os.environ.get("RUSHLIGHT_BIN", "rushlight")
    with tempfile.TemporaryDirectory() as data:
        for command in (["add", str(vault)], ["index", "--by-word"]):
            subprocess.run([binary, *command, "--data-dir", data], check=True, stdout=subprocess.DEVNULL)
        ledger = sqlite3.connect(Path(data) / "ledger.sqlite")
        texts = {}
        for (document,) in ledger.execute("SELECT id FROM documents").fetchall():
            pieces = ledger.execute("SELECT bytes FROM texts WHERE document = ? ORDER BY segment", (document,))
            texts[document] = b"".join(piece for (piece,) in pieces)
        found = ledger.execute(
            "SELECT d.id, f.path, d.title, c.ordinal, c.span_start, c.span_end, c.heading_path FROM chunks c "
            "JOIN documents d ON d.id = c.document JOIN files f ON f.id = d.file_id ORDER BY d.id, c.ordinal"
        )
        for document, path, title, ordinal, start, end, headings in found:
            text = texts[document][start:end].decode()
            above = [heading for heading in json.loads(headings) if heading != title]
            if above and not text.lstrip("# ").startswith(above[-1]):
                text = " > ".join(above) + "\n" + text
            yield {"id": f"{path}#{ordinal}", "title": title, "text": text}


def headings(vault, chapter):
    found = [(len(signs), text.strip("* ")) for signs, text in HEADING.findall((vault / chapter).read_text())]
    if not found or found[0][0] != 1:
        found.insert(0, (1, Path(chapter).stem.split("-", 2)[-1].replace("-", " ")))
    return [text for _, text in found]


def cross_language(vault, pairs, corpus):
    of_file = {}
    for passage in corpus:
        of_file.setdefault(passage["id"].rsplit("#", 1)[0], []).append(passage["id"])
    queries, judgements = [], []
    for pair in pairs:
        for own, other in (("en", "zh"), ("zh", "en")):
            seen = set()
            for number, heading in enumerate(headings(vault, pair[own])):
                # The blurb repeats the headings of all other chapters.
                if not heading or heading in seen or REFERENCES.match(heading) or (pair["key"] == "8-0" and number):
                    continue
                seen.add(heading)
                query = f"{pair['key']}-{own}-{number}-{'h' if number else 't'}"
                only = pair[other].split("/")[0] + "/"
                queries.append({"id": query, "text": heading, "only": only})
                judgements += [(query, passage) for passage in of_file[pair[other]]]
    return queries, judgements


def main():
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    vault = data / "notes-plurality" / "vault"
    notes = list(passages(vault))
    queries, judgements = cross_language(vault, rows(data / "notes-plurality" / "pairs.jsonl"), notes)
    write(out / "notes-cross", notes, queries, judgements)

    corpus = []
    for mark, some in (("sq", rows(data / "squad20/corpus.jsonl")), ("dr", rows(data / "drcd-dev/corpus.jsonl")), ("no", notes)):
        corpus += [{"id": f"{mark}:{row['id']}", "title": row["title"], "text": row["text"]} for row in some]
    random.seed(SEED)
    queries = random.sample(rows(data / "squad20/queries.jsonl"), QUESTIONS)
    chosen = {query["id"] for query in queries}
    lines = (data / "squad20/qrels.tsv").read_text().splitlines()[1:]
    judged = [line.split("\t")[:2] for line in lines]
    write(out / "squad-mix", corpus, queries, [(query, f"sq:{row}") for query, row in judged if query in chosen])


if __name__ == "__main__":
    main()
