"""Chance that comes out the same each time: picked by a checksum, so that the demo is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")


def fraction(*about: object) -> float:
    """Return a number from 0 up to 1 that depends on nothing but `about`."""
    return crc32("/".join(map(str, about)).encode()) / 2**32


def some(of: Sequence[T], number: int, *about: object) -> list[T]:
    """Return `number` of them, or all when there are fewer."""
    return sorted(of, key=lambda one: fraction(one, *about))[:number]
