"""Addresses of views, worked out once: a page of posts has hundreds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import reverse


@lru_cache(maxsize=8192)
def address(name: str, *args: Any) -> str:
    """Return the address of the view `name`, as `django.urls.reverse` does."""
    return reverse(name, args=args)


@lru_cache(maxsize=256)
def pattern(name: str) -> str:
    """Return the address of a view that takes one id, with %d in its place."""
    return reverse(name, args=[0]).replace("/0/", "/%d/")
