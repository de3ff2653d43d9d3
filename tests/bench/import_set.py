"""A folder of every kind of file for the import, written from the test data, and the text of PDFs by another program."""

import concurrent.futures
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import peer_sets

# Files of each kind in a hundred.
MIX = {"notes": 60, "mails": 30, "pdfs": 5, "office": 5}
PDFS = ("pdf-10q", "pdf-suites")
# Kinds that are ZIP archives: a comment at the end makes other bytes of the same document.
OFFICE = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".dotx", ".ppsx", ".pptm")
ZIP_END = b"PK\x05\x06"
TIMEOUT = 120


def write_files(data, folder, count):
    """So many notes, mails, PDFs and office files, no two of the same bytes. Returns their bytes together."""
    counts = {kind: count * share // 100 for kind, share in MIX.items()}
    total = peer_sets.write_notes(data, folder / "notes", counts["notes"])
    total += peer_sets.write_mails(data, folder / "mail", counts["mails"])
    total += copies(pdfs(data), folder / "papers", counts["pdfs"], with_comment)
    return total + copies(office(data), folder / "office", counts["office"], with_zip_comment)


def pdfs(data):
    return [path for name in PDFS for path in below(Path(data) / name, (".pdf",))]


def office(data):
    return below(Path(data) / "office", OFFICE)


def below(folder, endings):
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())


def copies(originals, folder, count, changed):
    """Copies of the originals in turn, in an order that is mixed and always the same, each with its number in it."""
    folder.mkdir(parents=True)
    originals, total = list(originals), 0
    random.Random(0).shuffle(originals)
    for number in range(count):
        original = originals[number % len(originals)]
        path = folder / f"{number:05}-{original.name}"
        path.write_bytes(changed(original.read_bytes(), f"copy {number}".encode()))
        total += path.stat().st_size
    return total


def with_comment(pdf, words):
    """The same PDF with a comment behind its end, where readers look for its trailer and pass over the rest."""
    return pdf + b"\n% " + words + b"\n"


def with_zip_comment(archive, words):
    """The same archive with these words as its comment; as it is when its end is not found."""
    at = archive.rfind(ZIP_END)
    if at < 0:
        return archive
    return archive[: at + 20] + len(words).to_bytes(2, "little") + words


def pdftotext(folder):
    """What poppler's pdftotext makes of the PDFs below a folder, as many at a time as there are cores: seconds and bytes of
    text; None where it is not installed."""
    if not shutil.which("pdftotext"):
        return None

    def text_bytes(path):
        result = subprocess.run(["pdftotext", path, "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
        return len(result.stdout)

    files = below(folder, (".pdf",))
    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        total = sum(threads.map(text_bytes, files))
    return {"seconds": time.perf_counter() - begun, "text_bytes": total}
