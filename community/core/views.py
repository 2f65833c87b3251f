import hashlib
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from community.core import brand, demo, theme
from community.core.requests import own_url

DAY: Final = 86_400  # seconds; how long browsers use the service worker before they look for a new one


@csrf_exempt  # Without a CSRF token, visitors' pages stay cacheable; this only sets a colour.
@require_POST
def theme_choose(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("theme", "")
    response = redirect(own_url(request, request.META.get("HTTP_REFERER", "")) or "/")
    if chosen in theme.THEMES:
        response.set_cookie(
            theme.COOKIE, chosen, max_age=theme.YEAR, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(theme.COOKIE, samesite="Lax")
    return response


@require_safe
@never_cache
def demo_progress(request: HttpRequest) -> HttpResponse:
    """Polled by the notice that the demo is being seeded: 204 meanwhile, its replacement afterwards."""
    if demo.is_being_written():
        return HttpResponse(status=204)
    return render(request, "core/_demo_complete.html")


@require_safe
@cache_control(public=True, max_age=theme.YEAR, immutable=True)
def brand_css(request: HttpRequest, colour: str) -> HttpResponse:
    """The brand colour as a stylesheet; the colour is in the URL, so the response never changes."""
    return HttpResponse(brand.stylesheet(f"#{colour}"), content_type="text/css; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=DAY)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows `offline` when the server cannot be reached; at the root, so that it is for all pages."""
    page = get_template("offline.html").render()
    kept = [reverse("core:offline"), static("css/site.css"), static("css/icons.css")]
    version = hashlib.sha256(f"{kept}{page}".encode()).hexdigest()[:12]
    script = get_template("core/service_worker.js").render({"kept": kept, "name": f"offline-{version}"})
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_template("offline.html").render())
