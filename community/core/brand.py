"""The brand colour, made readable: whatever BRAND_COLOUR is, text in it and on it passes WCAG AA."""

import colorsys
import re

AA = 4.5
# The lightest light ground and the darkest-theme ground that brand-coloured text stands on (tokens.css).
LIGHT_GROUND = "#f3eee6"
DARK_GROUND = "#34302c"
WHITE, NIGHT = "#ffffff", "#10201e"

Rgb = tuple[float, float, float]


def parse(colour: str) -> Rgb:
    """`#rgb` or `#rrggbb` as three numbers from 0 to 1; ValueError for anything else."""
    if not re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", colour):
        raise ValueError(f"{colour!r} is not a colour such as #0f766e")
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = (int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))
    return red, green, blue


def written(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parse(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, *, ground: str) -> str:
    """The same hue, moved lighter or darker in small steps until it reads on `ground`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*parse(colour))
    step = -0.01 if luminance(ground) > 0.18 else 0.01
    while contrast(colour, ground) < AA:
        lightness = min(1.0, max(0.0, lightness + step))
        colour = written(colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


def text_on(colour: str) -> str:
    """White or near-black, whichever reads better on `colour`."""
    return max((WHITE, NIGHT), key=lambda text: contrast(text, colour))


def stylesheet(colour: str) -> str:
    """The custom properties that replace the defaults of tokens.css."""
    light, dark = readable(colour, ground=LIGHT_GROUND), readable(colour, ground=DARK_GROUND)
    return (
        f"@layer tokens{{:root{{--brand-light:{light};--brand-dark:{dark};"
        f"--on-brand-light:{text_on(light)};--on-brand-dark:{text_on(dark)}}}}}"
    )
