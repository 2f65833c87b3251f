"""Show images from other sites as links, so that none is loaded before a reader asks for it.

Loading an image reveals the reader's IP address to a server that the author has chosen. The hosts in the setting
IMAGE_HOSTS are the exception.
"""

from html import escape, unescape
from urllib.parse import unquote, urlsplit

from community.core import links
from community.core.components import icon
from community.core.rendered_html import attributes, pieces

_LINK = (
    '<a class="remote-image" href="{address}" rel="noreferrer noopener nofollow ugc" target="_blank">'
    "{icon} {name} <small>{host}</small></a>"
)


def as_links(html: str) -> str:
    """Replace images from other sites in sanitised HTML with links that give their description and host."""
    if "<img " not in html:
        return html
    done: list[str] = []
    waiting: list[str] = []  # what follows the link that is currently open
    is_linked = False
    for piece in pieces(html):
        if piece.tag == "img":
            name, link = _replaced(piece.html)
            done.append(name if is_linked and link else link or piece.html)
            waiting += [f" {link}"] if is_linked and link else []
            continue
        done.append(piece.html)
        if piece.tag == "a":
            is_linked = not piece.html.startswith("</")
        if waiting and not is_linked:
            done += waiting
            waiting = []
    return "".join(done)


def _replaced(image: str) -> tuple[str, str]:
    """Return the image's name and a link to it as HTML; empty if it may be loaded or has no source."""
    found = attributes(image)
    address = found.get("src", "")
    source = unescape(address)
    if not source or links.is_loaded(source):
        return "", ""
    name = found.get("alt", "").strip() or escape(_file_name(source))
    return name, _LINK.format(
        address=address, name=name, host=escape(links.host_of(source)), icon=icon("image")
    )


def _file_name(source: str) -> str:
    return unquote(urlsplit(source).path).rpartition("/")[2][-60:]
