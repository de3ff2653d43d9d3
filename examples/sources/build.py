"""Builds the PDFs of the example folders from the Typst sources beside this file.

Needs the Python packages typst and pillow and the font Noto Serif CJK TC. Run from any folder:

    python3 examples/sources/build.py

The claim letter is written beside the sources only when it is asked for (--claim-letter PATH), because
the archive holds it as an attachment of a mail and not as a file.
"""

import io
import pathlib
import random
import sys
import time

import typst
from PIL import Image, ImageFilter

SOURCES = pathlib.Path(__file__).resolve().parent
EXAMPLES = SOURCES.parent


def scan(source: pathlib.Path, target: pathlib.Path) -> None:
    """Renders one page and wraps the picture as a PDF that looks scanned: grey, askew, speckled."""
    page = Image.open(io.BytesIO(typst.compile(source, format="png", ppi=130.0))).convert("L")
    page = page.rotate(0.8, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=236)
    page = page.point(lambda value: 24 + value * 212 // 255).filter(ImageFilter.GaussianBlur(0.6))
    dust = random.Random(2287)
    for _ in range(260):
        spot = (dust.randrange(page.width), dust.randrange(page.height))
        page.putpixel(spot, dust.randrange(60, 150))
    target.parent.mkdir(parents=True, exist_ok=True)
    when = time.struct_time((2024, 5, 3, 9, 12, 0, 4, 124, 0))
    page.save(target, "PDF", resolution=130.0, quality=60, creationDate=when, modDate=when)


def main() -> None:
    manuals = EXAMPLES / "company-docs" / "manuals"
    manuals.mkdir(parents=True, exist_ok=True)
    typst.compile(SOURCES / "bw-300-manual.typ", output=manuals / "BW-300-manual.pdf")
    typst.compile(SOURCES / "bw-700-安裝手冊.typ", output=manuals / "BW-700-安裝手冊.pdf")
    scan(
        SOURCES / "delivery-note.typ",
        EXAMPLES / "compliance-archive" / "scans" / "delivery-note-2024-05-03.pdf",
    )
    if sys.argv[1:2] == ["--claim-letter"]:
        typst.compile(SOURCES / "claim-letter.typ", output=sys.argv[2])


if __name__ == "__main__":
    main()
