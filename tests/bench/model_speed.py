"""How fast a language model reads and writes, in turns with other programs on the same file."""

import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

from program import Failure, NotMeasured

LLAMA_CPP = Path(__file__).with_name("llama_cpp.mjs")


class Engine:
    """A program that has loaded a model and measures once for each line it is sent."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.loaded = self._reply()

    def turn(self, prompt, tokens):
        self.process.stdin.write(f"{prompt} {tokens}\n")
        self.process.stdin.flush()
        return self._reply()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def _reply(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} ended with {self.process.wait(timeout=60)}")
        return json.loads(line)


def measure(bench):
    """Each model by every engine there is: the medians of the turns, and of the ratios within a round."""
    if not bench.model_tool.is_file():
        raise NotMeasured("there is no examples/model_speed beside the program; `cargo build --release --workspace --example model_speed` makes it")
    return {"models": [one_model(bench, model) for model in models(bench)]}


def models(bench):
    """The installed model, and those that RUSHLIGHT_BENCH_MODELS names."""
    installed = sorted(Path(bench.program.environment["RUSHLIGHT_MODELS_DIR"]).glob("*/model.gguf"))
    named = [Path(name) for name in os.environ.get("RUSHLIGHT_BENCH_MODELS", "").split(os.pathsep) if name]
    if not installed + named:
        raise NotMeasured("no language model is installed")
    return installed + named


def engines(bench, model):
    """Ours first. llama.cpp where RUSHLIGHT_LLAMA_CPP names a folder in which the npm package node-llama-cpp is installed."""
    found = {"rushlight": [bench.model_tool, "ours", model]}
    folder = os.environ.get("RUSHLIGHT_LLAMA_CPP")
    if folder and shutil.which("node"):
        found["llama.cpp"] = ["node", LLAMA_CPP, folder, model]
    if "qwen2" in model.parent.name or "qwen2" in model.name:
        found["candle-transformers"] = [bench.model_tool, "candle-transformers", model]
    return found


def one_model(bench, model):
    bench.say(f"  {model.parent.name if model.name == 'model.gguf' else model.stem}")
    running = []
    try:
        for name, command in engines(bench, model).items():
            running.append(Engine(name, command))
        # What is read once is in memory then.
        for engine in running:
            engine.turn(16, 4)
        lengths = [turns(bench, running, prompt, rounds) for prompt, rounds in bench.model_rounds]
    finally:
        for engine in running:
            engine.close()
    loads = {engine.name: {"load_seconds": engine.loaded["load_seconds"]} for engine in running}
    return {
        "model": model.parent.name if model.name == "model.gguf" else model.stem,
        "file_mib": model.stat().st_size / 2**20,
        "engines": loads,
        "prompts": lengths,
    }


def turns(bench, running, prompt, rounds):
    """So many rounds, in each of which every engine has its turn: what else the machine does falls on all of them."""
    tokens = 32
    found = [{engine.name: engine.turn(prompt, tokens) for engine in running} for _ in range(rounds)]
    ours = running[0].name
    return {
        "prompt_tokens": prompt,
        "tokens": tokens,
        "rounds": rounds,
        "engines": {
            engine.name: {
                **{key: statistics.median(of[engine.name][key] for of in found) for key in ("prompt", "generation", "resident_mib")},
                **{f"{key}_ratio": statistics.median(of[ours][key] / of[engine.name][key] for of in found) for key in ("prompt", "generation")},
            }
            for engine in running
        },
    }
