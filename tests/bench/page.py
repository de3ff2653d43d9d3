"""The tables of docs/benchmarks.md, written between two marks so that the prose around them stays."""

BEGIN = "<!-- measured: begin (written by tests/bench/run.py) -->"
END = "<!-- measured: end -->"


def replace_between(page, tables):
    """The page with what is between the marks replaced; the marks are added where there are none."""
    before, found, rest = page.partition(BEGIN)
    if not found:
        return f"{page.rstrip()}\n\n{BEGIN}\n\n{tables.strip()}\n\n{END}\n"
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"the page has `{BEGIN}` and no `{END}`")
    return f"{before}{BEGIN}\n\n{tables.strip()}\n\n{END}{after}"


def tables(results):
    """Markdown for all parts."""
    sections = []
    for name, title, write in SECTIONS:
        part = results.get(name, {"not_measured": "it was not asked for"})
        sections.append(f"### {title}\n")
        if "not_measured" in part:
            sections.append(f"not measured: {part['not_measured']}\n")
            continue
        sections.append(f"{write(part['figures'])}\n")
        sections.append(f"Measured {setting(part['setting'])}.\n")
    return "\n".join(sections)


def setting(where):
    """Date, version and machine in one line."""
    words = f"on {where['date']} with {where['version']}"
    if where.get("commit"):
        words += f" ({where['commit']})"
    words += f" on {where['cores']} cores, {where['cpu']}, {where['memory_gib']:.0f} GiB of memory, {where['system']}"
    if where["load"] > 0.5:
        words += f"; load of the machine before: {where['load']:.1f}"
    return words


def table(head, rows):
    """A Markdown table: the first column to the left, figures to the right."""
    marks = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows])


def write_index(figures):
    head = ["set", "files", "text", "files/s by word", "text by word", "passages", "passages/s embedded", "tokens/s embedded", "memory, peak", "with parsers", "on disk", "disk per byte of text"]
    rows = []
    for name, of in figures["sets"].items():
        rows.append([
            name,
            number(of["files"]),
            mb(of["text_bytes"]),
            number(of["files_per_second"]),
            f"{number(of['text_mb_per_second'], 1)} MB/s",
            number(of["chunks"]),
            number(of["chunks_per_second"], 1),
            number(of["tokens_per_second"]),
            mib(of["peak_memory_mib"]),
            mib(of["peak_memory_with_parsers_mib"]),
            f"{mb(of['data_bytes'])} (ledger {mb(of['ledger_bytes'])}, indexes {mb(of['index_bytes'])})",
            number(of["data_per_text_byte"], 1),
        ])
    return table(head, rows)


def write_peers(figures):
    head = ["set", "files", "size", "rushlight", "files/s", "memory, peak", "recoll", "notmuch"]
    rows = []
    for name, of in figures["sets"].items():
        peers = [seconds(of["peers"].get(tool)) for tool in ("recoll", "notmuch")]
        whole = [seconds(of["seconds"]), number(of["files_per_second"]), mib(of["peak_memory_mib"])]
        rows.append([name, number(of["files"]), mb(of["bytes"]), *whole, *peers])
    words = "\n\nWhole runs, from nothing to an index by word; – where a program is not installed, or not made for the set."
    return table(head, rows) + words


def write_import(figures):
    head = ["files", "size", "whole run", "files/s", "memory, peak", "with parsers", "indexed", "skipped", "failed"]
    rows = []
    for of in figures["runs"]:
        counts = of["counts"]
        memory = [mib(of["peak_memory_mib"]), mib(of["peak_memory_with_parsers_mib"])]
        states = [number(counts[state]) for state in ("indexed", "skipped", "failed")]
        rows.append([number(counts["seen"]), mb(of["bytes"]), seconds(of["seconds"]), number(of["files_per_second"]), *memory, *states])
    words = "\n\nOf a hundred files 60 are notes, 30 mails, 5 PDFs and 5 office files; no models are installed, so that tokens are estimated. The peak is that of the program itself; `with parsers` adds the processes that read mails, PDFs and office files.\n\n"
    head_pdf = [f"{number(figures['pdfs'])} PDFs", "time", "text", "text per second"]
    rows_pdf = []
    for program, of in figures["pdf_text"].items():
        cells = [seconds(of["seconds"]), mb(of["text_bytes"]), f"{number(of['text_bytes'] / 1e6 / of['seconds'], 2)} MB/s"] if of else ["–"] * 3
        rows_pdf.append([program, *cells])
    words_pdf = "\n\nrushlight: the whole run, from nothing to an index by word. pdftotext: the text alone, as many files at a time as there are cores."
    return table(head, rows) + words + table(head_pdf, rows_pdf) + words_pdf


def write_search(figures):
    head = ["mode", "p50", "p95", "p50 within the server"]
    rows = [
        [mode, ms(of["p50_ms"]), ms(of["p95_ms"]), ms(of["within_server_p50_ms"])]
        for mode, of in figures["modes"].items()
    ]
    words = f"{number(figures['queries'])} queries in English and Chinese over {number(figures['chunks'])} passages, each asked {figures['repeats']} times; medians of the runs.\n\n"
    return words + table(head, rows)


def write_scale(figures):
    head = ["passages", "may read", "by meaning", "the table alone", "recall@10", "recall@100", "among a hundredth", "among half", "similar documents", "by word", "both and fusion"]
    rows, memory = [], []
    for run in figures["runs"]:
        chunks = number(run["chunks"])
        for share, of in run["askers"].items():
            times = [percentiles(of[key]) for key in ("nearest_ms", "table_ms")]
            recalls = [f"{of[key]:.4f}" for key in ("recall_at_10", "recall_at_100")]
            others = [percentiles(of[key]) for key in ("among_a_hundredth_ms", "among_half_ms", "similar_documents_ms", "keyword_ms", "both_and_fusion_ms")]
            rows.append([chunks, share, *times, *recalls, *others])
        build = seconds(run["built_seconds"]) if run["built_seconds"] is not None else "was there"
        memory.append([chunks, number(run["documents"]), build, seconds(run["load_seconds"]), mib(run["memory_mib"]), mib(run["copy_mib"]), mb(run["disk_bytes"]), mb(run["keyword_disk_bytes"])])
    bandwidth = figures["runs"][-1]["memory_bandwidth_gb_per_second"]
    words = f"\n\np50 / p95 in milliseconds (in brackets the mean time of all processors, which other work on the machine changes least) over {number(figures['runs'][-1]['queries'])} made-up questions, 100 candidates a leg; the query's embedding and the ledger are left out. Reading memory: {number(bandwidth['one_thread'], 1)} GB/s with one thread, {number(bandwidth['two_threads'], 1)} with two.\n\n"
    head_memory = ["passages", "documents", "building both indexes", "reading the copy", "memory, by the system", "by count", "vectors on disk", "words on disk"]
    return table(head, rows) + words + table(head_memory, memory)


def percentiles(of):
    return f"{number(of['p50'], 1)} / {number(of['p95'], 1)} ({number(of['processor'], 1)})"


def write_follow(figures):
    head = ["edits", "p50", "p95", "slowest"]
    return table(head, [[number(figures["edits"]), ms(figures["p50_ms"]), ms(figures["p95_ms"]), ms(figures["worst_ms"])]])


def write_answer(figures):
    head = ["questions", "asked", "refused", "evidence after", "first token after", "slowest", "whole answer", "prompt", "answer", "reading", "writing"]
    rows = []
    for language, of in figures["languages"].items():
        rows.append([
            language,
            number(of["questions"]),
            number(of["not_found"]),
            seconds(of["evidence_seconds"]),
            seconds(of["first_token_seconds"]),
            seconds(of["first_token_worst_seconds"]),
            seconds(of["whole_seconds"]),
            f"{number(of['prompt_tokens'])} tokens",
            f"{number(of['generated_tokens'])} tokens",
            f"{number(of['prompt_tokens_per_second'])} tokens/s",
            f"{number(of['tokens_per_second'], 1)} tokens/s",
        ])
    words = (
        f"\n\nMedians, with {figures['model']}. The first question after a start loads the model: {seconds(figures['first_question_seconds'])} to its first token. "
        f"Resident memory of the server: {mib(figures['memory_before_mib'])} before the first question, {mib(figures['memory_after_mib'])} after the last, {mib(figures['peak_memory_mib'])} at most."
    )
    return table(head, rows) + words


def write_model(figures):
    head = ["model", "prompt", "engine", "prompt, tokens/s", "generation, tokens/s", "ours, times as fast: prompt", "generation", "resident", "to load"]
    rows = []
    for model in figures["models"]:
        name = f"{model['model']} ({mib(model['file_mib'])})"
        for turns in model["prompts"]:
            for engine, of in turns["engines"].items():
                ratios = ["", ""] if engine == "rushlight" else [number(of[f"{key}_ratio"], 2) for key in ("prompt", "generation")]
                load = seconds(model["engines"][engine]["load_seconds"])
                rows.append([name, number(turns["prompt_tokens"]), engine, number(of["prompt"], 1), number(of["generation"], 1), *ratios, mib(of["resident_mib"]), load])
    words = "\n\nMedians of rounds in which every engine has its turn; a ratio is the median of the rounds' ratios. No token is guessed."
    return table(head, rows) + words


def write_page(figures):
    head = ["place", "screen", "performance", "accessibility", "first paint", "largest paint", "layout shift", "blocked", "scripts, packed", "transferred"]
    rows = []
    for place, presets in figures["places"].items():
        for preset, of in presets.items():
            scores = [number(of[key]) for key in ("performance", "accessibility")]
            times = [ms(of["first_contentful_paint_ms"]), ms(of["largest_contentful_paint_ms"]), number(of["layout_shift"], 3), ms(of["total_blocking_time_ms"])]
            rows.append([place, preset, *scores, *times, kb(of["script_gzipped_bytes"]), kb(of["script_transferred_bytes"])])
    runs = next(iter(next(iter(figures["places"].values())).values()))["runs"]
    words = f"\n\nLighthouse, medians of {number(runs)} runs, nothing cached; `desktop` is its preset, `mobile` its default: a phone with a quarter of the speed on a line of 1.6 Mbit/s, both played.\n\n"
    keys = figures["keys"]
    head_keys = ["keys typed over", "from the key to its results, p50", "p95", "request, p50", "p95", "in the server, p50", "p95", "overtaken", "without results"]
    times = [ms(keys[f"{name}_{percent}"]) for name in ("shown", "request", "server") for percent in (50, 95)]
    overtaken = keys["keys"] - keys["lost"] - keys["own"]
    row = [f"{number(keys['passages'])} passages", *times, number(overtaken), number(keys["lost"])]
    loads = ", ".join(number(of["load_before"], 1) for of in keys["rounds"])
    words_keys = (
        f"\n\n{number(keys['queries'])} queries of 20 characters, a key every 60 to 80 ms, {number(keys['keys'])} keys a round; medians of {len(keys['rounds'])} rounds (load of the machine before each: {loads}). "
        "`overtaken` are keys whose results a later key's came before; they count until those are on the screen."
    )
    return table(head, rows) + words + table(head_keys, [row]) + words_keys


def write_eval(figures):
    first = figures["reports"][0]
    legs = [leg_name(leg) for leg in first["legs"]]
    tables = []
    for name, key in (("nDCG@10", "ndcg_at_10"), ("MRR@10", "mrr_at_10")):
        rows = []
        for report in figures["reports"]:
            means = [leg[key] for leg in report["legs"]]
            best = max(mean["mean"] for mean in means)
            cells = [f"{of['mean']:.3f} [{of['low']:.3f}, {of['high']:.3f}]" for of in means]
            cells = [f"**{cell}**" if of["mean"] == best else cell for cell, of in zip(cells, means)]
            rows.append([eval_name(report), number(report["documents"]), number(report["queries"]), *cells])
        tables.append(table([name, "documents", "queries", *legs], rows))
    method = first.get("interval", "95 % confidence interval")
    words = f"\n\nWith {first['embedding_model']} and {first['candidates']} candidates per leg; in brackets the {method}. The number behind `hybrid` is the weight of the semantic leg."
    words += "".join(f"\n\nnot measured: {missing}" for missing in figures["missing"])
    return "\n\n".join(tables) + words


def eval_name(report):
    """The set, and which of its queries."""
    if report.get("arguments", "").endswith(".toml"):
        return report["set"]
    split = report.get("arguments", "").partition("--split ")[2]
    return ", ".join(filter(None, [report["set"], split or report["queries_file"]]))


def leg_name(leg):
    if leg["leg"] == "hybrid":
        return f"hybrid {leg['weight']:.2f}"
    return f"RRF ({leg['k']})" if leg["leg"] == "rrf" else leg["leg"]


def write_answers(figures):
    head = ["questions", "asked", "right", "right and cited", "F1", "refused", "wrong", "citations at the place", "sentences not carried", "first sentence", "first word", "whole answer"]
    rows = []
    for name, groups in (("", figures["classes"]), ("with an answer, ", figures["languages"]), ("without, ", figures["languages_without"])):
        for of in groups:
            shares = [share(of[key]) for key in ("right", "right_and_cited", "f1", "refused", "wrong")]
            times = [seconds_of(of[key]) for key in ("first_ms", "first_word_ms", "total_ms")]
            at_gold = number(of["citations_at_gold"], 3)
            rows.append([f"{name}{of['name']}", number(of["questions"]), *shares, at_gold, number(of["dropped"] + of["uncited"]), *times])
    settings, every, refusals = figures["settings"], figures["all"], figures["refusals"]
    words = (
        f"\n\nThe half `test`, {number(figures['limit'])} questions of each class, with {settings['language_model']} and {settings['embedding_model']}; {settings['corpus'].partition(', ')[0]}. "
        f"In brackets the {figures['interval']}. Times: median, and what 19 of 20 do not exceed, in seconds. Quotes that are not at their place: {number(every['misplaced'])} of {number(every['citations'])}. "
        f"Of {number(refusals['right'] + refusals['wrong'])} refusals {number(refusals['right'])} are right: precision {share(refusals['precision'])}, recall {share(refusals['recall'])}."
    )
    return table(head, rows) + words + write_curve(figures["curve"])


def write_curve(curve):
    """What other thresholds of the probability would refuse."""
    if not curve:
        return ""
    classes = [name for name, _ in curve["points"][0]["unanswerable_refused"]]
    head = ["threshold", "answerable refused", "answered right", "of the answers not right", *(f"{name} refused" for name in classes)]
    rows = []
    for point in curve["points"]:
        of = [point["threshold"], point["answerable_refused"], point["answerable_right"], point["risk"]]
        rows.append([number(value, 3) for value in [*of, *(refused for _, refused in point["unanswerable_refused"])]])
    areas = ", ".join(f"{number(area, 3)} against {name}" for name, area in curve["areas"]["answerable"])
    words = f"\n\nArea under the ROC curve of the probability, questions with an answer: {areas}; right answers against all else {number(curve['areas']['right'], 3)}."
    return f"\n\n{table(head, rows)}{words}"


def share(mean):
    return "–" if mean is None else f"{mean['mean']:.3f} [{mean['low']:.3f}, {mean['high']:.3f}]"


def seconds_of(times):
    return "–" if times is None else f"{times['p50'] / 1e3:.2f} / {times['p95'] / 1e3:.2f}"


def write_examples(figures):
    head = ["folder", "with an answer", "right", "right and cited", "wrong", "refused", "without an answer", "refused", "time, median"]
    rows = []
    counted = ("answerable", "right", "right_and_cited", "wrong", "refused", "unanswerable", "unanswerable_refused")
    for name, of in figures["folders"].items():
        rows.append([name, *(number(of[key]) for key in counted), seconds(of["median_seconds"])])
    for across, which in ((False, "all"), (True, "all, in the other language")):
        some = [of for of in figures["folders"].values() if of["across"] == across]
        if some:
            rows.append([f"**{which}**", *(f"**{number(sum(of[key] for of in some))}**" for key in counted), ""])
    words = "\n\n`right`: the answer holds one of the strings that the set accepts. In the other language: questions in Chinese whose answer stands in English documents, and the other way round (across.toml). `cited`: a citation is to one of the expected documents."
    return table(head, rows) + words


SECTIONS = (
    ("index", "Indexing", write_index),
    ("peers", "Indexing by word, beside other programs", write_peers),
    ("import", "Importing every kind of file by word", write_import),
    ("search", "Search, warm", write_search),
    ("scale", "Search over many passages", write_scale),
    ("follow", "From saving a note to finding it by word", write_follow),
    ("answer", "Answers: time and memory", write_answer),
    ("model", "The language model, beside other programs", write_model),
    ("page", "The page in a browser", write_page),
    ("eval", "Retrieval", write_eval),
    ("answers", "Answers: public questions, end to end", write_answers),
    ("examples", "Answers: right, cited, refused", write_examples),
)


def number(value, decimals=0):
    return "–" if value is None else f"{value:,.{decimals}f}"


def mb(value):
    return f"{number(value / 1e6, 1)} MB"


def kb(value):
    return f"{number(value / 1e3, 1)} kB"


def mib(value):
    return f"{number(value)} MiB"


def ms(value):
    return f"{number(value, 1)} ms"


def seconds(value):
    return "–" if value is None else f"{number(value, 1)} s"
