from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from community.core import brand, demo, theme
from community.core.requests import own_url


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
