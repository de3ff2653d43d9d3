"""How fast the page is in a browser: Lighthouse over its places, and the time from a key to what it found."""

import json
import os
import random
import shutil
import statistics
import subprocess
import urllib.parse
from pathlib import Path

import peer_sets
from figures import percentile
from program import Failure, NotMeasured, Program, Server

TOOLS = Path(__file__).with_name("page")
SEARCHED = "how is the climate of the region changing"
# Twenty characters each, as somebody would type them over notes about medicine, history and geography.
TYPED = (
    "protein binding site",
    "the effect of aspiri",
    "university of warsaw",
    "immune response in m",
    "largest cities of th",
    "gene expression data",
    "when was the bridge ",
    "risk of heart diseas",
    "southern california ",
    "cells in bone marrow",
)
SECTIONS = 5


def measure(bench):
    """Scores and times of the places over the library of the other parts; keys over many passages that are indexed by word."""
    browser = Browser(bench)
    return {"places": places(bench, browser), "keys": keys(bench, browser)}


class Browser:
    """Chromium, and the tools that drive it: npm packages, as the lock file says, in the work folder."""

    def __init__(self, bench):
        self.chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        if not Path(self.chromium).is_file():
            raise NotMeasured("there is no Chromium; install it, or name it with CHROMIUM")
        for needed in ("node", "npm"):
            if not shutil.which(needed):
                raise NotMeasured(f"there is no {needed}")
        self.folder = bench.work / "page-tools"
        shutil.copytree(TOOLS, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
        installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=self.folder, capture_output=True, text=True)
        if installed.returncode != 0:
            raise NotMeasured("npm could not install Lighthouse")

    def run(self, script, *arguments, given):
        """A script's JSON; `given` goes to its input as JSON."""
        command = ["node", self.folder / script, self.chromium, *map(str, arguments)]
        result = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True)
        if result.returncode != 0:
            raise Failure(f"{script} ended with {result.returncode}: {result.stderr.strip()[-400:]}")
        return json.loads(result.stdout)


def places(bench, browser):
    """Medians over the runs of each place, on a desktop and on Lighthouse's phone."""
    runs = 1 if bench.quick else 3
    with Server(bench.program, bench.library()) as server:
        hits = server.post("/api/v1/search", {"query": SEARCHED})["hits"]
        if not hits:
            raise Failure(f"nothing is found for `{SEARCHED}`")
        addresses = {
            "Ask": "#/ask",
            "Search, with results": f"#/search?q={urllib.parse.quote(SEARCHED)}",
            "a document": f"#/doc/{hits[0]['document_id']}",
            "Library": "#/library",
            "Health": "#/health",
        }
        bench.say(f"  Lighthouse over {len(addresses)} places, {runs} times each on two screens")
        found = browser.run("lighthouse.mjs", f"http://127.0.0.1:{server.port}", server.token, runs, given=addresses)
    return {name: {preset: middle(of) for preset, of in presets.items()} for name, presets in found.items()}


def middle(runs):
    """Each figure's median; what was below the mark in any run."""
    figures = {key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "below_90"}
    return figures | {"runs": len(runs), "below_90": sorted({name for run in runs for name in run["below_90"]})}


def keys(bench, browser):
    """For each key of some queries, typed quickly: how long until its results are on the screen, and the server's part of that."""
    # Without models nothing embeds in the background; what is asked while typing are words only.
    program = Program(bench.program.binary, bench.work / "no-models", bench.work)
    data_dir, folder = bench.work / f"keys-{bench.key_notes}-data", bench.work / f"keys-{bench.key_notes}"
    if not data_dir.exists():
        bench.say(f"  {bench.key_notes} notes by word")
        write_notes(bench, folder, bench.key_notes)
        program.json(data_dir, "add", folder, "--space", "notes")
        program.json(data_dir, "index", "--by-word")
    rounds = []
    with Server(program, data_dir, by_word=True) as server:
        chunks = sum(space["chunks"] for space in server.get("/api/v1/status")["spaces"])
        # The first pass fills caches, as a page that is in use has them.
        for number in range(1 + bench.repeats):
            bench.say(f"  {len(TYPED)} queries typed over {chunks} passages")
            load = os.getloadavg()[0]
            found = browser.run("keys.mjs", f"http://127.0.0.1:{server.port}/?token={server.token}", given=TYPED)
            if number > 0:
                rounds.append(one_round(found) | {"load_before": load})
    medians = {key: statistics.median(of[key] for of in rounds) for key in rounds[0]}
    return {"passages": chunks, "queries": len(TYPED), "rounds": rounds} | medians


def one_round(found):
    """Percentiles over all keys; a key that a later one overtook counts with the results of the longer text."""
    lost = [key["text"] for key in found if key["shown_ms"] is None]
    if len(lost) == len(found):
        raise Failure("no key brought results to the screen")
    shown = [key for key in found if key["shown_ms"] is not None]
    percentiles = {f"{name}_{percent}": percentile([key[f"{name}_ms"] for key in shown], percent) for name in ("shown", "request", "server") for percent in (50, 95)}
    return {"keys": len(found), "lost": len(lost), "own": sum(key["own"] for key in shown), **percentiles}


def write_notes(bench, folder, count):
    """Notes of five sections of eight sentences, each from the sentences of three public sets, always the same ones."""
    texts = [row["text"] for name in ("scifact", "squad20", "drcd-dev") for row in peer_sets.rows(bench.folder(name) / "corpus.jsonl")]
    titles = [row["title"] for name in ("scifact", "squad20") for row in peer_sets.rows(bench.folder(name) / "corpus.jsonl")]
    sentences = [f"{sentence.strip()}." for text in texts for sentence in text.split(". ") if sentence.strip()]
    chance = random.Random(0)
    for number in range(count):
        sections = [f"## {chance.choice(titles)}\n\n{' '.join(chance.choices(sentences, k=8))}\n" for _ in range(SECTIONS)]
        path = folder / f"{number % 100:02}" / f"note-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {chance.choice(titles)}\n\n" + "\n".join(sections), "utf-8")
