from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from community.core import page_cache
from community.core.markdown import linked_mentions, render
from community.events.catalogue import PROFILE_COMPLETED
from community.events.services.recording import record
from community.members import pictures
from community.members.models import Member

PROFILE_FIELDS = (
    "display_name",
    "bio",
    "location",
    "website",
    "shows_company",
    "shows_customer",
    "time_zone",
    "language",
)
# Fields that visitors' cached pages may show.
_ON_PAGES = ("display_name", "shows_company", "shows_customer")
COMPLETENESS_FIELDS = ("display_name", "bio", "avatar", "location")


@transaction.atomic
def save_profile(member: Member, **fields: Any) -> Member:
    """Save the given PROFILE_FIELDS and render the bio to HTML. Raises ValueError for any other field."""
    unknown = set(fields) - set(PROFILE_FIELDS)
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]} is not part of the profile.")
    if any(fields.get(name, getattr(member, name)) != getattr(member, name) for name in _ON_PAGES):
        page_cache.invalidate_on_commit()
    for name, value in fields.items():
        setattr(member, name, value)
    if "bio" in fields:
        member.bio_html = render(member.bio, mentions=Member.objects.addresses_of).html
        fields["bio_html"] = member.bio_html
    member.save(update_fields=list(fields))
    _record_completion(member)
    return member


def rerender_bios() -> int:
    """Re-render all bios, keeping mentions; return how many changed."""
    changed = 0
    for member in Member.objects.exclude(bio="").only("bio", "bio_html").iterator(chunk_size=500):
        html = render(member.bio, mentions=linked_mentions(member.bio_html)).html
        if html != member.bio_html:
            unedited = Member.objects.filter(pk=member.pk, bio=member.bio)
            changed += unedited.update(bio_html=html)
    return changed


def set_avatar(member: Member, picture: bytes | None) -> Member:
    """Replace the picture with the bytes from pictures.clean(), or remove it if None."""
    previous = member.avatar.name
    name = ""
    if picture is not None:
        name = default_storage.save(pictures.new_name(), ContentFile(picture))
    with transaction.atomic():
        member.avatar.name = name
        member.save(update_fields=["avatar"])
        page_cache.invalidate_on_commit()
        _record_completion(member)
        if previous:
            transaction.on_commit(lambda: default_storage.delete(previous))
    return member


def ask_for_picture(member: Member, *, post_id: int) -> None:
    """Ask for a picture beside the member's first post, if they have none; later calls change nothing."""
    if member.avatar or member.picture_asked_on is not None:
        return
    member.picture_asked_on = post_id
    member.save(update_fields=["picture_asked_on"])


def decline_picture(member: Member) -> None:
    """Never ask for a picture again; idempotent."""
    member.picture_asked_on = 0
    member.save(update_fields=["picture_asked_on"])


def missing_fields(member: Member) -> list[str]:
    """Return the names of the COMPLETENESS_FIELDS that are empty."""
    return [name for name in COMPLETENESS_FIELDS if not getattr(member, name)]


def percent_complete(member: Member) -> int:
    """Return the share of COMPLETENESS_FIELDS that are filled in, from 0 to 100."""
    return 100 - 100 * len(missing_fields(member)) // len(COMPLETENESS_FIELDS)


def _record_completion(member: Member) -> None:
    percent = percent_complete(member)
    if percent == 100:
        record(PROFILE_COMPLETED, actor=member, subject=member, percent=percent)
