"""Arguments shared by the commands that import files."""

import re
from argparse import ArgumentTypeError
from pathlib import Path

from django.core.management.base import CommandParser


def add_file(parser: CommandParser) -> None:
    """Add the file, and how its text and its dates are read."""
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--encoding",
        default="",
        help="the encoding of the file, such as windows-1252 (default: UTF-8 or UTF-16)",
    )
    parser.add_argument(
        "--dates",
        default="",
        choices=("dmy", "mdy"),
        help="whether dates such as 03/04/2026 start with the day or the month",
    )


def source_name(name: str) -> str:
    """Return the name if it is valid as the source of an API token. Raises ArgumentTypeError."""
    if name and (len(name) > 40 or not re.fullmatch(r"[-a-zA-Z0-9_]+", name)):
        raise ArgumentTypeError("A source can have up to 40 letters, digits, hyphens and underscores.")
    return name
