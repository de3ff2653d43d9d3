"""The program under measurement: its commands, its server, and the memory they take."""

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=([A-Za-z0-9_.~-]+)")


class NotMeasured(Exception):
    """What is needed is not there; the reason is written into the page."""


class Failure(Exception):
    """The program did not do what it should; the run goes on and ends with an exit code."""


class Program:
    """The binary, with a configuration of its own: nothing of the user's is read or written."""

    def __init__(self, binary, models, work):
        self.binary, self.work = Path(binary), Path(work)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUSHLIGHT_", "XDG_"))}
        self.environment = kept | {
            "RUSHLIGHT_MODELS_DIR": str(models),
            "XDG_CONFIG_HOME": str(self.work / "config"),
            "XDG_DATA_HOME": str(self.work / "data-home"),
        }

    def command(self, data_dir, *arguments):
        return [str(self.binary), "--data-dir", str(data_dir), *map(str, arguments)]

    def version(self):
        result = subprocess.run([self.binary, "--version"], env=self.environment, capture_output=True, text=True, timeout=60)
        return result.stdout.strip()

    def json(self, data_dir, *arguments, memory=None):
        """Runs a command and returns its JSON; `memory` is a `Memory` that watches it."""
        words = self.command(data_dir, *arguments, "--json")
        process = subprocess.Popen(words, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if memory:
            memory.watch(process.pid)
        try:
            out, err = process.communicate()
        finally:
            if memory:
                memory.stop()
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            said = (out + err).decode("utf-8", "replace").strip()[-400:]
            raise Failure(f"`rushlight {arguments[0]}` ended with {process.returncode}: {said}")
        return json.loads(out) if out.strip() else None


class Memory:
    """Watches a process and its children: at once, and then at growing distances up to twenty times a second."""

    PERIOD = 0.05
    FIRST = 0.002

    def __init__(self):
        self.resident_kib = self.peak_kib = self.peak_with_children_kib = 0
        self._ended, self._thread = threading.Event(), None

    def watch(self, pid):
        def look():
            # Right after its start a process is a copy of this one, and a short one is gone soon after.
            pause = self.FIRST
            while not self._ended.is_set():
                self.sample(pid)
                self._ended.wait(pause)
                pause = min(2 * pause, self.PERIOD)

        self._thread = threading.Thread(target=look, daemon=True)
        self._thread.start()

    def stop(self):
        self._ended.set()
        if self._thread:
            self._thread.join()

    def sample(self, pid):
        resident, peak = status_kib(pid)
        self.resident_kib = resident or self.resident_kib
        self.peak_kib = max(self.peak_kib, peak)
        whole = resident + sum(status_kib(child)[0] for child in children(pid))
        self.peak_with_children_kib = max(self.peak_with_children_kib, whole)


def status_kib(pid):
    """(VmRSS, VmHWM) of a process in KiB; zeros when it is gone."""
    found = {"VmRSS": 0, "VmHWM": 0}
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] = int(value.split()[0])
    except (OSError, IndexError, ValueError):
        pass
    return found["VmRSS"], found["VmHWM"]


def children(pid):
    """All processes below one."""
    below = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            direct = [int(word) for word in listed.read_text().split()]
        except OSError:
            continue
        for child in direct:
            below += [child, *children(child)]
    return below


class Server:
    """`rushlight serve` on a free port, as a context. Ended by its pid. `by_word`: passages may be without vectors."""

    START_SECONDS, IDLE_SECONDS = 120, 3600

    def __init__(self, program, data_dir, by_word=False):
        self.program, self.data_dir, self.by_word = program, data_dir, by_word
        self.memory = Memory()
        self.connection = None

    def __enter__(self):
        log = open(self.program.work / "serve.log", "ab")
        words = self.program.command(self.data_dir, "serve", "--port", "0")
        self.process = subprocess.Popen(words, env=self.program.environment, stdout=subprocess.PIPE, stderr=log)
        log.close()
        try:
            self._find_link()
            self._wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.connection:
            self.connection.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def _find_link(self):
        found, ready = [], threading.Event()

        def read():
            for line in self.process.stdout:
                link = LINK.search(line.decode("utf-8", "replace"))
                if link and not found:
                    found.append(link)
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        ready.wait(self.START_SECONDS)
        if not found:
            raise Failure(f"`rushlight serve` printed no link; see {self.program.work / 'serve.log'}")
        self.port, self.token = int(found[0][1]), found[0][2]
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)

    def _wait_until_idle(self):
        deadline = time.monotonic() + self.IDLE_SECONDS
        while time.monotonic() < deadline:
            status = self.get("/api/v1/status")
            if status["activity"] == "idle" and status["counts"]["waiting"] == 0:
                if status["embedding"]["waiting"] and not self.by_word:
                    raise Failure(f"{status['embedding']['waiting']} passages have no vector: {status['models']['embedding']}")
                return
            time.sleep(0.25)
        raise Failure("the server is still indexing")

    def _send(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        self.connection.request(method, path, body, headers)
        return self.connection.getresponse()

    def get(self, path):
        return self._whole(self._send("GET", path))

    def post(self, path, body):
        return self._whole(self._send("POST", path, body))

    @staticmethod
    def _whole(reply):
        text = reply.read()
        if reply.status >= 300:
            raise Failure(f"the server replied {reply.status}: {text[:300].decode('utf-8', 'replace')}")
        return json.loads(text)

    def ask(self, question, spaces=()):
        """Yields (seconds since the request, event, data) until the stream ends."""
        begun = time.perf_counter()
        reply = self._send("POST", "/api/v1/ask", {"question": question, "spaces": list(spaces)})
        if reply.status >= 300:
            raise Failure(f"the server replied {reply.status}: {reply.read(300).decode('utf-8', 'replace')}")
        event, data = "message", []
        while line := reply.readline():
            line = line.decode().rstrip("\r\n")
            if not line and data:
                yield time.perf_counter() - begun, event, json.loads("\n".join(data))
            if not line:
                event, data = "message", []
            elif line.startswith("event:"):
                event = line[6:].strip()
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))

    def remember(self):
        """Looks at the server's memory now."""
        self.memory.sample(self.process.pid)
        return self.memory


def embedded_tokens(data_dir):
    """Tokens of all passages that were embedded, each text once, from the ledger of a program that has ended."""
    ledger = sqlite3.connect(f"file:{data_dir}/ledger.sqlite?mode=ro", uri=True)
    try:
        row = ledger.execute("SELECT SUM(tokens) FROM (SELECT MAX(token_count) AS tokens FROM chunks GROUP BY embedding_key)")
        return row.fetchone()[0] or 0
    finally:
        ledger.close()


def folder_bytes(folder):
    """Sum of the sizes of all files below a folder."""
    return sum(path.lstat().st_size for path in Path(folder).rglob("*") if path.is_file())
