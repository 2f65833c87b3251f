import pytest

from community.core import mailboxes


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("example.com", "example.com"),
        (" Example.COM. ", "example.com"),
        ("kaffeemühle.example", "xn--kaffeemhle-geb.example"),
        ("KAFFEEMÜHLE.example", "xn--kaffeemhle-geb.example"),
        ("kaffeemu\u0308hle.example", "xn--kaffeemhle-geb.example"),
        ("XN--Kaffeemhle-GEB.example", "xn--kaffeemhle-geb.example"),
        ("straße.example", "xn--strae-oqa.example"),  # not strasse.example
        ("ｅｘａｍｐｌｅ。com", "example.com"),
        ("i❤.example", "xn--i-7iq.example"),
        ("", ""),
        ("a" * 64 + "ü.example", "a" * 64 + "ü.example"),  # too long for DNS
    ],
)
def test_domains_have_one_canonical_form(typed, canonical):
    assert mailboxes.canonical_domain(typed) == canonical
    assert mailboxes.canonical_domain(canonical) == canonical


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Ada@Example.com", "ada@example.com"),
        (" ada@kaffeemühle.example ", "ada@xn--kaffeemhle-geb.example"),
        ("zoe\u0308@example.com", "zoë@example.com"),
        ('"a@b"@Example.com', '"a@b"@example.com'),
        ("Ada", "ada"),
        ("", ""),
    ],
)
def test_addresses_have_one_canonical_form(typed, canonical):
    assert mailboxes.canonical_address(typed) == canonical
    assert mailboxes.canonical_address(canonical) == canonical


def test_domain_of_an_address_and_of_none():
    assert mailboxes.domain_of("ada@Kaffeemühle.example") == "xn--kaffeemhle-geb.example"
    assert mailboxes.domain_of(None) == mailboxes.domain_of("ada") == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ada@xn--kaffeemhle-geb.example", "ada@kaffeemühle.example"),
        ("xn--kaffeemhle-geb.example", "kaffeemühle.example"),
        ("ada@example.com", "ada@example.com"),
        ("ada@xn--a.example", "ada@xn--a.example"),
    ],
)
def test_readable_shows_the_letters(address, shown):
    assert mailboxes.readable(address) == shown
