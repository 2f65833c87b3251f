#!/usr/bin/env python3
"""Fetch the browser libraries into static/vendor/ and build the icon sprite: `make vendor`.

Versions are pinned below; each library is stored with its licence. Needs npm; run it manually when a version
changes. The build does not run it.
"""

import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
ICON_NAMES = Path(__file__).with_name("icons.txt")
# package, version, file in the package, file name here
LIBRARIES = (
    ("@github/markdown-toolbar-element", "2.2.3", "dist/index.js", "markdown-toolbar.js"),
    ("@github/text-expander-element", "2.9.4", "dist/bundle.js", "text-expander.js"),
    ("@github/relative-time-element", "5.3.1", "dist/bundle.js", "relative-time.js"),
    ("echarts", "6.1.0", "dist/echarts.min.js", "echarts.min.js"),
)
ICONS = ("lucide-static", "1.62.0")


def unpack(package: str, version: str, into: Path) -> Path:
    """Download a package from the npm registry and return the folder with its contents."""
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
    # Source maps are not served, and the manifest storage refuses references to missing files.
    (folder / name).write_text(re.sub(r"\n//# sourceMappingURL=.*", "", script))
    for licence in unpacked.glob("LICENSE*"):
        shutil.copy(licence, folder / licence.name)
    for notice in unpacked.glob("NOTICE*"):
        shutil.copy(notice, folder / notice.name)


def draw_sprite(scratch: Path) -> None:
    """Write an SVG with a <symbol> for each name in icons.txt (`our-name` or `our-name=lucide-name`)."""
    unpacked = unpack(*ICONS, scratch)
    symbols = []
    for line in ICON_NAMES.read_text().split():
        name, _, drawn = line.partition("=")
        drawing = (unpacked / "icons" / f"{drawn or name}.svg").read_text()
        body = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.S)
        shapes = re.sub(r"\s+", " ", body.group(1)).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    text = "\n".join(symbols)
    note = f"<!-- Lucide {ICONS[1]}, ISC licence: static/vendor/lucide-{ICONS[1]}/LICENSE -->"
    svg = f'{note}\n<svg xmlns="http://www.w3.org/2000/svg">\n{text}\n</svg>\n'
    (STATIC / "img" / "icons.svg").write_text(svg)
    folder = VENDOR / f"lucide-{ICONS[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(unpacked / "LICENSE", folder / "LICENSE")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for library in LIBRARIES:
            vendor(*library, Path(folder))
        draw_sprite(Path(folder))


if __name__ == "__main__":
    main()
