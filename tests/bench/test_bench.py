"""Tests of the benchmark itself, with a program that is only played: python3 -m unittest discover -s tests/bench"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import unittest
import unittest.mock
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import answer_sample
import import_set
import page
import page_speed
import parts
import peer_sets
from program import Failure, NotMeasured, Program, Server

FAKE = Path(__file__).with_name("fake_rushlight.py")


class Figures(unittest.TestCase):
    def test_percentiles_are_values_that_were_measured(self):
        values = [5, 1, 4, 2, 3]
        self.assertEqual([parts.percentile(values, p) for p in (50, 95, 100)], [3, 5, 5])
        self.assertEqual(parts.percentile(list(range(1, 201)), 95), 190)
        self.assertEqual(parts.percentile([7], 50), 7)

    def test_rows_are_spread_and_always_the_same(self):
        self.assertEqual(parts.spread(list(range(100)), 4), [12, 37, 62, 87])
        self.assertEqual(parts.spread([1, 2], 5), [1, 2])
        self.assertEqual(parts.spread([], 5), [])

    def test_an_answer_is_judged_by_its_words_and_its_citation(self):
        folder = Path("/examples/notes")
        question = {"id": "n-1", "language": "zh-Hant", "answerable": True, "expected": ["茶.md"], "accept": ["12 片"]}
        reply = {"grounding": "grounded", "text": "老薑１２片[1]。", "citations": [{"path": "/examples/notes/茶.md"}]}
        judged = lambda changed, **other: parts.judge(question | other, reply | changed, folder)
        self.assertEqual((judged({})["outcome"], judged({})["cited"]), ("right", True))
        self.assertEqual(judged({"text": "12 [1] 片"})["outcome"], "right")
        self.assertEqual(judged({"text": "十片"})["outcome"], "wrong")
        self.assertFalse(judged({"citations": [{"path": "/examples/other/茶.md"}]})["cited"])
        self.assertEqual(judged({"grounding": "not_found"})["outcome"], "refused")
        self.assertEqual(judged({}, answerable=False, expected=[])["outcome"], "wrong")
        self.assertEqual(judged({"grounding": "not_found"}, answerable=False, expected=[])["outcome"], "right")

    def test_white_space_counts_between_words_only(self):
        self.assertEqual(parts.plain("GBP  38 [2]\nA Day"), "gbp 38 a day")
        self.assertEqual(parts.plain("三 個月，12 個"), "三個月,12個")


class ImportSet(unittest.TestCase):
    def test_copies_have_bytes_of_their_own_and_stay_what_they_are(self):
        with tempfile.TemporaryDirectory() as root:
            folder, data = Path(root, "out"), Path(root, "data")
            data.mkdir()
            for name in ("a", "b"):
                with zipfile.ZipFile(data / f"{name}.docx", "w") as archive:
                    archive.writestr("word", name)
                    archive.comment = b"of another"
            originals = import_set.below(data, import_set.OFFICE)
            total = import_set.copies(originals, folder, 5, import_set.with_zip_comment)
            found = sorted(folder.iterdir())
            self.assertEqual((len(found), len({path.read_bytes() for path in found})), (5, 5))
            self.assertEqual(total, sum(path.stat().st_size for path in found))
            words = [zipfile.ZipFile(path).read("word").decode() for path in found]
            self.assertEqual(words, [words[0], words[1]] * 2 + [words[0]])
            self.assertEqual(sorted(words[:2]), ["a", "b"])
            self.assertIsNone(zipfile.ZipFile(found[0]).testzip())

    def test_a_pdf_keeps_its_bytes_and_what_is_no_archive_stays(self):
        self.assertEqual(import_set.with_comment(b"%PDF %%EOF", b"copy 1"), b"%PDF %%EOF\n% copy 1\n")
        self.assertEqual(import_set.with_zip_comment(b"none", b"copy 1"), b"none")

    def test_shares_are_whole(self):
        self.assertEqual(sum(import_set.MIX.values()), 100)


class Page(unittest.TestCase):
    def test_prose_around_the_marks_stays(self):
        old = f"# Benchmarks\n\n{page.BEGIN}\nold\n{page.END}\n\nHow to repeat it.\n"
        new = page.replace_between(old, "new\n")
        self.assertEqual(new, f"# Benchmarks\n\n{page.BEGIN}\n\nnew\n\n{page.END}\n\nHow to repeat it.\n")
        self.assertEqual(page.replace_between(new, "new"), new)

    def test_marks_are_added_and_a_lost_one_is_said(self):
        self.assertIn(f"# B\n\n{page.BEGIN}\n\nx", page.replace_between("# B\n", "x"))
        with self.assertRaises(ValueError):
            page.replace_between(f"{page.BEGIN}\n", "x")


class Sets(unittest.TestCase):
    def test_the_sets_name_what_they_need(self):
        for folders, (name, *_) in parts.RETRIEVAL:
            if not name.endswith(".toml"):
                self.assertEqual(folders, (name,))
                continue
            recipe = tomllib.loads((parts.SETS / name).read_text("utf-8"))
            named = {path.split("/")[0] for part in recipe["corpus"] for path in part.values()}
            named |= {path.split("/")[0] for path in recipe["queries"].values()}
            self.assertEqual(named, set(folders))
        used = {"answers.toml"} | {name for _, (name, *_) in parts.RETRIEVAL}
        self.assertLessEqual({path.name for path in parts.SETS.glob("*.toml")}, used)

    def test_the_set_of_answers_names_what_it_needs(self):
        recipe = tomllib.loads((parts.SETS / "answers.toml").read_text("utf-8"))
        named = {path.split("/")[0] for part in recipe["corpus"] for path in part.values()}
        samples = [parts.SETS / of["sample"] for of in recipe["class"]]
        self.assertEqual({path.name for path in samples}, {path.name for path in (parts.SETS / "answers").glob("*.tsv")})
        for path in samples:
            rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()[1:]]
            named |= {folder for _, folder, _ in rows}
            halves = [half for half, _, _ in rows]
            self.assertEqual((halves.count("dev"), halves.count("test"), len({identity for *_, identity in rows})), (150, 150, 300), path.name)
        self.assertEqual(named, set(parts.ANSWERS))

    def test_the_samples_are_what_the_rule_chooses(self):
        data = Path(os.environ.get("RUSHLIGHT_DATA", "/nowhere"))
        if not data.is_dir():
            self.skipTest("RUSHLIGHT_DATA does not name the folder of test data")
        for name, text in answer_sample.samples(data).items():
            self.assertEqual((parts.SETS / "answers" / name).read_text("utf-8"), text, name)

    def test_a_sample_keeps_documents_in_one_half(self):
        questions = [(f"d{n % 10}", f"q{n}") for n in range(200)]
        halves = answer_sample.halves_of(document for document, _ in questions)
        self.assertEqual(sorted(halves.values()), ["dev"] * 5 + ["test"] * 5)
        chosen = answer_sample.sample(questions, 40, halves)
        of = dict((identity, document) for document, identity in questions)
        self.assertTrue(all(halves[of[identity]] == half for half, ids in chosen.items() for identity in ids))
        self.assertEqual([len(ids) for ids in chosen.values()], [20, 20])
        self.assertEqual(chosen, answer_sample.sample(questions[::-1], 40, halves), "whatever the order they come in")

    def test_figures_of_before_are_still_written(self):
        mean = {"mean": 0.5, "low": 0.4, "high": 0.6}
        report = {"set": "a", "queries_file": "queries.jsonl", "documents": 1, "queries": 2, "embedding_model": "e", "candidates": 100,
                  "legs": [{"leg": "keyword", "ndcg_at_10": mean, "mrr_at_10": mean}]}
        self.assertIn("| a, queries.jsonl | 1 | 2 | **0.500 [0.400, 0.600]** |", page.write_eval({"reports": [report], "missing": []}))


class PlayedBrowser:
    """What the scripts print, without a browser."""

    def __init__(self, bench):
        self.runs = 0

    def run(self, script, *arguments, given):
        self.runs += 1
        if script == "lighthouse.mjs":
            run = {"performance": 99, "accessibility": 100, "first_contentful_paint_ms": 400.0, "largest_contentful_paint_ms": 500.0, "total_blocking_time_ms": 0,
                   "layout_shift": 0.01, "scripts": 1, "script_bytes": 300_000, "script_gzipped_bytes": 100_000, "script_transferred_bytes": 101_000, "below_90": []}
            worse = run | {"performance": 90, "first_contentful_paint_ms": 900.0, "below_90": ["first-contentful-paint"]}
            return {name: {"desktop": [run, worse, run], "mobile": [worse] * 3} for name in given}
        one = {"text": "t", "shown_ms": 30.0, "own": True, "request_ms": 10.0, "server_ms": 2.0}
        return [one, one, one | {"shown_ms": 50.0, "own": False}, one | {"shown_ms": None, "own": False, "request_ms": None, "server_ms": None}]


class PageSpeed(unittest.TestCase):
    def test_the_median_run_counts_and_what_was_low_is_kept(self):
        runs = PlayedBrowser(None).run("lighthouse.mjs", given=["Ask"])["Ask"]["desktop"]
        middle = page_speed.middle(runs)
        self.assertEqual((middle["performance"], middle["first_contentful_paint_ms"], middle["runs"]), (99, 400.0, 3))
        self.assertEqual(middle["below_90"], ["first-contentful-paint"])

    def test_keys_without_results_are_counted_and_all_of_them_is_a_failure(self):
        found = PlayedBrowser(None).run("keys.mjs", given=[])
        one = page_speed.one_round(found)
        self.assertEqual((one["keys"], one["lost"], one["own"], one["shown_95"]), (4, 1, 2, 50.0))
        with self.assertRaisesRegex(Failure, "no key"):
            page_speed.one_round([found[-1]])

    def test_queries_have_twenty_characters(self):
        self.assertEqual({len(query) for query in page_speed.TYPED}, {20})

    def test_what_drives_the_browser_is_pinned(self):
        package = json.loads((page_speed.TOOLS / "package.json").read_text("utf-8"))
        lock = json.loads((page_speed.TOOLS / "package-lock.json").read_text("utf-8"))
        for name, version in package["dependencies"].items():
            self.assertRegex(version, r"^\d+\.\d+\.\d+$")
            self.assertEqual(lock["packages"][f"node_modules/{name}"]["version"], version)
        self.assertTrue(all("integrity" in entry for path, entry in lock["packages"].items() if path))

    def test_a_machine_without_a_browser_is_a_reason(self):
        bench = unittest.mock.Mock(work=Path("/nowhere"))
        with unittest.mock.patch.dict(os.environ, {"CHROMIUM": "/nowhere/chromium"}), self.assertRaisesRegex(NotMeasured, "Chromium"):
            page_speed.Browser(bench)


class Played(unittest.TestCase):
    """The whole run against the played program."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name).resolve()
        self.data = self.root / "data"
        for name in ("squad20", "drcd-dev", "cmrc2018-trial", "scifact"):
            (self.data / name / "docs").mkdir(parents=True)
            rows = [{"id": str(n), "title": f"Tea {n}", "text": f"tea {n}", "question": f"tea {n}", "answerable": True} for n in range(30)]
            for file in ("queries.jsonl", "questions.jsonl", "corpus.jsonl"):
                (self.data / name / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
        (self.data / "notes-plurality" / "vault").mkdir(parents=True)
        for name, file in (("pdf-10q", "a.pdf"), ("pdf-suites", "b.pdf"), ("office", "c.docx")):
            (self.data / name).mkdir()
            (self.data / name / file).write_bytes(b"%PDF-1.4 PK\x05\x06" + bytes(18))
        self.examples = self.root / "examples"
        (self.examples / "tea").mkdir(parents=True)
        (self.examples / "tea" / "questions.toml").write_text(
            '[[question]]\nid = "t1"\ntext = "how hot for tea"\nlanguage = "en"\nanswerable = true\nexpected = ["tea.md"]\naccept = ["70 °c"]\n'
            '[[question]]\nid = "t2"\ntext = "who is it"\nlanguage = "en"\nanswerable = false\nexpected = []\naccept = []\n'
        )
        (self.examples / "tea" / "across.toml").write_text(
            '[[question]]\nid = "t1-across"\ntext = "泡茶幾度"\nlanguage = "zh-Hant"\nanswerable = true\nexpected = ["tea.md"]\naccept = ["70 °c"]\n'
        )
        self.program = Program(FAKE, self.root, self.root)
        tools = unittest.mock.patch.dict(peer_sets.TOOLS, {"recoll": lambda folder, work: 2.5, "notmuch": lambda folder, work: None})
        tools.start()
        self.addCleanup(tools.stop)
        browser = unittest.mock.patch.object(page_speed, "Browser", PlayedBrowser)
        browser.start()
        self.addCleanup(browser.stop)
        text = unittest.mock.patch.object(import_set, "pdftotext", lambda folder: {"seconds": 2.0, "text_bytes": 3_000_000})
        text.start()
        self.addCleanup(text.stop)

    def bench(self, quick=True):
        bench = parts.Bench(self.program, self.data, self.examples, self.root / "work", quick)
        bench.peer_files = {"notes": 50, "mails": 4}
        bench.import_files = (100, 200)
        bench.key_notes = 4
        bench.scale_chunks, bench.scale_tool = (10, 20), FAKE.with_name("fake_scale.py")
        bench.model_tool = FAKE.with_name("fake_model_speed.py")
        (self.root / "qwen2-tiny").mkdir(exist_ok=True)
        (self.root / "qwen2-tiny" / "model.gguf").write_bytes(bytes(2**20))
        return bench

    def measure(self, name, bench=None):
        with contextlib.redirect_stderr(io.StringIO()):
            return parts.PARTS[name](bench or self.bench())

    def test_every_part_is_measured_and_written(self):
        bench = self.bench(quick=False)
        where = {"date": "2026-01-01", "version": "rushlight 0.0.0", "commit": "abc", "cores": 2, "cpu": "a processor", "memory_gib": 4, "system": "Linux 6", "load": 0.1}
        results = {name: {"setting": where, "figures": self.measure(name, bench)} for name in parts.PARTS}
        index = results["index"]["figures"]["sets"]["squad20"]
        self.assertEqual((index["files_per_second"], index["chunks_per_second"], index["tokens"]), (4.0, 8.0, 150))
        self.assertGreater(index["peak_memory_mib"], 1)
        notes = results["peers"]["figures"]["sets"]["notes"]
        self.assertEqual((notes["files"], notes["peers"]), (50, {"recoll": 2.5}))
        self.assertGreater(notes["files_per_second"], 1)
        small, large = results["import"]["figures"]["runs"]
        self.assertEqual((small["counts"]["seen"], large["counts"]["indexed"]), (100, 200))
        self.assertGreater(large["bytes"], small["bytes"])
        self.assertEqual(results["search"]["figures"]["modes"]["hybrid"]["within_server_p50_ms"], 0.9)
        english = results["answer"]["figures"]["languages"]["English"]
        self.assertEqual((english["prompt_tokens_per_second"], english["tokens_per_second"]), (80.0, 20.0))
        written = page.tables(results)
        self.assertNotIn("not measured", written)
        self.assertIn("| 20 | half | 1.5 / 2.5 (2.0) | 9.0 / 9.5 (16.0) | 1.0000 | 0.9990 |", written)
        self.assertIn("| 20 | 4 | was there | 0.2 s |", written)
        self.assertIn("| qwen2-tiny (1 MiB) | 512 | candle-transformers | 512.0 | 10.0 | 2.00 | 2.00 | 1,100 MiB | 1.5 s |", written)
        self.assertIn("| Ask | desktop | 99 | 100 | 400.0 ms | 500.0 ms | 0.010 | 0.0 ms | 100.0 kB | 101.0 kB |", written)
        self.assertIn("| 3 passages | 30.0 ms | 50.0 ms | 10.0 ms | 10.0 ms | 2.0 ms | 2.0 ms | 1 | 1 |", written)
        self.assertIn("10 queries of 20 characters", written)
        self.assertIn("| pdftotext | 2.0 s | 3.0 MB | 1.50 MB/s |", written)
        self.assertIn("| cmrc2018-trial, queries_traditional.jsonl | 3 | 4 | **0.900 [0.880, 0.920]** |", written)
        self.assertIn("| scifact, validation | 3 | 4 |", written)
        self.assertIn("| squad20-among-others | 3 | 4 |", written)
        right = "0.800 [0.700, 0.900]"
        self.assertIn(f"| squad20 answerable | 25 | {right} | {right} | {right} | {right} | {right} | 0.750 | 1 | 1.50 / 2.50 | 1.50 / 2.50 | 1.50 / 2.50 |", written)
        self.assertIn(f"| nowhere | 25 | – | – | – | {right} | {right} | – | 1 | 1.50 / 2.50 | – | 1.50 / 2.50 |", written)
        self.assertIn("| 0.400 | 0.100 | 0.800 | 0.100 | 0.900 |", written)
        self.assertIn("Quotes that are not at their place: 0 of 4.", written)
        self.assertRegex(written, r"\| \*\*all\*\* \| \*\*1\*\* .*\n\| \*\*all, in the other language\*\* \| \*\*1\*\* ")
        self.assertEqual(len(results["eval"]["figures"]["reports"]), 6)
        self.assertNotIn("questions", results["eval"]["figures"]["reports"][0])
        self.assertIn("Measured on 2026-01-01 with rushlight 0.0.0 (abc) on 2 cores, a processor, 4 GiB of memory, Linux 6.", written)

    def test_answers_of_the_examples_are_counted(self):
        folders = self.measure("examples")["folders"]
        found, across = folders["tea"], folders["tea, in the other language"]
        self.assertEqual((across["across"], across["answerable"], across["unanswerable"]), (True, 1, 0))
        self.assertEqual((found["answerable"], found["right"], found["right_and_cited"]), (1, 1, 0))
        self.assertEqual((found["unanswerable"], found["unanswerable_refused"]), (1, 1))

    def test_missing_data_is_a_reason(self):
        self.data = self.root / "nowhere"
        for name in ("index", "peers", "import", "search", "answer", "eval", "answers"):
            with self.assertRaises(NotMeasured) as caught:
                self.measure(name)
            self.assertIn("in the test data", str(caught.exception))

    def test_a_tool_that_was_not_built_is_a_reason(self):
        bench = parts.Bench(self.program, self.data, self.examples, self.root / "work", quick=True)
        for name in ("scale", "model"):
            with self.assertRaisesRegex(NotMeasured, f"cargo build.*{name}"):
                self.measure(name, bench)

    def test_a_server_ends_with_its_context(self):
        self.program.json(self.root / "some", "add", "x", "--space", "s")
        with Server(self.program, self.root / "some") as server:
            pid = server.process.pid
            self.assertEqual(server.get("/api/v1/status")["spaces"][0]["name"], "s")
            server.token = "wrong"
            with self.assertRaises(Failure):
                server.get("/api/v1/status")
        self.assertFalse(Path(f"/proc/{pid}").exists())

    def test_a_command_that_fails_says_why(self):
        with self.assertRaisesRegex(Failure, "`rushlight dance` ended with 1: .*is not played"):
            self.program.json(self.root / "some", "dance")

    def test_the_command_keeps_the_figures_of_other_parts(self):
        out = self.root / "out"
        environment = os.environ | {"RUSHLIGHT_BIN": str(FAKE), "RUSHLIGHT_MODELS_DIR": str(self.root), "RUSHLIGHT_DATA": str(self.data)}
        command = [sys.executable, FAKE.with_name("run.py"), "--quick", "--out", out, "--only"]
        for part in ("index", "eval"):
            subprocess.run([*command, part], env=environment, check=True, capture_output=True)
        self.assertEqual(list(json.loads((out / "benchmarks.json").read_text())), ["index", "eval"])
        text = (out / "benchmarks.md").read_text()
        self.assertIn("### Search, warm\n\nnot measured: it was not asked for", text)
        self.assertNotIn(str(self.root), text)


if __name__ == "__main__":
    unittest.main()
