import pytest

from community.moderation import profiles
from community.moderation.models import BlockedWord, Policy
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Caravan Support Team", "Caravan"),
        ("caravan", "Caravan"),
        ("CaravanSupport", "Caravan"),
        ("Cara van", "Caravan"),
        ("Ϲaravan Fan", "Caravan"),  # a Greek letter
        ("Support", "support"),
        ("Ada from Support", "support"),
        ("S.U.P.P.O.R.T", "support"),
        ("S u p p o r t", "support"),
        ("Sup port", "support"),
        ("Supp0rt", "support"),
        ("Ｓｕｐｐｏｒｔ", "support"),
        ("suррort", "support"),  # Cyrillic letters
        ("sup\u200bport", "support"),
        ("Support24", "support"),
        ("support_team", "support"),
        ("supportteam", "support"),
        ("TheSupport", "support"),
        ("Admins", "admin"),
        ("rnoderator", "moderator"),
        ("Môderator", "moderator"),
        ("Customer-Service", "customer service"),
        ("Our Help Desk", "help desk"),
        ("Webmaster Joe", "webmaster"),
        ("Moderatorin", "moderatorin"),
        ("Ada, Administrateur", "administrateur"),
        ("Модератор", "модератор"),
        ("Root", "root"),
        ("S y s t e m", "system"),
        ("Former Member", "former-member"),
    ],
)
def test_a_name_that_claims_to_be_the_teams_is_refused(name, word):
    assert profiles.claim(name) == word
    assert word in profiles.screen(None, "display_name", name)
    assert word in profiles.screen(MemberFactory(), "username", name)


@pytest.mark.parametrize(
    "name",
    [
        "Ada Winter",
        "Stafford",
        "Steam Punk",
        "Teamo",
        "Supportive Sam",
        "Modena",
        "Moderata",
        "Rooter",
        "Joe Root",
        "Systema",
        "System of a Town",
        "Caravaning",
        "J. R. R.",
        "Å",
        "👾",
        "علی\u200cرضا",
        "ゆき",
    ],
)
def test_other_names_are_allowed(name):
    assert profiles.screen(None, "display_name", name) == ""


def test_the_team_may_use_any_name():
    assert profiles.screen(MemberFactory(role="support"), "display_name", "Caravan Support") == ""


def test_the_policy_says_which_words_are_reserved(settings):
    settings.SITE_NAME = "Café Central"
    Policy.objects.create(reserved_words=["公式", "Kundendienst"], reserve_site_name=False)

    refused = [
        name for name in ["公式アカウント", "KUNDENDIENST", "Café Central", "Support"] if profiles.claim(name)
    ]

    assert refused == ["公式アカウント", "KUNDENDIENST"]


def test_a_site_name_of_several_words_is_reserved(settings):
    settings.SITE_NAME = "Café Central"

    assert profiles.claim("The Cafe Central Fans") == "Café Central"
    assert profiles.claim("Central Café") == ""


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("display_name", "Vіаgra Joe"),
        ("username", "viagra-joe"),
        ("bio", "Cheap via**g**ra"),
        ("bio", "Cheap via<b></b>gra"),
        ("bio", "[Cheap](https://x.example/viagra)"),
        ("location", "Viagra"),
        ("website", "https://viagra.example"),
    ],
)
@pytest.mark.parametrize(("action", "is_refused"), [("block", True), ("hold", True), ("flag", False)])
def test_blocked_words_are_refused_in_profiles(field, text, action, is_refused):
    BlockedWord.objects.create(phrase="viagra", action=action)

    assert ("“viagra” is not allowed" in profiles.screen(MemberFactory(), field, text)) is is_refused


@pytest.mark.parametrize("phrase", ["*", "**", "\u200b", "!?"])
def test_a_blocked_word_has_a_letter(phrase):
    with pytest.raises(Exception, match="at least one letter"):
        BlockedWord(phrase=phrase).full_clean()
