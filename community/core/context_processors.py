import json

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from community.core import demo, unsent
from community.core.theme import chosen_theme

HTMX_CONFIG = json.dumps(
    {
        # The content security policy allows neither inline styles nor eval.
        "includeIndicatorStyles": False,
        "allowEval": False,
        "selfRequestsOnly": True,
        # Pages may be private: nothing of them stays in the browser's storage.
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        # An invalid form comes back as 422, or as 429 after a rate limit, and takes the form's place; other
        # refusals keep what is on the page, and site.js says their sentence.
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "422", "swap": True},
            {"code": "429", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    },
    separators=(",", ":"),
)


def site(request: HttpRequest) -> dict[str, object]:
    """What every page shows of the community itself."""
    token = SimpleLazyObject(lambda: get_token(request))
    return {
        "site_name": settings.SITE_NAME,
        "site_logo": settings.SITE_LOGO,
        "own_brand_colour": settings.BRAND_COLOUR,
        "language_code": get_language(),
        "theme": chosen_theme(request),
        "htmx_config": HTMX_CONFIG,
        "team_two_factor": settings.TEAM_TWO_FACTOR,
        # One token a request: masking it again for each form costs as much as a post.
        "csrf_token": token,
        "csrf_input": SimpleLazyObject(
            lambda: format_html(
                '<input type="hidden" name="csrfmiddlewaretoken" value="{}">{}', token, _shown_to(request)
            )
        ),
        "demo_is_being_written": demo.is_being_written,  # asked only where it is shown
    }


def _shown_to(request: HttpRequest) -> SafeString:
    """Return the hidden field that records who a form was shown to; see `unsent.py`."""
    if not request.user.is_authenticated:
        return SafeString("")
    return format_html('<input type="hidden" name="{}" value="{}">', unsent.SHOWN_TO, request.user.pk)
