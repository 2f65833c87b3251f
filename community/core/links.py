"""Where links and images in texts lead: to a page of ours, an upload or another site. Read as browsers read them."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings

from community.core.rendered_html import attributes

_ANCHOR = re.compile(r'<a((?: [a-z]+="[^"]*")*)>')
_OURS = "class"  # only the renderer sets it, on mentions and images
# Browsers drop these at both ends, and line ends and tabs everywhere.
_DROPPED = "".join(map(chr, range(0x21)))
_LINE_ENDS = re.compile(r"[\t\n\r]")
_SLASHES = re.compile(r"((?:https?:)?)/{2,}", re.IGNORECASE)


def hrefs(html: str) -> list[str]:
    """Return the addresses of the links in rendered Markdown, without mentions and images."""
    anchors = [attributes(anchor) for anchor in _ANCHOR.findall(html)]
    return [unescape(anchor["href"]) for anchor in anchors if "href" in anchor and _OURS not in anchor]


def is_internal(url: str) -> bool:
    """Whether the URL leads to this site: it names no host, or that of SITE_URL at its port."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("", "http", "https"):
        return False
    if parts.netloc:
        return _host_and_port(parts) == _host_and_port(urlsplit(settings.SITE_URL))
    return not parts.scheme


def is_upload(url: str) -> bool:
    """Whether the URL leads to a file below MEDIA_URL, and not out of there by `..`."""
    parts = _split(url)
    if parts is None or not is_internal(url) or not parts.path.startswith(settings.MEDIA_URL):
        return False
    return ".." not in unquote(parts.path).replace("\\", "/").split("/")


def is_loaded(url: str) -> bool:
    """Whether an image is loaded with the page: an upload, or on one of IMAGE_HOSTS."""
    return is_upload(url) or host_of(url) in settings.IMAGE_HOSTS


def host_of(url: str) -> str:
    """Return the host that the URL names; empty if it names none or is invalid."""
    parts = _split(url)
    return _host(parts) if parts else ""


def is_image_source(url: str) -> bool:
    """Whether a text may show or link this image: an upload, or anything at http(s) on another host.

    Pages of this site are not allowed, because readers' browsers would request them with their cookies. Hosts are
    compared without port, because cookies are sent to all ports.
    """
    parts = _split(url)
    if parts is None or is_upload(url):
        return parts is not None
    host = _host(parts)
    return parts.scheme in ("http", "https") and host not in ("", _host(urlsplit(settings.SITE_URL)))


def _split(url: str) -> SplitResult | None:
    r"""Split the URL as browsers do, who take `\` for `/` and more slashes for two; None if it is invalid."""
    cleaned = _LINE_ENDS.sub("", url.strip(_DROPPED)).replace("\\", "/")
    if begin := _SLASHES.match(cleaned):
        cleaned = f"{begin[1]}//{cleaned[begin.end() :]}"
    try:
        return urlsplit(cleaned)
    except ValueError:
        return None


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    """Return the host and its port; None for the one that http or https use, -1 if it is invalid."""
    try:
        return _host(parts), parts.port if parts.port not in (80, 443) else None
    except ValueError:
        return _host(parts), -1


def _host(parts: SplitResult) -> str:
    """Return the host in the one spelling that browsers look up; empty if there is none or it is invalid."""
    try:
        return unquote(parts.hostname or "").encode("idna").decode().lower().rstrip(".")
    except UnicodeError:
        return ""
