from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .services import addresses


@require_safe
def old_address(request: HttpRequest) -> HttpResponse:
    """Redirect a URL of an old site to the new one; let the reader choose if several sites had that URL."""
    host = request.get_host().partition(":")[0].lower()
    found = addresses.find(request.get_full_path().lstrip("/"), host=host, reader=request.user)
    if not found.choices:
        raise Http404(_("We could not find anything from this old address."))
    if found.is_certain:
        return HttpResponsePermanentRedirect(found.choices[0].url)
    return _choose(request, found)


@never_cache
def _choose(request: HttpRequest, found: addresses.Found) -> HttpResponse:
    return render(request, "importers/old_address.html", {"choices": found.choices}, status=300)
