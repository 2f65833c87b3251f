"""Uploads become small squares without metadata, or are refused with a reason."""

import random
import re
import subprocess
import sys
from io import BytesIO

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from PIL import Image

from community.members import pictures


def picture(kind="PNG", *, size=(400, 300), colour="red", mode="RGB", **options) -> bytes:
    file = BytesIO()
    Image.new(mode, size, colour).save(file, kind, **options)
    return file.getvalue()


def cleaned(data: bytes) -> Image.Image:
    return Image.open(BytesIO(pictures.clean(BytesIO(data))))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (400, 300), (30, 900), (256, 256)])
def test_clean_crops_any_picture_to_a_square(kind, size):
    done = cleaned(picture(kind, size=size))

    assert (done.format, done.size) == ("WEBP", (256, 256))


@pytest.mark.parametrize(
    ("mode", "colour"), [("L", 128), ("1", 1), ("P", 3), ("RGBA", (0, 0, 0, 0)), ("I;16", 9), ("LA", (9, 9))]
)
def test_clean_accepts_every_colour_mode(mode, colour):
    assert cleaned(picture(mode=mode, colour=colour)).size == (256, 256)


def test_clean_keeps_transparency():
    done = cleaned(picture(mode="RGBA", colour=(10, 20, 30, 0)))

    assert done.convert("RGBA").getpixel((128, 128))[3] == 0


def test_clean_applies_the_exif_rotation():
    sideways = Image.new("RGB", (200, 200), "red")
    sideways.paste("blue", (0, 0, 200, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees
    file = BytesIO()
    sideways.save(file, "JPEG", exif=exif, quality=95)

    done = cleaned(file.getvalue()).convert("RGB")

    left, right = done.getpixel((30, 128)), done.getpixel((226, 128))
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]


def test_clean_removes_metadata():
    exif = Image.Exif()
    exif[0x010E] = "At home, 5 Mill Lane"
    file = BytesIO()
    Image.new("RGB", (300, 300)).save(file, "JPEG", exif=exif, comment=b"secret comment")

    done = pictures.clean(BytesIO(file.getvalue()))

    assert b"Mill Lane" in file.getvalue()
    assert b"Mill Lane" not in done
    assert b"secret comment" not in done
    assert not Image.open(BytesIO(done)).getexif()


def test_clean_takes_the_first_frame_of_an_animation():
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])

    done = cleaned(file.getvalue())

    assert getattr(done, "n_frames", 1) == 1
    assert done.convert("RGB").getpixel((128, 128))[0] > 200


def test_clean_drops_data_after_the_picture():
    assert b"<script>" not in pictures.clean(BytesIO(picture() + b"<script>alert(1)</script>"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.4",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"\xff\xd8\xff\xe0",
    ],
)
def test_clean_refuses_files_that_are_not_pictures(data):
    with pytest.raises(ValidationError, match="could not read this picture"):
        pictures.clean(BytesIO(data))


def test_clean_refuses_truncated_pictures():
    whole = picture("JPEG", size=(800, 800))

    with pytest.raises(ValidationError, match="could not read this picture"):
        pictures.clean(BytesIO(whole[: len(whole) // 2]))


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "PPM"])
def test_clean_refuses_other_formats(kind):
    with pytest.raises(ValidationError, match=r"Use a JPEG, PNG, WebP or GIF file"):
        pictures.clean(BytesIO(picture(kind)))


def test_clean_refuses_too_many_bytes():
    with pytest.raises(ValidationError, match="larger than 5 MB"):
        pictures.clean(BytesIO(picture() + b"\x00" * pictures.MAX_BYTES))


def test_clean_accepts_a_file_of_the_maximum_size():
    whole = picture()

    assert cleaned(whole + b"\x00" * (pictures.MAX_BYTES - len(whole))).size == (256, 256)


@pytest.mark.parametrize("size", [(8000, 5001), (40_000, 1001)])
def test_clean_refuses_too_many_pixels_before_decoding(size):
    with pytest.raises(ValidationError, match="dimensions are too large"):
        pictures.clean(BytesIO(picture(size=size, mode="1", colour=0)))


def test_clean_refuses_what_pillow_considers_a_bomb(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(ValidationError, match="could not read this picture"):
        pictures.clean(BytesIO(picture()))


def test_clean_refuses_decompression_bombs():
    head = bytearray(picture(size=(1, 1)))
    head[16:24] = (60_000).to_bytes(4, "big") * 2

    with pytest.raises(ValidationError):
        pictures.clean(BytesIO(bytes(head)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_clean_of_a_damaged_picture_returns_a_picture_or_raises(kind):
    """Files with flipped bits never cause an error page."""
    chance = random.Random(kind)
    whole = picture(kind, size=(40, 30))

    for _ in range(120):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.choice([len(data), chance.randrange(len(data))])])
        try:
            assert cleaned(cut).size == (256, 256)
        except ValidationError:
            continue


def test_new_name_is_unique_and_reveals_nothing():
    found = {pictures.new_name() for _ in range(50)}

    assert len(found) == 50
    assert all(re.fullmatch(r"avatars/[0-9a-f]{24}\.webp", name) for name in found)


PEAK = """
import re, sys
from pathlib import Path
from community.members import pictures
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
pictures.clean(sys.stdin.buffer)
print((peak() - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory was used at most")
@pytest.mark.parametrize(
    ("mode", "kind", "side"),
    [("RGB", "PNG", 6_300), ("RGBA", "PNG", 6_300), ("P", "PNG", 6_300), ("RGB", "WEBP", 4_000)],
)
def test_clean_of_the_largest_picture_stays_within_the_memory_limit(mode, kind, side):
    file = BytesIO()
    Image.new(mode, (side, side)).save(file, kind)

    done = subprocess.run(
        [sys.executable, "-c", PEAK],
        input=file.getvalue(),
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
    )

    assert len(file.getvalue()) < 200_000
    assert int(done.stdout) < 260  # MB
