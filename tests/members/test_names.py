import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from community.members import names


@pytest.mark.parametrize("name", ["ada", "Ada-Winter", "bo_2", "a1b", "x" * 30])
def test_clean_username_allows_plain_names(name):
    assert names.clean_username(name) == name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ab", "Use at least 3 characters."),
        ("x" * 31, "Use at most 30 characters."),
        ("-ada", "Start and end with a letter or digit"),
        ("ada_", "Start and end with a letter or digit"),
        ("ada winter", "Use only letters a to z"),
        ("ada\n", "Use only letters a to z"),
        ("аda", "Use only letters a to z"),  # a Cyrillic а
        ("zoë", "Use only letters a to z"),
        ("ada.w", "Use only letters a to z"),
        ("Admin", "“Admin” is not available."),
        ("CARAVAN", "“CARAVAN” is not available."),
        ("settings", "“settings” is not available."),
    ],
)
def test_clean_username_explains_the_error(name, sentence):
    with pytest.raises(ValidationError, match=sentence):
        names.clean_username(name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada Winter", "Ada Winter"),
        ("  Ada \t Winter ", "Ada Winter"),
        ("Ada\u200b\u202eWinter", "AdaWinter"),
        ("ゆき", "ゆき"),
        ("Zoe\u0308", "Zoë"),
        ("👾", "👾"),
        # joiners and selectors that a script or emoji needs
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("र\u094d\u200dय", "र\u094d\u200dय"),
        ("র\u200d\u09cdযাব", "র\u200d\u09cdযাব"),
        ("ക\u0d4d\u200d", "ക\u0d4d\u200d"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("👩🏽\u200d💻 Ada", "👩🏽\u200d💻 Ada"),
        ("🏳️\u200d🌈", "🏳️\u200d🌈"),
        ("❤️", "❤️"),
        ("1️⃣", "1️⃣"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        # and those that are not needed
        ("A\u200dda", "Ada"),
        ("Ad\u200ca\u200c", "Ada"),
        ("\u200dAda", "Ada"),
        ("علی\u200c", "علی"),
        ("👨\u200dAda", "👨Ada"),
        ("👨\u200d\u200d💻", "👨\u200d💻"),
        ("A\ufe0fda", "Ada"),
        ("Ada\U000e0041", "Ada"),
        ("Ada\u3164\u2800", "Ada"),
        ("Ada" + "\u0323" * 50, "Adạ" + "\u0323" * 6),
    ],
)
def test_clean_display_name_keeps_visible_characters(typed, kept):
    assert names.clean_display_name(typed) == kept


@pytest.mark.parametrize("typed", ["\u200b\u200d", "   ", "\u2060", "\ufeff"])
def test_clean_display_name_refuses_invisible_names(typed):
    with pytest.raises(ValidationError, match="with visible characters"):
        names.clean_display_name(typed)


def test_clean_display_name_refuses_long_names():
    with pytest.raises(ValidationError, match="at most 60"):
        names.clean_display_name("x" * 61)


@pytest.mark.parametrize(
    "other",
    [
        "ada winter",
        "ADA WINTER",
        "Αda Wіnter",
        "Ada  Winter",
        "Adа Winter",
        "Ada.Winter",
        "Ada W1nter",
        "Adá Winter",
        "Ａｄａ Ｗｉｎｔｅｒ",
        "🅰da Winter",
        "Ada W\u200cin\ufe0fter",
    ],
)
def test_skeleton_is_equal_for_lookalikes(other):
    assert names.skeleton(other) == names.skeleton("Ada Winter")


@pytest.mark.parametrize(
    ("name", "other"), [("علی\u200cرضا", "علیرضا"), ("👩🏽\u200d💻 Bo", "👩🏽💻 Bo"), ("modern", "modem")]
)
def test_skeleton_ignores_joiners_and_pairs_of_letters(name, other):
    assert names.skeleton(name) == names.skeleton(other)


def test_skeleton_keeps_the_vowels_of_other_scripts():
    assert names.skeleton("राम") != names.skeleton("रीमा")


@pytest.mark.parametrize("other", ["Ada Winters", "Eda Winter", "Winter Ada"])
def test_skeleton_differs_for_other_names(other):
    assert names.skeleton(other) != names.skeleton("Ada Winter")


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Ada Winter", "ada-winter"),
        ("Zoë O'Neil", "zoe-oneil"),
        ("J.", "member-j"),
        ("ゆき", "member"),
        ("", "member"),
        ("Admin", "admin-2"),
        ("--x__y--", "x-y"),
    ],
)
def test_suggest_username_is_based_on_the_name(name, username):
    assert names.suggest_username(name, taken=()) == username


def test_suggest_username_appends_a_number_if_taken():
    assert names.suggest_username("Ada", taken={"ada", "ada-2"}) == "ada-3"


def test_suggest_username_with_a_number_stays_within_the_limit():
    long = "x" * 40

    assert names.suggest_username(long, taken={"x" * 30}) == "x" * 28 + "-2"


@given(st.text(max_size=80))
def test_suggest_username_is_always_valid(name):
    assert names.clean_username(names.suggest_username(name, taken=()))
