"""Record every page of the demo for five readers, and compare two recordings.

    CARAVAN_DATA=var python tools/pages.py record before/    # follows every link, rolls back all writes
    python tools/pages.py compare before/ after/ [--ignore-times]

Use it before and after a change that should not affect the pages. Pages are compared as documents: elements,
attributes and text; whitespace only matters where a browser renders it.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import sys
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from lxml import html
from lxml.html import HtmlElement

READERS = {
    "visitor": None,
    "member": "customer@demo.example",
    "asker": "prospect@demo.example",
    "sales": "sales@demo.example",
    "manager": "manager@demo.example",
}
NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
SKIPPED = re.compile(
    r"^/(static|media|api|metrics|healthz|readyz|brand)|/logout/|\.(xml|txt|css|js|json|svg|png)$"
)
SKIPPED_QUERIES = re.compile(r"^/admin/.*\?|_changelist_filters|(^|[?&])(o|_facets)=")
MAX_PER_KIND = 12  # pages per URL pattern, such as /u/…/ or /posts/…/edit/
NAMED = re.compile(r"^/(u|t/\d+|badges|tags|journeys/members)/[^/?]+/|\d+|=[^&]+")
SECRETS = re.compile(r"(csrf\w*|nonce|hx-headers|token)$", re.IGNORECASE)
INLINE = {
    "a",
    "abbr",
    "b",
    "button",
    "code",
    "em",
    "i",
    "img",
    "input",
    "kbd",
    "label",
    "md-bold",
    "relative-time",
    "select",
    "small",
    "span",
    "strong",
    "sub",
    "svg",
    "time",
    "u",
}
ROOT = "http://localhost"


def record(folder: Path) -> None:
    """Write every page that each reader can reach by links, as normalised HTML."""
    _set_up()
    import time_machine
    from django.db import transaction

    with time_machine.travel(NOW, tick=False):
        for reader, email in READERS.items():
            with transaction.atomic():
                pages = dict(_crawl(email))
                transaction.set_rollback(True)
            (folder / reader).mkdir(parents=True, exist_ok=True)
            (folder / reader / "pages.json").write_text(json.dumps(pages, indent=0, sort_keys=True))
            print(f"{reader}: {len(pages)} pages")


def _set_up() -> None:
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    from community.runtime import environment
    from community.runtime.embedded import Servers

    home = environment.Home(environment.default_data())
    environment.apply(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "community.settings"
    os.environ.setdefault("PAGE_CACHE_SECONDS", "0")
    os.environ["LOG_LEVEL"] = "ERROR"
    globals()["_servers"] = Servers(home).__enter__()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


def _crawl(email: str | None) -> Iterator[tuple[str, str]]:
    """Yield (path, "status\\npage") for everything reachable by links, in a deterministic order."""
    from django.core.cache import cache
    from django.test import Client

    from community.members.models import Member

    cache.clear()
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    if email:
        client.force_login(Member.objects.get(email=email), backend="community.pages.backends.ModelBackend")
    waiting = deque(
        ["/", "/no-such-page/", "/accounts/login/", "/accounts/signup/", "/search/?q=grinder", "/styleguide/"]
    )
    seen: set[str] = set(waiting)
    of_kind: dict[str, int] = {}
    while waiting:
        address = waiting.popleft()
        response = client.get(address)
        if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
            text = response.content.decode()
            yield address, f"{response.status_code}\n{normalised(text)}"
            links = _links(text, address)
        else:
            links = [response["Location"]] if response.status_code in (301, 302) else []
        for link in sorted(_ours(links, address)):
            if link in seen or SKIPPED.search(link) or SKIPPED_QUERIES.search(link):
                continue
            kind = NAMED.sub(lambda found: f"/{found[1]}/…/" if found[1] else "…", link)
            of_kind[kind] = of_kind.get(kind, 0) + 1
            if of_kind[kind] > (2 if link.startswith("/admin/") else MAX_PER_KIND) and not link.startswith(
                "/t/"
            ):
                continue
            seen.add(link)
            waiting.append(link)


def _links(text: str, address: str) -> list[str]:
    if not text.strip():
        return []
    found = html.fromstring(text).xpath("//a/@href | //@hx-get")
    return [str(link) for link in found]


def _ours(links: list[str], address: str) -> set[str]:
    absolute = (urldefrag(urljoin(ROOT + address, link))[0] for link in links)
    return {link[len(ROOT) :] for link in absolute if link.startswith(ROOT + "/")}


def normalised(text: str) -> str:
    """Return the document as lines: a tag with sorted attributes, or a text. Tokens and nonces are masked."""
    if not text.strip():
        return ""
    lines: list[str] = []
    _write(
        html.document_fromstring(text)
        if "<html" in text
        else html.fragment_fromstring(text, create_parent="x"),
        lines,
        0,
    )
    return "\n".join(lines)


def _write(element: HtmlElement, lines: list[str], depth: int) -> None:
    if not isinstance(element.tag, str):
        return
    kept = element.tag in ("pre", "textarea", "script")
    attributes = {
        name: "…" if SECRETS.search(name) or _is_token(element, name) else " ".join(value.split())
        for name, value in sorted(element.attrib.items())
    }
    shown = "".join(f' {name}="{value}"' for name, value in attributes.items())
    lines.append(f"{' ' * depth}<{element.tag}{shown}>")
    _write_text(
        element.text,
        lines,
        depth + 1,
        before=element,
        after=element[0] if len(element) else element,
        kept=kept,
    )
    for child in element:
        _write(child, lines, depth + 1)
        following = child.getnext()
        _write_text(
            child.tail,
            lines,
            depth + 1,
            before=child,
            after=element if following is None else following,
            kept=kept,
        )


def _write_text(
    text: str | None, lines: list[str], depth: int, *, before: HtmlElement, after: HtmlElement, kept: bool
) -> None:
    """Add a text; whitespace next to a block element is dropped, next to an inline one it is kept."""
    if not text:
        return
    shown = text if kept else re.sub(r"\s+", " ", text)
    if not kept:
        shown = shown if before.tag in INLINE else shown.lstrip()
        shown = shown if after.tag in INLINE else shown.rstrip()
    if shown:
        lines.append(" " * depth + "|" + json.dumps(shown, ensure_ascii=False))


def _is_token(element: HtmlElement, name: str) -> bool:
    return name == "value" and element.get("name") in ("csrfmiddlewaretoken", "csrf_token")


def compare(before: Path, after: Path, *, ignore_times: bool, only: str) -> int:
    """Print the differences, most frequent first; return the number of pages that differ."""
    different, hunks = 0, {}
    for reader in READERS:
        old, new = (json.loads((folder / reader / "pages.json").read_text()) for folder in (before, after))
        for address in sorted(old.keys() | new.keys()):
            if not re.search(only, address):
                continue
            one, two = (_lines(pages.get(address, "missing"), ignore_times) for pages in (old, new))
            if one != two:
                different += 1
                found = "\n".join(
                    line
                    for line in difflib.unified_diff(one, two, lineterm="", n=1)
                    if line[:2] not in ("--", "++", "@@")
                )
                hunks.setdefault(found, []).append(f"{reader} {address}")
    for found, places in sorted(hunks.items(), key=lambda item: -len(item[1]))[:25]:
        print(f"--- {len(places)} pages, such as {', '.join(places[:3])}\n{found[:3000]}\n")
    print(f"{different} pages differ, in {len(hunks)} ways.")
    return different


def _lines(page: str, ignore_times: bool) -> list[str]:
    lines = page.split("\n")
    if not ignore_times:
        return lines
    kept, skip = [], False
    for line in lines:
        if not skip:
            kept.append(re.sub(r' title="[^"]*"', "", line) if "<relative-time" in line else line)
        skip = "<relative-time" in line
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("record").add_argument("folder", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--ignore-times", action="store_true")
    comparing.add_argument("--only", default="", help="a regular expression of paths")
    options = parser.parse_args()
    if options.command == "record":
        record(options.folder)
        return 0
    return (
        1
        if compare(options.before, options.after, ignore_times=options.ignore_times, only=options.only)
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
