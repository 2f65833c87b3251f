"""Profile pictures: re-encode uploads as small square WebP files without metadata."""

import secrets
import warnings
from io import BytesIO
from threading import Lock
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

SIDE = 256
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
# libwebp holds several decoded copies in memory.
MAX_PIXELS_OF = {"WEBP": 16_000_000}
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_decoding = Lock()


def new_name() -> str:
    """Return a unique file name, so that browsers can cache the file forever."""
    return f"avatars/{secrets.token_hex(12)}.webp"


def clean(upload: IO[bytes]) -> bytes:
    """Return the picture rotated upright, cropped to a square and re-encoded. Raises ValidationError."""
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 5 MB. Please choose a smaller one."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                limit = MAX_PIXELS_OF.get(picture.format or "", MAX_PIXELS)
                if picture.width * picture.height > limit:
                    raise ValidationError(
                        _("The picture's dimensions are too large. Please choose a smaller one.")
                    )
                return _square(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        raise ValidationError(
            _("We could not read this picture. Use a JPEG, PNG, WebP or GIF file.")
        ) from error


def _square(picture: Image.Image) -> bytes:
    # A few kB may decode to 160 MB, so only one picture is decoded at a time, and never copied at full size.
    with _decoding:
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # lets the JPEG decoder scale down while it reads
        shorter = min(picture.size)
        # NEAREST, because other filters make a second full-size copy of pictures with transparency.
        size = [max(1, side * 8 * SIDE // shorter) for side in picture.size]
        if shorter > 8 * SIDE:
            picture = picture.resize((size[0], size[1]), Image.Resampling.NEAREST)
    square = ImageOps.fit(picture.convert("RGBA"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    output = BytesIO()
    ImageOps.exif_transpose(square).save(output, "WEBP", quality=85, method=4)
    return output.getvalue()
