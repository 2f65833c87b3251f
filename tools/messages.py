"""Extract all messages into a .pot file for translators: python -m tools.messages FILE.

babel.cfg lists the files to extract from.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from babel.messages.extract import extract_python
from babel.messages.frontend import CommandLineInterface
from django.utils.translation.template import templatize

# In addition to Babel's own: _, gettext, ngettext, pgettext ...
KEYWORDS = ("gettext_lazy", "ngettext_lazy:1,2", "pgettext_lazy:1c,2", "npgettext_lazy:1c,2,3")
INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


def extract_django(
    file: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[Any]:
    """Extract the messages of a Django template, via Django's conversion to gettext calls."""
    calls = INDENTATION.sub("", templatize(file.read().decode()))
    yield from extract_python(BytesIO(calls.encode()), keywords, comment_tags, options)  # type: ignore[arg-type]


def collect(target: str) -> None:
    """Write the message catalogue to a .pot file."""
    keywords = [f"--keyword={keyword}" for keyword in KEYWORDS]
    command = [
        "pybabel",
        "--quiet",
        "extract",
        "--mapping=babel.cfg",
        "--no-location",
        "--sort-output",
        *keywords,
    ]
    CommandLineInterface().run([*command, f"--output={target}", "."])


if __name__ == "__main__":
    collect(sys.argv[1])
