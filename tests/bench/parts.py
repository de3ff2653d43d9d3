"""What is measured. Each part returns figures only; the page is written from them."""

import json
import re
import statistics
import subprocess
import sys
import time
import tomllib
import unicodedata
from pathlib import Path

import import_set
import model_speed
import page_speed
import peer_sets
from figures import percentile
from program import Failure, Memory, NotMeasured, Program, Server, embedded_tokens, folder_bytes

MODES = ("keyword", "semantic", "hybrid")
SETS = Path(__file__).with_name("sets")
# The sets of the retrieval part: folders of test data each needs, and the arguments of `rushlight eval`.
RETRIEVAL = (
    (("scifact",), ["scifact", "--split", "validation"]),
    (("drcd-dev",), ["drcd-dev"]),
    (("cmrc2018-trial",), ["cmrc2018-trial", "--queries", "queries_traditional.jsonl"]),
    (("cmrc2018-trial",), ["cmrc2018-trial"]),
    (("squad20", "notes-plurality", "drcd-dev"), ["squad20-among-others.toml"]),
    (("notes-plurality",), ["plurality-across-languages.toml"]),
)
# Folders of test data that the set of answers needs.
ANSWERS = ("squad20", "drcd-dev", "notes-plurality", "pdf-10q", "cmrc2018-trial")
# Weights of the semantic leg that are tried; the same for every set.
WEIGHTS = "0.3,0.4,0.5,0.6,0.7"


class Bench:
    """What every part needs."""

    def __init__(self, program, data, examples, work, quick):
        self.program, self.data, self.examples, self.work = program, Path(data), Path(examples), Path(work)
        self.quick = quick
        self.repeats = 1 if quick else 3
        self.peer_files = {"notes": 500, "mails": 500} if quick else {"notes": 5600, "mails": 6294}
        self.import_files = (50, 200) if quick else (5000, 20_000)
        # About 100,000 passages.
        self.key_notes = 200 if quick else 9_100
        self.scale_chunks = (10_000,) if quick else (100_000, 1_000_000)
        tools = Path(program.binary).parent / "examples"
        self.scale_tool, self.model_tool = tools / "scale", tools / "model_speed"
        # Tokens of a prompt, and rounds.
        self.model_rounds = ((128, 1),) if quick else ((512, 7), (1000, 3), (2000, 2))
        self._library = None

    def folder(self, *below):
        path = self.data.joinpath(*below)
        if not path.is_dir():
            raise NotMeasured(f"there is no folder `{'/'.join(below)}` in the test data")
        return path

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def index(self, data_dir, folder, space):
        """Indexes a folder into a data directory; returns what the program says of it, and the memory it took."""
        self.say(f"  indexing {folder.name} as {space}")
        if space not in self.spaces(data_dir):
            self.program.json(data_dir, "add", folder, "--space", space)
        memory = Memory()
        result = self.program.json(data_dir, "index", memory=memory)
        if result["embedding_error"] or result["waiting_for_vectors"]:
            raise Failure(f"passages were left without vectors: {result['embedding_error']}")
        return result, memory

    def spaces(self, data_dir):
        """Names of the spaces that are there already."""
        if not data_dir.is_dir():
            return set()
        return {space["name"] for space in self.program.json(data_dir, "status")["spaces"]}

    def library(self):
        """A data directory with the articles of squad20 and drcd-dev, made once."""
        if self._library is None:
            data_dir = self.work / "library"
            for name in ("squad20", "drcd-dev"):
                self.index(data_dir, self.folder(name, "docs"), name)
            self._library = data_dir
        return self._library


def index(bench):
    """Speed, memory and size of indexing, each set into a data directory of its own."""
    sets = [] if bench.quick else [("notes-plurality", ("notes-plurality", "vault"), "notes")]
    sets.append(("squad20", ("squad20", "docs"), "library"))
    found = {}
    for name, below, data_name in sets:
        folder, data_dir = bench.folder(*below), bench.work / data_name
        if data_dir.exists():
            raise NotMeasured(f"`{data_dir}` is there already; indexing is measured into an empty folder")
        result, memory = bench.index(data_dir, folder, name)
        tokens = embedded_tokens(data_dir)
        spaces = bench.program.json(data_dir, "status")["spaces"]
        text_bytes = sum(space["text_bytes"] for space in spaces)
        size = folder_bytes(data_dir)
        by_word, embedding = result["seconds_by_word"], result["seconds_embedding"]
        found[name] = {
            "files": result["files"],
            "text_bytes": text_bytes,
            "seconds_by_word": by_word,
            "files_per_second": ratio(result["files"], by_word),
            "text_mb_per_second": ratio(text_bytes / 1e6, by_word),
            "chunks": result["chunks_embedded"],
            "tokens": tokens,
            "seconds_embedding": embedding,
            "chunks_per_second": ratio(result["chunks_embedded"], embedding),
            "tokens_per_second": ratio(tokens, embedding),
            "peak_memory_mib": memory.peak_kib / 1024,
            "peak_memory_with_parsers_mib": memory.peak_with_children_kib / 1024,
            "data_bytes": size,
            "ledger_bytes": sum(path.stat().st_size for path in data_dir.glob("ledger.sqlite*")),
            "index_bytes": folder_bytes(data_dir / "indexes"),
            "data_per_text_byte": ratio(size, text_bytes),
        }
    return {"sets": found}


def peers(bench):
    """Indexing by word beside other programs: the same folders, one after the other, in one run."""
    for needed in ("scifact", "squad20", "drcd-dev"):
        bench.folder(needed)
    found = {}
    for name, write, tools in (("notes", peer_sets.write_notes, ("recoll",)), ("mails", peer_sets.write_mails, ("recoll", "notmuch"))):
        count, folder = bench.peer_files[name], bench.work / f"peer-{name}"
        if folder.exists():
            raise NotMeasured(f"`{folder}` is there already; indexing is measured into an empty folder")
        text_bytes = write(bench.data, folder, count)
        bench.say(f"  {count} {name} by word")
        data_dir, memory = bench.work / f"peer-{name}-data", Memory()
        bench.program.json(data_dir, "add", folder, "--space", name)
        begun = time.perf_counter()
        result = bench.program.json(data_dir, "index", "--by-word", memory=memory)
        whole = time.perf_counter() - begun
        if result["counts"]["indexed"] != count:
            raise Failure(f"of {count} files {result['counts']['indexed']} were indexed")
        found[name] = {
            "files": count,
            "bytes": text_bytes,
            "seconds": whole,
            "files_per_second": ratio(count, whole),
            "peak_memory_mib": memory.peak_kib / 1024,
            "peers": {tool: peer_sets.TOOLS[tool](folder, bench.work / f"peer-{name}-{tool}") for tool in tools},
        }
    return {"sets": found}


def imports(bench):
    """Indexing by word of folders of every kind of file, without models; and of PDFs alone, beside pdftotext."""
    for needed in ("scifact", "squad20", "drcd-dev", "office", *import_set.PDFS):
        bench.folder(needed)
    program = Program(bench.program.binary, bench.work / "no-models", bench.work)
    runs = []
    for count in bench.import_files:
        folder = bench.work / f"import-{count}"
        if folder.exists():
            raise NotMeasured(f"`{folder}` is there already; indexing is measured into an empty folder")
        size = import_set.write_files(bench.data, folder, count)
        bench.say(f"  {count} files of every kind by word")
        run = by_word(program, bench.work / f"import-{count}-data", folder)
        if run["counts"]["waiting"] or run["counts"]["seen"] != count:
            raise Failure(f"of {count} files not all were looked at: {run['counts']}")
        runs.append({"bytes": size} | run)
    reports = bench.folder("pdf-10q")
    bench.say("  PDFs by word, and by pdftotext")
    data_dir = bench.work / "import-pdf-data"
    run = by_word(program, data_dir, reports)
    text_bytes = sum(space["text_bytes"] for space in program.json(data_dir, "status")["spaces"])
    ours = {"seconds": run["seconds"], "text_bytes": text_bytes}
    return {"runs": runs, "pdfs": len(import_set.below(reports, (".pdf",))), "pdf_text": {"rushlight": ours, "pdftotext": import_set.pdftotext(reports)}}


def by_word(program, data_dir, folder):
    """A whole run from nothing to an index by word."""
    memory = Memory()
    program.json(data_dir, "add", folder, "--space", "import")
    begun = time.perf_counter()
    result = program.json(data_dir, "index", "--by-word", memory=memory)
    whole = time.perf_counter() - begun
    return {
        "counts": result["counts"],
        "seconds": whole,
        "files_per_second": ratio(result["counts"]["seen"], whole),
        "peak_memory_mib": memory.peak_kib / 1024,
        "peak_memory_with_parsers_mib": memory.peak_with_children_kib / 1024,
    }


def search(bench):
    """Latency of warm searches over one connection, measured by the client."""
    half = 30 if bench.quick else 100
    queries = spread(lines(bench.folder("squad20") / "queries.jsonl"), half)
    queries += spread(lines(bench.folder("drcd-dev") / "queries.jsonl"), half)
    queries = [query["text"] for query in queries]
    found = {}
    with Server(bench.program, bench.library()) as server:
        status = server.get("/api/v1/status")
        for mode in MODES:
            bench.say(f"  {len(queries)} searches by {mode}, {bench.repeats} times")
            runs = []
            for query in queries[:: max(1, len(queries) // 20)]:
                one_search(server, query, mode)
            for _ in range(bench.repeats):
                runs.append([one_search(server, query, mode) for query in queries])
            client = [[seconds * 1e3 for seconds, _ in run] for run in runs]
            within = [[timings["total_us"] / 1e3 for _, timings in run] for run in runs]
            found[mode] = {
                "p50_ms": statistics.median(percentile(run, 50) for run in client),
                "p95_ms": statistics.median(percentile(run, 95) for run in client),
                "within_server_p50_ms": statistics.median(percentile(run, 50) for run in within),
            }
    chunks = sum(space["chunks"] for space in status["spaces"])
    return {"queries": len(queries), "repeats": bench.repeats, "chunks": chunks, "modes": found}


def scale(bench):
    """Search over many made-up passages: the copy in memory beside the table, the keyword leg, and both with their fusion."""
    if not bench.scale_tool.is_file():
        raise NotMeasured("there is no examples/scale beside the program; `cargo build --release --workspace --example scale` makes it")
    runs = []
    for chunks in bench.scale_chunks:
        bench.say(f"  {chunks} passages")
        command = [bench.scale_tool, bench.work / f"scale-{chunks}", str(chunks)]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise Failure(f"`scale` ended with {result.returncode}")
        runs.append(json.loads(result.stdout))
    return {"runs": runs}


def follow(bench):
    """How long after a note was saved it is found by word, while the server runs."""
    folder = bench.work / "followed"
    folder.mkdir(exist_ok=True)
    for number in range(200):
        (folder / f"note{number}.md").write_text(f"# Note {number}\n\nThe heron stood in the reeds all morning.\n")
    data_dir = bench.work / "follow"
    bench.index(data_dir, folder, "followed")
    waits = []
    with Server(bench.program, data_dir) as server:
        for edit in range(5 if bench.quick else 30):
            # Letters only, and no part of another: one word to the analyzer.
            word = "zq" + "".join(chr(ord("a") + int(digit)) for digit in f"{edit:03}")
            (folder / f"note{edit * 6}.md").write_text(f"# Note\n\nThe heron was called {word} by the children.\n")
            saved = time.perf_counter()
            while not server.post("/api/v1/search", {"query": word, "mode": "keyword"})["hits"]:
                if time.perf_counter() - saved > 60:
                    raise Failure(f"an edit is not found after a minute: {edit}")
                time.sleep(0.01)
            waits.append(time.perf_counter() - saved)
    return {"edits": len(waits), "p50_ms": percentile(waits, 50) * 1e3, "p95_ms": percentile(waits, 95) * 1e3, "worst_ms": max(waits) * 1e3}


def one_search(server, query, mode):
    begun = time.perf_counter()
    reply = server.post("/api/v1/search", {"query": query, "mode": mode, "limit": 10})
    seconds = time.perf_counter() - begun
    if reply["degraded"]:
        raise Failure(f"a search was not answered in full: {reply['degraded']}")
    return seconds, reply["timings"]


def answer(bench):
    """Time to the first token, speed and memory of answers."""
    english, chinese = (2, 1) if bench.quick else (8, 4)
    asked = {}
    for language, name, count in (("English", "squad20", english), ("Chinese", "drcd-dev", chinese)):
        questions = [row for row in lines(bench.folder(name) / "questions.jsonl") if row["answerable"]]
        # One more, for the first question after a start, which loads the model and is kept apart.
        asked[language] = [row["question"] for row in spread(questions, count + 1)]
    with Server(bench.program, bench.library()) as server:
        before = server.remember().resident_kib
        cold = one_answer(server, asked["English"].pop(0))
        asked["Chinese"].pop(0)
        found = {}
        for language, questions in asked.items():
            bench.say(f"  {len(questions)} questions, {language}")
            found[language] = summary([one_answer(server, question) for question in questions])
        memory = server.remember()
        status = server.get("/api/v1/status")
    return {
        "model": status["models"]["language"]["id"],
        "first_question_seconds": cold["first_token"] or cold["seconds"],
        "languages": found,
        "memory_before_mib": before / 1024,
        "memory_after_mib": memory.resident_kib / 1024,
        "peak_memory_mib": memory.peak_kib / 1024,
    }


def one_answer(server, question, spaces=()):
    """One question: when the evidence and the first token came, when it ended, and the answer."""
    evidence = first = seconds = None
    finished = None
    for at, event, data in server.ask(question, spaces):
        seconds = at
        if event == "evidence":
            evidence = at
        elif event == "piece" and first is None:
            first = at
        elif event == "answer":
            finished = data["answer"]
        elif event == "error":
            raise Failure(f"a question was not answered: {data['error']['message']}")
    if finished is None:
        raise Failure("the stream of an answer ended without one")
    return {"evidence": evidence, "first_token": first, "seconds": seconds, "answer": finished}


def summary(replies):
    """Medians over the replies; the speeds over those that the model wrote."""
    written = [reply["answer"]["generation"] for reply in replies if reply["answer"]["generation"]]
    read = [(g["prompt_tokens"] - g["cached_tokens"], g["prompt_ms"]) for g in written]
    tokens = [(g["generated_tokens"], g["generation_ms"]) for g in written]
    firsts = [reply["first_token"] for reply in replies if reply["first_token"] is not None]
    return {
        "questions": len(replies),
        "written_by_the_model": len(written),
        "not_found": sum(reply["answer"]["grounding"] == "not_found" for reply in replies),
        "evidence_seconds": median([reply["evidence"] for reply in replies if reply["evidence"] is not None]),
        "first_token_seconds": median(firsts),
        "first_token_worst_seconds": max(firsts, default=None),
        "whole_seconds": median([reply["seconds"] for reply in replies]),
        "prompt_tokens": median([g["prompt_tokens"] for g in written]),
        "generated_tokens": median([g["generated_tokens"] for g in written]),
        "prompt_tokens_per_second": median([ratio(count, ms / 1e3) for count, ms in read if count and ms]),
        "tokens_per_second": median([ratio(count, ms / 1e3) for count, ms in tokens if count and ms]),
    }


def evaluate(bench):
    """nDCG@10 and its kin of each leg and of their fusion, with intervals; what became of each query is left out."""
    found, missing = [], []
    for folders, (name, *rest) in RETRIEVAL:
        try:
            for folder in folders:
                bench.folder(folder)
        except NotMeasured as reason:
            missing.append(str(reason))
            continue
        label = " ".join([name, *rest])
        bench.say(f"  {label}")
        where = [SETS / name, "--base", bench.data] if name.endswith(".toml") else [bench.data / name]
        arguments = ["eval", *where, *rest, "--weights", WEIGHTS]
        arguments += ["--limit", 50] if bench.quick else []
        run = bench.program.json(bench.work / "eval", *arguments)
        found.append({"arguments": label} | {key: value for key, value in run.items() if key != "questions"})
    if not found:
        raise NotMeasured("; ".join(missing))
    return {"reports": found, "missing": missing}


# The sets of questions that a folder may have: those of the second are asked in another language than what answers them.
EXAMPLE_SETS = ("questions.toml", "across.toml")


def examples(bench):
    """Answers to the questions of the example folders: right, cited, refused."""
    data_dir, found = bench.work / "examples", {}
    folders = sorted(path.parent for path in bench.examples.glob("*/questions.toml"))
    if not folders:
        raise NotMeasured(f"there is no questions.toml below `{bench.examples.name}`")
    for folder in folders:
        bench.index(data_dir, folder, folder.name)
    with Server(bench.program, data_dir) as server:
        for folder, file in [(folder, file) for folder in folders for file in EXAMPLE_SETS if (folder / file).exists()]:
            across = file == "across.toml"
            name = f"{folder.name}, in the other language" if across else folder.name
            questions = tomllib.loads((folder / file).read_text("utf-8"))["question"]
            questions = spread(questions, 5) if bench.quick else questions
            bench.say(f"  {len(questions)} questions about {name}")
            outcomes = []
            for question in questions:
                reply = one_answer(server, question["text"], [folder.name])
                outcome = judge(question, reply["answer"], folder)
                outcomes.append(outcome | {"seconds": reply["seconds"]})
                if outcome["outcome"] != "right" or not outcome["cited"]:
                    bench.say(f"    {question['id']} {outcome['outcome']}, cited {outcome['cited']}: {reply['answer']['text']!r}")
            found[name] = count_outcomes(outcomes) | {"across": across, "questions": outcomes}
    return {"folders": found}


def answers(bench):
    """Answers to a fixed sample of public questions, end to end, each class and each language for itself."""
    for folder in ANSWERS:
        bench.folder(folder)
    limit = 2 if bench.quick else 25
    bench.say(f"  {limit} questions of each class, the half `test`")
    recipe = [SETS / "answers.toml", "--base", bench.data, "--split", "test", "--limit", limit]
    report = bench.program.json(bench.work / "eval", "eval", "--answers", *recipe)
    return {"limit": limit} | report


def judge(question, reply, folder):
    """What became of a question.

    `right`: answered with one of the accepted strings, or refused where nothing answers it. `wrong`: answered otherwise.
    `refused`: not answered though something answers it. `cited`: a citation is to one of the expected documents.
    """
    refused = reply["grounding"] == "not_found"
    expected = {(folder / path).resolve() for path in question["expected"]}
    cited = any(Path(citation["path"]).resolve() in expected for citation in reply["citations"])
    if not question["answerable"]:
        outcome, cited = ("right" if refused else "wrong"), True
    elif refused:
        outcome = "refused"
    else:
        text = plain(reply["text"])
        outcome = "right" if any(plain(string) in text for string in question["accept"]) else "wrong"
    return {
        "id": question["id"],
        "language": question["language"],
        "answerable": question["answerable"],
        "outcome": outcome,
        "cited": cited,
        "grounding": reply["grounding"],
    }


def count_outcomes(outcomes):
    answerable = [outcome for outcome in outcomes if outcome["answerable"]]
    others = [outcome for outcome in outcomes if not outcome["answerable"]]
    count = lambda of, wanted: sum(outcome["outcome"] == wanted for outcome in of)
    return {
        "answerable": len(answerable),
        "right": count(answerable, "right"),
        "right_and_cited": sum(outcome["outcome"] == "right" and outcome["cited"] for outcome in answerable),
        "wrong": count(answerable, "wrong"),
        "refused": count(answerable, "refused"),
        "unanswerable": len(others),
        "unanswerable_refused": count(others, "right"),
        "median_seconds": median([outcome["seconds"] for outcome in outcomes]),
    }


PARTS = {"index": index, "peers": peers, "import": imports, "search": search, "scale": scale, "follow": follow, "answer": answer, "model": model_speed.measure, "page": page_speed.measure, "eval": evaluate, "answers": answers, "examples": examples}


def plain(text):
    """Text for comparison: one width, one case, no citation marks, no white space between ideographs or twice."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"\[\d+\]", " ", text)
    text = " ".join(text.split())
    return re.sub(r"(?<=[\u3400-\u9fff]) | (?=[\u3400-\u9fff])", "", text)


def lines(path):
    """The objects of a JSON Lines file."""
    if not path.is_file():
        raise NotMeasured(f"there is no file `{path.parent.name}/{path.name}` in the test data")
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def spread(rows, count):
    """So many rows at even distances, always the same ones."""
    count = min(count, len(rows))
    return [rows[(2 * number + 1) * len(rows) // (2 * count)] for number in range(count)]


def median(values):
    return statistics.median(values) if values else None


def ratio(a, b):
    return a / b if b else None
