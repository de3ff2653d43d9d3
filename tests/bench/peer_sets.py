"""Folders for the comparison with other programs, written from the test data, and how those programs index them."""

import email.message
import email.utils
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

TIMEOUT = 900


def write_notes(data, folder, count):
    """Markdown notes of about 2.7 KB: abstracts of scifact, in two levels of folders. Returns their bytes."""
    articles = rows(Path(data) / "scifact" / "corpus.jsonl")
    total = 0
    for number in range(count):
        first, second = articles[number % len(articles)], articles[(number * 7 + 3) % len(articles)]
        text = f"# {first['title']}\n\n{first['text']}\n\n## {second['title']}\n\n{second['text']}\n\nNote {number}.\n"
        path = folder / f"{number % 40:02}" / f"note-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        total += path.stat().st_size
    return total


def write_mails(data, folder, count):
    """A Maildir of plain messages with replies that quote: paragraphs of squad20 and drcd-dev. Returns their bytes."""
    paragraphs = rows(Path(data) / "squad20" / "corpus.jsonl") + rows(Path(data) / "drcd-dev" / "corpus.jsonl")
    for below in ("cur", "new", "tmp"):
        (folder / below).mkdir(parents=True, exist_ok=True)
    total = 0
    for number in range(count):
        paragraph = paragraphs[number % len(paragraphs)]
        message = email.message.EmailMessage()
        message["From"] = f"Person {number % 97} <person{number % 97}@example.org>"
        message["To"] = f"Person {number % 89} <person{number % 89}@example.org>"
        message["Subject"] = ("Re: " if number % 3 else "") + paragraph["title"]
        message["Date"] = email.utils.formatdate(1_600_000_000 + number * 3600)
        message["Message-ID"] = f"<{number}@example.org>"
        body = paragraph["text"]
        if number % 3:
            message["In-Reply-To"] = f"<{number - 1}@example.org>"
            message["References"] = f"<{number - number % 3}@example.org> <{number - 1}@example.org>"
            before = paragraphs[(number - 1) % len(paragraphs)]["text"]
            body += f"\n\nPerson {(number - 1) % 97} wrote:\n> " + before.replace("\n", "\n> ")
        message.set_content(f"{body}\n\nMessage {number}\n")
        path = folder / "cur" / f"{1_600_000_000 + number}.{number}.host:2,S"
        path.write_bytes(message.as_bytes())
        total += path.stat().st_size
    return total


def recoll(folder, work):
    """Seconds that Recoll takes to index the folder into an empty index, or None where it is not installed."""
    if not shutil.which("recollindex"):
        return None
    work.mkdir(parents=True)
    (work / "recoll.conf").write_text(f"topdirs = {folder}\n")
    return timed(["recollindex", "-c", str(work)], os.environ)


def notmuch(folder, work):
    """The same for notmuch."""
    if not shutil.which("notmuch"):
        return None
    work.mkdir(parents=True)
    config = work / "config"
    config.write_text(f"[database]\npath={work}\nmail_root={folder}\n[user]\nname=a\nprimary_email=a@example.org\n[new]\ntags=new\n")
    return timed(["notmuch", "new", "--quiet", "--no-hooks"], os.environ | {"NOTMUCH_CONFIG": str(config)})


def timed(command, environment):
    begun = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
    return time.perf_counter() - begun


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


TOOLS = {"recoll": recoll, "notmuch": notmuch}
