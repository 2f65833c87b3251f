"""Read a dump's XML file row by row, in constant memory. The file is not trusted."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

CHUNK = 64 * 1024
# Bodies are limited to 30,000 characters, well under a megabyte even as XML references.
MAX_ROW_BYTES = 4 * 1024 * 1024

# Characters that XML forbids but real dumps contain, raw or as references.
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r")
_TO_SPACES = bytes.maketrans(_CONTROL, b" " * len(_CONTROL))
_NO_CHARACTERS = {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}
_REFERENCE = re.compile(rb"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_UNFINISHED = re.compile(rb"&#?[0-9a-zA-Z]{0,11}\Z")


class DumpError(Exception):
    """The dump cannot be read; the message says where and why."""


def read_rows(path: Path, *, root: str, on_bytes: Callable[[int], None]) -> Iterator[dict[str, str]]:
    """Yield the attributes of each row of the file. `on_bytes` is called with the size of each chunk.

    Raises DumpError for another root element, nested elements, a document type (which could declare
    entities), a row over MAX_ROW_BYTES, or a truncated file.
    """
    reader = _Reader(path.name, root)
    with path.open("rb") as file:
        for chunk in _clean_chunks(file):
            yield from reader.feed(chunk)
            on_bytes(len(chunk))
        yield from reader.feed(b"", last=True)


def _clean_chunks(file: BinaryIO) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = b""
    while chunk := file.read(CHUNK):
        text = decoder.decode(chunk).translate(_NO_CHARACTERS)
        chunk = rest + text.encode().translate(_TO_SPACES)
        cut = _UNFINISHED.search(chunk)
        rest = chunk[cut.start() :] if cut else b""
        yield _REFERENCE.sub(_allowed, chunk[: cut.start()] if cut else chunk)
    yield rest + decoder.decode(b"", final=True).encode()


def _allowed(reference: re.Match[bytes]) -> bytes:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    is_text = (
        code in (9, 10, 13) or 32 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0xFFFF < code < 0x110000
    )
    return reference[0] if is_text else b"&#xFFFD;"


class _Reader:
    def __init__(self, name: str, root: str) -> None:
        self.name, self.root = name, root
        self.rows: list[dict[str, str]] = []
        self.depth = self.since_row = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def feed(self, data: bytes, *, last: bool = False) -> Iterator[dict[str, str]]:
        self.since_row += len(data)
        try:
            self.parser.Parse(data, last)
        except expat.ExpatError as error:
            raise self._error(expat.ErrorString(error.code)) from error
        if self.since_row > MAX_ROW_BYTES:
            raise self._error(f"a row is larger than {MAX_ROW_BYTES // 2**20} MB")
        rows, self.rows = self.rows, []
        yield from rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.since_row = 0
        if self.depth == 1 and tag != self.root:
            raise self._error(f"expected <{self.root}> but found <{tag[:40]}>")
        if self.depth > 2 or (self.depth == 2 and tag != "row"):
            raise self._error(f"unexpected <{tag[:40]}>")
        if self.depth == 2:
            self.rows.append(attributes)

    def _end(self, tag: str) -> None:
        self.depth -= 1

    def _refuse_doctype(self, *declaration: Any) -> None:
        raise self._error(
            "the file declares a document type, which dumps never do and which could hide an entity bomb"
        )

    def _error(self, sentence: str) -> DumpError:
        return DumpError(f"{self.name}, line {self.parser.CurrentLineNumber}: {sentence}.")
