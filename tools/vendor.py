#!/usr/bin/env python3
"""Fetch the browser libraries into static/vendor/ and draw the icons: `make vendor`.

Versions are pinned below; each library keeps its licence beside it. Needs npm, and is run by hand
when a version changes, never by the build.
"""

import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import quote

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
ICON_NAMES = Path(__file__).with_name("icons.txt")
# package, version, the file we serve, the name it gets
LIBRARIES = (
    ("@github/markdown-toolbar-element", "2.2.3", "dist/index.js", "markdown-toolbar.js"),
    ("@github/text-expander-element", "2.9.4", "dist/bundle.js", "text-expander.js"),
    ("@github/relative-time-element", "5.3.1", "dist/bundle.js", "relative-time.js"),
    ("echarts", "6.1.0", "dist/echarts.min.js", "echarts.min.js"),
)
ICONS = ("lucide-static", "1.62.0")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">%s</svg>'
)
PLAIN = " '=/:,()-._"  # what an address in a stylesheet may have in it as it is


def unpack(package: str, version: str, into: Path) -> Path:
    """Download one package from the npm registry; the folder that holds it."""
    done = subprocess.run(  # noqa: S603  the arguments are the constants above
        ["npm", "pack", "--silent", f"{package}@{version}"],  # noqa: S607
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(into / done.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(into / f"{version}-{Path(package).name}", filter="data")
    return into / f"{version}-{Path(package).name}" / "package"


def vendor(package: str, version: str, source: str, name: str, scratch: Path) -> None:
    folder = VENDOR / f"{name.split('.')[0]}-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    unpacked = unpack(package, version, scratch)
    script = (unpacked / source).read_text()
    # The maps are not served, and the manifest storage refuses a link to a file that is not there.
    (folder / name).write_text(re.sub(r"\n//# sourceMappingURL=.*", "", script))
    for licence in unpacked.glob("LICENSE*"):
        shutil.copy(licence, folder / licence.name)
    for notice in unpacked.glob("NOTICE*"):
        shutil.copy(notice, folder / notice.name)


def draw_icons(scratch: Path) -> None:
    """A stylesheet with a rule for each name in icons.txt (`our-name` or `our-name=lucide-name`).

    A rule is a mask, painted in the colour of the text by `.icon` in components/controls.css: a page that
    has a hundred icons names them in three kilobytes.
    """
    unpacked = unpack(*ICONS, scratch)
    note = f"/* Lucide {ICONS[1]}, ISC licence: static/vendor/lucide-{ICONS[1]}/LICENSE. Drawn by tools/vendor.py. */"
    rules = [note]
    for line in ICON_NAMES.read_text().split():
        name, _, drawn = line.partition("=")
        drawing = (unpacked / "icons" / f"{drawn or name}.svg").read_text()
        body = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.S)
        shapes = re.sub(r"\s+", " ", body.group(1)).strip().replace("> <", "><").replace(" />", "/>")
        address = quote((SVG % shapes).replace('"', "'"), safe=PLAIN)
        rules.append(f'.i-{name} {{ --icon: url("data:image/svg+xml,{address}"); }}')
    (STATIC / "css" / "icons.css").write_text("\n".join(rules) + "\n")
    folder = VENDOR / f"lucide-{ICONS[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(unpacked / "LICENSE", folder / "LICENSE")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for library in LIBRARIES:
            vendor(*library, Path(folder))
        draw_icons(Path(folder))


if __name__ == "__main__":
    main()
