"""Draws pages with known text for `character_error_rate.rs`.

    python3 pages.py DATA FOLDER [PAGES]

DATA is the folder of data sets (RUSHLIGHT_DATA). For English, Traditional and Simplified Chinese, at 150, 200 and 300 dots
per inch, PAGES pages each (2) are drawn clean and degraded, as NAME.png or NAME.jpg with the text in NAME.txt; further
pages are turned or written in columns. Needs Pillow and NumPy, and the fonts Liberation and Noto CJK of Debian.
"""

import json
import random
import sys
from pathlib import Path

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

CJK = "/usr/share/fonts/opentype/noto/Noto{}CJK-Regular.ttc"
FONTS = {
    "en": [("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf", 0),
           ("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf", 0)],
    "zh-Hans": [(CJK.format("Serif"), 2), (CJK.format("Sans"), 2)],
    "zh-Hant": [(CJK.format("Serif"), 3), (CJK.format("Sans"), 3)],
}
POINTS = 11
A4 = (8.27, 11.69)
MARGIN = 1.0


def paragraphs(data, language):
    """Plain paragraphs of one language, without markup."""
    if language == "en":
        files = sorted((data / "notes-plurality/vault/english").rglob("*.md"))
        lines = (line.strip() for file in files for line in file.read_text("utf-8").split("\n"))
        marks = tuple("#|[!<>-*`_~$\\&")
        return [line for line in lines if len(line) > 300 and not line.startswith(marks) and not set("[]<>*`_~$\\⿻") & set(line)]
    name = "cmrc2018-trial" if language == "zh-Hans" else "drcd-dev"
    documents = (json.loads(line) for line in (data / name / "documents.jsonl").open(encoding="utf-8"))
    return [part for document in documents for part in document["text"].split("\n") if len(part) > 150]


def wrapped(text, font, width):
    """Lines that fit; between words in English, anywhere else in Chinese."""
    spaced = " " in text and text.isascii() or len(text.split(" ")) > len(text) / 12
    pieces, gap = (text.split(), " ") if spaced else (list(text), "")
    line = ""
    for piece in pieces:
        longer = line + gap + piece if line else piece
        if line and font.getlength(longer) > width:
            yield line
            line = piece
        else:
            line = longer
    yield line


def page(texts, font, dpi):
    """One page of lines, and their text."""
    width, height = round(A4[0] * dpi), round(A4[1] * dpi)
    image = Image.new("RGB", (width, height), "white")
    draw, margin, step = ImageDraw.Draw(image), MARGIN * dpi, POINTS / 72 * dpi * 1.5
    lines, y = [], margin
    for text in texts:
        for line in wrapped(text, font, width - 2 * margin):
            if y + step > height - margin:
                return image, lines
            draw.text((margin, y), line, font=font, fill="black")
            lines.append(line)
            y += step
        y += step / 2
    return image, lines


def columns(texts, font, dpi):
    """One page of vertical writing, the first column at the right, and its text."""
    width, height = round(A4[0] * dpi), round(A4[1] * dpi)
    image = Image.new("RGB", (width, height), "white")
    draw, margin, step = ImageDraw.Draw(image), MARGIN * dpi, POINTS / 72 * dpi * 1.15
    letters = [letter for text in texts for letter in text if "\u4e00" <= letter <= "\u9fff"]
    rows = int((height - 2 * margin) / step)
    lines = ["".join(letters[n * rows:(n + 1) * rows]) for n in range(int((width - 2 * margin) / step / 1.7))]
    for n, line in enumerate(lines):
        for row, letter in enumerate(line):
            draw.text((width - margin - (n + 0.6) * step * 1.7, margin + row * step), letter, font=font, fill="black")
    return image, lines


def degraded(image, seed):
    """As a poor scanner gives it: slanting, soft, uneven and noisy."""
    generator = numpy.random.default_rng(seed)
    angle = generator.uniform(0.4, 1.2) * generator.choice([-1, 1])
    image = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
    image = image.filter(ImageFilter.GaussianBlur(image.width / 2000))
    pixels = numpy.asarray(image, dtype=numpy.float32)
    shade = numpy.linspace(0.96, 0.84, pixels.shape[1], dtype=numpy.float32)[None, :, None]
    pixels = (pixels * 0.8 + 40) * shade + generator.normal(0, 12, pixels.shape[:2])[:, :, None]
    return Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8))


def main():
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    folder.mkdir(parents=True, exist_ok=True)

    def save(name, image, lines, **options):
        image.save(folder / name, **options)
        (folder / name).with_suffix(".txt").write_text("\n".join(lines), "utf-8")

    for language, fonts in FONTS.items():
        texts = paragraphs(data, language)
        random.Random(7).shuffle(texts)
        for number in range(count):
            start = texts[number * 20:] or texts
            path, face = fonts[number % len(fonts)]
            for dpi in (150, 200, 300):
                font = ImageFont.truetype(path, round(POINTS / 72 * dpi), index=face)
                image, lines = page(start, font, dpi)
                save(f"{language} {dpi} clean {number}.png", image, lines)
                save(f"{language} {dpi} degraded {number}.jpg", degraded(image, number), lines, quality=40)
                if dpi != 200 or number:
                    continue
                for turn in (90, 180, 270):
                    save(f"{language} {dpi} turned-{turn} {number}.png", image.rotate(-turn, expand=True), lines)
                if language != "en":
                    save(f"{language} {dpi} columns {number}.png", *columns(start, font, dpi))


main()
