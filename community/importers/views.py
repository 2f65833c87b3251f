from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .services.addresses import new_address


@require_safe
def old_address(request: HttpRequest) -> HttpResponsePermanentRedirect:
    """Redirect a URL of the old site to its new one."""
    address = new_address(request.get_full_path().lstrip("/"), reader=request.user)
    if address is None:
        raise Http404(_("We could not find anything from this old address."))
    return HttpResponsePermanentRedirect(address)
