import pytest
from django.core.files.storage import default_storage

from community.events.catalogue import PROFILE_COMPLETED
from community.events.models import Event
from community.members.services import profiles
from tests.factories.members import MemberFactory


@pytest.mark.django_db
def test_save_profile_renders_the_bio_once():
    MemberFactory(username="bo")
    member = MemberFactory()

    profiles.save_profile(member, bio="I roast with @bo. <script>", display_name="Ada")

    member.refresh_from_db()
    assert member.display_name == "Ada"
    assert 'href="/u/bo/"' in member.bio_html
    assert "<script" not in member.bio_html


@pytest.mark.django_db
def test_save_profile_keeps_other_fields():
    member = MemberFactory(bio="old", location="Ghent")

    profiles.save_profile(member, display_name="Ada")

    member.refresh_from_db()
    assert (member.bio, member.location) == ("old", "Ghent")


@pytest.mark.django_db
def test_save_profile_refuses_unknown_fields():
    with pytest.raises(ValueError, match="role is not part of the profile"):
        profiles.save_profile(MemberFactory(), role="manager")


@pytest.mark.django_db
def test_a_complete_profile_records_one_event():
    member = MemberFactory(avatar="avatars/x.webp")

    profiles.save_profile(member, bio="I roast.")
    assert not Event.objects.exists()
    for _ in range(2):
        profiles.save_profile(member, location="Ghent")

    assert [(event.name, event.props) for event in Event.objects.all()] == [
        (PROFILE_COMPLETED, {"percent": 100})
    ]


@pytest.mark.django_db
def test_set_avatar_saves_the_file_and_deletes_the_previous_one(django_capture_on_commit_callbacks):
    member = MemberFactory()
    profiles.set_avatar(member, b"first")
    first = member.avatar.name

    with django_capture_on_commit_callbacks(execute=True):
        profiles.set_avatar(member, b"second")

    member.refresh_from_db()
    assert default_storage.open(member.avatar.name).read() == b"second"
    assert not default_storage.exists(first)


@pytest.mark.django_db
def test_set_avatar_to_none_removes_the_picture(django_capture_on_commit_callbacks):
    member = MemberFactory()
    profiles.set_avatar(member, b"first")
    first = member.avatar.name

    with django_capture_on_commit_callbacks(execute=True):
        profiles.set_avatar(member, None)

    assert not member.avatar
    assert not default_storage.exists(first)
