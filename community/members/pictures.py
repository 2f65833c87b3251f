"""Profile pictures: whatever comes in, a small square WebP without a word of what else was in the file."""

import secrets
import warnings
from io import BytesIO
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

SIDE = 256
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def new_name() -> str:
    """A name that is never used again, so that browsers may keep the file for good."""
    return f"avatars/{secrets.token_hex(12)}.webp"


def clean(upload: IO[bytes]) -> bytes:
    """The picture, turned upright, cut square and written anew; ValidationError when that cannot be done."""
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 5 MB. Please choose a smaller one."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise ValidationError(_("The picture has too many pixels. Please choose a smaller one."))
                return _square(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        raise ValidationError(
            _("This file could not be read as a picture. JPEG, PNG, WebP and GIF work.")
        ) from error


def _square(picture: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    square = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    done = BytesIO()
    square.save(done, "WEBP", quality=85, method=4)
    return done.getvalue()
