import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import SimpleLazyObject

from community.members.requests import member_of
from tests.factories.members import MemberFactory


def test_member_of_returns_the_member_without_the_lazy_wrapper(rf, db):
    member = MemberFactory()
    request = rf.get("/")
    request.user = SimpleLazyObject(lambda: member)

    assert member_of(request) is member


def test_member_of_takes_a_member_that_is_not_wrapped(rf, db):
    request = rf.get("/")
    request.user = MemberFactory()

    assert member_of(request) is request.user


def test_member_of_an_anonymous_visitor_is_an_error(rf):
    request = rf.get("/")
    request.user = SimpleLazyObject(AnonymousUser)

    with pytest.raises(TypeError):
        member_of(request)
