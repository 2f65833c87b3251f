"""Profile pictures: whatever comes in, a small square WebP without a word of what else was in the file."""

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
# Unpacked in several copies by its library.
MAX_PIXELS_OF = {"WEBP": 16_000_000}
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_unpacking = Lock()


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
                most = MAX_PIXELS_OF.get(picture.format or "", MAX_PIXELS)
                if picture.width * picture.height > most:
                    raise ValidationError(
                        _("The picture's dimensions are too large. Please choose a smaller one.")
                    )
                return _square(picture)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        raise ValidationError(
            _("We could not read this picture. Use a JPEG, PNG, WebP or GIF file.")
        ) from error


def _square(picture: Image.Image) -> bytes:
    # A file of a few kB may unpack to 160 MB: so there is one copy of that, one picture at a time.
    with _unpacking:
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # JPEG can leave out what will not be seen
        least = min(picture.size)
        # Without mixing pixels, since that would take a second copy of those that can be seen through.
        size = [max(1, side * 8 * SIDE // least) for side in picture.size]
        some = picture.resize((size[0], size[1]), Image.Resampling.NEAREST) if least > 8 * SIDE else picture
    square = ImageOps.fit(some.convert("RGBA"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    done = BytesIO()
    ImageOps.exif_transpose(square).save(done, "WEBP", quality=85, method=4)
    return done.getvalue()
