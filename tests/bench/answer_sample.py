#!/usr/bin/env python3
"""Chooses the questions of sets/answers.toml, from their ids alone, and writes the samples beside it.

    python3 tests/bench/answer_sample.py ../shared/data

The rule: what is to be put in order is ordered by the SHA-256 of the seed, a word and its id. Documents in that order
go to `dev` and `test` in turn, so that no document has questions in both halves; then the first questions in that order
are taken, half of them of each half. Nothing is chosen by hand or by what a model makes of it.
"""

import hashlib
import json
import sys
from pathlib import Path

SEED = "rushlight answers 2026"
PER_CLASS = 300
SETS = Path(__file__).with_name("sets")


def order(word, identity):
    return hashlib.sha256(f"{SEED}:{word}:{identity}".encode()).hexdigest()


def halves_of(documents):
    """The half of each document of a folder, the same for all classes."""
    ordered = sorted(set(documents), key=lambda document: order("document", document))
    return {document: ("dev", "test")[place % 2] for place, document in enumerate(ordered)}


def sample(questions, count, half_of):
    """`questions` are (document, id); so many of them as {half: [id]}."""
    halves = {"dev": [], "test": []}
    for document, identity in sorted(questions, key=lambda question: order("question", question[1])):
        half = halves[half_of[document]]
        if len(half) < count // 2:
            half.append(identity)
    return halves


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def samples(data):
    """The text of each sample by its file's name."""
    squad, drcd, reports = (rows(data / name / "questions.jsonl") for name in ("squad20", "drcd-dev", "pdf-10q"))
    trial = rows(data / "cmrc2018-trial" / "queries.jsonl")
    out = set(json.loads((data / "drcd-dev" / "holdout.json").read_text("utf-8"))["articles"])
    of = lambda questions, keep: [(row["doc_id"], row["id"]) for row in questions if keep(row)]
    passages = [(row["id"].split("_QUERY_")[0], row["id"]) for row in trial]
    documents = {
        "squad20": [row["doc_id"] for row in squad],
        "drcd-dev": [row["doc_id"] for row in drcd],
        "pdf-10q": [row["id"] for row in reports],
        "cmrc2018-trial": [passage for passage, _ in passages],
    }
    halves = {folder: halves_of(of_folder) for folder, of_folder in documents.items()}
    classes = {
        "squad20-answerable": {"squad20": (of(squad, lambda row: row["answerable"]), PER_CLASS)},
        "drcd-answerable": {"drcd-dev": (of(drcd, lambda row: row["doc_id"] not in out), PER_CLASS)},
        # Articles that are left out, and questions about what is nowhere: quarterly reports, in English, and passages in
        # Simplified Chinese.
        "nowhere": {
            "drcd-dev": (of(drcd, lambda row: row["doc_id"] in out), 200),
            "pdf-10q": ([(row["id"], row["id"]) for row in reports], 50),
            "cmrc2018-trial": (passages, 50),
        },
        "squad20-adversarial": {"squad20": (of(squad, lambda row: not row["answerable"]), PER_CLASS)},
    }
    return {f"{name}.tsv": write(parts, halves) for name, parts in classes.items()}


def write(parts, halves):
    lines = [f"# Half, folder, id: written by tests/bench/answer_sample.py, seed `{SEED}`."]
    chosen = {}
    for folder, (questions, count) in parts.items():
        chosen |= {(folder, half): ids for half, ids in sample(questions, count, halves[folder]).items()}
    # Halves and folders in turn, so that the first so many are a small whole.
    for place in range(max(len(ids) for ids in chosen.values())):
        lines += [f"{half}\t{folder}\t{ids[place]}" for (folder, half), ids in chosen.items() if place < len(ids)]
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = SETS / "answers"
    folder.mkdir(exist_ok=True)
    for name, text in samples(Path(sys.argv[1])).items():
        (folder / name).write_text(text, "utf-8")
        print(f"{name}: {text.count(chr(10)) - 1} questions")


if __name__ == "__main__":
    main()
