"""What other readers find in the files of the set `office`, as a reference for the example `office_recall`.

    pip install openpyxl xlrd python-docx python-pptx odfpy striprtf beautifulsoup4 lxml
    python3 ingest/rushlight-parse/examples/office_reference.py ../shared/data REFERENCE.jsonl
    RUSHLIGHT_DATA=../shared/data cargo run -p rushlight-parse --example office_recall -- --reference REFERENCE.jsonl

One line of JSON for each file that its reader opens and finds text in: {"file", "text"}. Of spreadsheets only cells with
text are taken, since the readers give numbers and dates as they are stored and not as they are shown. Of pages and books
the body is taken, without what a browser does not show.
"""

import email
import email.policy
import json
import pathlib
import sys
import warnings
import zipfile

import bs4
import docx
import odf.opendocument
import odf.teletype
import odf.text
import openpyxl
import pptx
import striprtf.striprtf
import xlrd


def xlsx(path):
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            yield from (cell.value for cell in row if isinstance(cell.value, str))


def xls(path):
    for sheet in xlrd.open_workbook(path, logfile=sys.stderr).sheets():
        for row in sheet.get_rows():
            yield from (cell.value for cell in row if cell.ctype == xlrd.XL_CELL_TEXT)


def word(path):
    def tables(within):
        for table in within.tables:
            for row in table.rows:
                # A merged cell is given once for each column it spans.
                for cell in {id(cell._tc): cell for cell in row.cells}.values():
                    yield from (paragraph.text for paragraph in cell.paragraphs)
                    yield from tables(cell)

    document = docx.Document(path)
    yield from (paragraph.text for paragraph in document.paragraphs)
    yield from tables(document)


def slides(path):
    def shapes(within):
        for shape in within:
            if shape.has_text_frame:
                yield shape.text_frame.text
            if getattr(shape, "has_table", False) and shape.has_table:
                yield from (cell.text for row in shape.table.rows for cell in row.cells)
            if hasattr(shape, "shapes"):
                yield from shapes(shape.shapes)

    for slide in pptx.Presentation(path).slides:
        yield from shapes(slide.shapes)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame:
            yield slide.notes_slide.notes_text_frame.text


def open_document(path):
    document = odf.opendocument.load(path)
    for node in document.body.getElementsByType(odf.text.P) + document.body.getElementsByType(odf.text.H):
        yield odf.teletype.extractText(node)


def rich_text(path):
    yield striprtf.striprtf.rtf_to_text(path.read_text("latin-1"), errors="ignore")


def shown(markup):
    page = bs4.BeautifulSoup(markup, "lxml")
    for unseen in page(["script", "style", "head", "template", "noscript"]):
        unseen.decompose()
    return page.get_text("\n")


def page(path):
    yield shown(path.read_bytes())


def saved_page(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            yield shown(part.get_content())


def book(path):
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            if name.endswith((".html", ".xhtml", ".htm")):
                yield shown(package.read(name))


def plain(path):
    yield path.read_text("utf-8")


READERS = {
    "xlsx": xlsx,
    "xls": xls,
    "docx": word,
    "pptx": slides,
    "odt": open_document,
    "ods": open_document,
    "odp": open_document,
    "rtf": rich_text,
    "html": page,
    "mhtml": saved_page,
    "epub": book,
    "csv": plain,
}


def main():
    root = pathlib.Path(sys.argv[1]) / "office"
    warnings.filterwarnings("ignore", category=bs4.XMLParsedAsHTMLWarning)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        for path in sorted(root.glob("*/*")):
            reader = READERS.get(path.parent.name)
            if reader is None:
                continue
            try:
                text = "\n".join(reader(path)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            except Exception as error:  # Many files are made to break readers.
                print(f"{path.parent.name}/{path.name}: {type(error).__name__}: {error}", file=sys.stderr)
                continue
            if text.strip():
                json.dump({"file": f"{path.parent.name}/{path.name}", "text": text}, out, ensure_ascii=False)
                out.write("\n")


if __name__ == "__main__":
    main()
