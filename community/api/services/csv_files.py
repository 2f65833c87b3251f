"""Read the text and rows of a CSV file, and report where it is broken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 500 * 1024 * 1024
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class InvalidFile(Exception):
    """The file cannot be imported, and nothing was; the message says why and what to do."""


_OTHER_FILES = {
    b"PK\x03\x04": "a spreadsheet or another zipped file",
    b"\xd0\xcf\x11\xe0": "an Excel spreadsheet",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
}


@dataclass(frozen=True)
class Table:
    """The rows of a file. `start` is the line where the text begins."""

    text: str
    header: list[str]
    header_line: int
    delimiter: str
    encoding: str
    start: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each non-empty row below the header and the line where it begins. Raises InvalidFile."""
        for line, row in _rows(self.text, self.delimiter, self.start):
            if line > self.header_line and any(cell.strip() for cell in row):
                yield line, row


def read_bytes(path: Path) -> bytes:
    """Return the file's content. Raises InvalidFile if it cannot be read or is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidFile(
                f"{path} is larger than {MAX_BYTES // 1024**2} MB. Split it into several files."
            )
        return path.read_bytes()
    except OSError as error:
        raise InvalidFile(f"Cannot read {path}: {error.strerror}.") from error


def table_of(data: bytes, *, encoding: str = "") -> Table:
    """Return the table in a file; its first non-empty line is the header. Raises InvalidFile."""
    for beginning, kind in _OTHER_FILES.items():
        if data.startswith(beginning):
            raise InvalidFile(f"This is {kind}, not a CSV file. Save it as “CSV UTF-8” and try again.")
    text, found = _decoded(data, encoding)
    text, delimiter, start = _after_sep(text)
    for line, row in _rows(text, delimiter or _delimiter_of(text), start):
        if any(cell.strip() for cell in row):
            header = [cell.strip() for cell in row]
            return Table(text, header, line, delimiter or _delimiter_of(text), found, start)
    raise InvalidFile("The file is empty. The first line must name the columns.")


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    name = encoding or next((name for bom, name in _BOMS.items() if data.startswith(bom)), "")
    if not name:
        # ASCII in UTF-16 has a NUL in each character.
        beginning = data[:200]
        nul = beginning.find(b"\0")
        many = beginning.count(b"\0") * 3 > len(beginning)
        name = ("utf-16-be" if nul == 0 else "utf-16-le") if many else "utf-8"
    try:
        return data.decode(name).removeprefix("\ufeff"), name.removesuffix("-sig").upper()
    except UnicodeDecodeError as error:
        raise InvalidFile(_where_undecodable(data, error)) from error
    except (LookupError, UnicodeError) as error:
        raise InvalidFile(
            f"There is no encoding called {encoding}. Use utf-8, utf-16 or windows-1252."
        ) from error


def _where_undecodable(data: bytes, error: UnicodeDecodeError) -> str:
    before = data[: error.start]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    byte = data[error.start]
    name = error.encoding.upper()
    return (
        f"Line {line}, column {column}: the byte 0x{byte:02X} is not valid in {name}, so nothing was imported. "
        "Save the file as “CSV UTF-8” and try again, or give its encoding, such as --encoding windows-1252."
    )


def _after_sep(text: str) -> tuple[str, str, int]:
    """Remove the first line in which a spreadsheet names the delimiter, such as sep=;"""
    first, newline, rest = text.partition("\n")
    hint = first.strip().strip('"')
    if newline and hint.lower().startswith("sep=") and len(hint) <= 5:
        return rest, hint[4:] or "\t", 2
    return text, "", 1


def _delimiter_of(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _rows(text: str, delimiter: str, start: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = start
    try:
        for row in reader:
            yield line, row
            line = start + reader.line_num
    except csv.Error as error:
        raise InvalidFile(f"Line {line}: {_sentence(error)} Nothing was imported.") from error


def _sentence(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quotation mark in this row is never closed."
    if "field larger" in str(error):
        return "a value is longer than 131,072 characters; a quotation mark may not be closed."
    if "expected after" in str(error):
        return 'quotation marks within a value must be doubled, such as "the ""big"" one".'
    return f"this row is malformed ({error})."
