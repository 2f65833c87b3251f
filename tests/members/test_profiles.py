from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from PIL import Image

from community.events.catalogue import PROFILE_COMPLETED
from community.events.models import Event
from community.members import pictures, services
from tests.factories.members import MemberFactory


def drawing(size=(300, 200), kind="PNG", mode="RGB", **how) -> BytesIO:
    file = BytesIO()
    Image.new(mode, size, 1).save(file, kind, **how)
    file.seek(0)
    return file


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


# Pictures


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_clean_makes_a_small_square_webp_of_any_picture(kind):
    picture = opened(pictures.clean(drawing(kind=kind)))

    assert (picture.format, picture.size) == ("WEBP", (256, 256))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_clean_takes_every_colour_mode(mode):
    assert opened(pictures.clean(drawing(mode=mode))).size == (256, 256)


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (3, 2000)])
def test_clean_takes_odd_shapes(size):
    assert opened(pictures.clean(drawing(size=size))).size == (256, 256)


def test_clean_leaves_nothing_of_where_it_was_taken():
    exif = Image.Exif()
    exif[0x010E] = "at home, 12 Mill Lane"

    data = pictures.clean(drawing(kind="JPEG", exif=exif))

    assert b"Mill Lane" not in data
    assert not opened(data).getexif()


def test_clean_turns_the_picture_upright():
    picture = Image.new("RGB", (200, 200), "red")
    picture.paste("blue", (0, 0, 200, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    file = BytesIO()
    picture.save(file, "PNG", exif=exif)
    file.seek(0)

    upright = opened(pictures.clean(file)).convert("RGB")

    assert upright.getpixel((230, 128))[2] > 200
    assert upright.getpixel((20, 128))[0] > 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
    ],
    ids=["nothing", "text", "svg", "broken png"],
)
def test_clean_refuses_what_is_no_picture(data):
    with pytest.raises(ValidationError, match="could not be read as a picture"):
        pictures.clean(BytesIO(data))


def test_clean_refuses_other_formats():
    with pytest.raises(ValidationError, match="could not be read as a picture"):
        pictures.clean(drawing(kind="BMP"))


def test_clean_refuses_half_a_picture():
    whole = drawing(size=(800, 800), kind="JPEG").getvalue()

    with pytest.raises(ValidationError, match="could not be read as a picture"):
        pictures.clean(BytesIO(whole[: len(whole) // 2]))


def test_clean_refuses_a_large_file():
    with pytest.raises(ValidationError, match="larger than 5 MB"):
        pictures.clean(BytesIO(b"x" * (pictures.MAX_BYTES + 1)))


def test_clean_refuses_more_pixels_than_memory_is_for():
    with pytest.raises(ValidationError, match="too many pixels"):
        pictures.clean(drawing(size=(8000, 5001), mode="1"))


def test_clean_refuses_a_decompression_bomb(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(ValidationError, match="could not be read as a picture"):
        pictures.clean(drawing())


def test_new_names_are_never_the_same():
    assert pictures.new_name() != pictures.new_name()


# Profiles


@pytest.mark.django_db
def test_save_profile_renders_the_bio_once():
    MemberFactory(username="bo")
    member = MemberFactory()

    services.save_profile(member, bio="I roast with @bo. <script>", display_name="Ada")

    member.refresh_from_db()
    assert member.display_name == "Ada"
    assert 'href="/u/bo/"' in member.bio_html
    assert "<script" not in member.bio_html


@pytest.mark.django_db
def test_save_profile_leaves_what_is_not_named():
    member = MemberFactory(bio="old", location="Ghent")

    services.save_profile(member, display_name="Ada")

    member.refresh_from_db()
    assert (member.bio, member.location) == ("old", "Ghent")


@pytest.mark.django_db
def test_save_profile_refuses_what_is_no_part_of_it():
    with pytest.raises(ValueError, match="role is not part of the profile"):
        services.save_profile(MemberFactory(), role="manager")


@pytest.mark.django_db
def test_a_complete_profile_is_told_of_once():
    member = MemberFactory(avatar="avatars/x.webp")

    services.save_profile(member, bio="I roast.")
    assert not Event.objects.exists()
    for _ in range(2):
        services.save_profile(member, location="Ghent")

    assert [(event.name, event.props) for event in Event.objects.all()] == [
        (PROFILE_COMPLETED, {"percent": 100})
    ]


@pytest.mark.django_db
def test_set_avatar_keeps_the_file_and_removes_the_one_before(django_capture_on_commit_callbacks):
    member = MemberFactory()
    services.set_avatar(member, b"first")
    first = member.avatar.name

    with django_capture_on_commit_callbacks(execute=True):
        services.set_avatar(member, b"second")

    member.refresh_from_db()
    assert default_storage.open(member.avatar.name).read() == b"second"
    assert not default_storage.exists(first)


@pytest.mark.django_db
def test_set_avatar_to_none_removes_the_picture(django_capture_on_commit_callbacks):
    member = MemberFactory()
    services.set_avatar(member, b"first")
    first = member.avatar.name

    with django_capture_on_commit_callbacks(execute=True):
        services.set_avatar(member, None)

    assert not member.avatar
    assert not default_storage.exists(first)
