"""Canonical email addresses and domains, for comparing people.

Domains are stored as in DNS: in ASCII (IDNA 2008, mapped as in UTS 46) and lower case. `kaffeemühle.example`
is `xn--kaffeemhle-geb.example`.
"""

from __future__ import annotations

from contextlib import suppress

import idna

from .text import normalized

MAX_LENGTH = 254


def canonical_domain(domain: str) -> str:
    """Return the canonical domain; an invalid domain is only lower-cased."""
    name = normalized("NFKC", domain).strip().lower().replace("。", ".").strip(".")
    if name.isascii():
        return name
    with suppress(UnicodeError):  # idna.IDNAError is one
        return idna.encode(name, uts46=True).decode()
    with suppress(UnicodeError):
        return name.encode("idna").decode()  # with emoji, which some registries still allow
    return name


def canonical_address(address: str) -> str:
    """Return the canonical address. Mailboxes are compared case-insensitively."""
    local, at, domain = address.strip().rpartition("@")
    if not at:
        return address.strip().lower()
    return f"{normalized('NFC', local).lower()}@{canonical_domain(domain)}"


def domain_of(address: str | None) -> str:
    """Return the canonical domain of an address; empty if there is none."""
    _local, at, domain = (address or "").rpartition("@")
    return canonical_domain(domain) if at else ""


def readable(address: str) -> str:
    """Return an address or domain for display, in its owner's script."""
    local, at, domain = address.rpartition("@")
    if "xn--" in domain:
        with suppress(UnicodeError):
            domain = idna.decode(domain)
    return f"{local}{at}{domain}"
