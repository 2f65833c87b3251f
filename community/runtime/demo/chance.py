"""Deterministic randomness, derived from a checksum, so that every demo is the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")


def fraction(*about: object) -> float:
    """Return a number in [0, 1) that depends only on `about`."""
    return crc32("/".join(map(str, about)).encode()) / 2**32


def some(of: Sequence[T], number: int, *about: object) -> list[T]:
    """Return a sample of `number` items, or all when there are fewer."""
    return sorted(of, key=lambda one: fraction(one, *about))[:number]
