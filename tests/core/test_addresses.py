import pytest
from django.urls import NoReverseMatch, reverse

from community.core.addresses import address


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("forum:latest", ()),
        ("forum:topic-detail", (812, "does-it-drip")),
        ("forum:tag", ("größe",)),
        ("pages:profile", ("ada.winter@home",)),
        ("pages:profile", ("50%+1",)),
        ("core:brand-css", ("#7A1F5C",)),
    ],
)
def test_address_is_what_reverse_returns(name, args):
    assert [address(name, *args), address(name, *args)] == [reverse(name, args=args)] * 2


def test_address_escapes_what_would_end_an_attribute():
    assert address("pages:profile", '"><script>') == "/u/%22%3E%3Cscript%3E/"


@pytest.mark.parametrize(("name", "args"), [("forum:nowhere", ()), ("forum:topic-detail", (812,))])
def test_address_of_nothing_is_an_error(name, args):
    with pytest.raises(NoReverseMatch):
        address(name, *args)
