"""All URLs; apps declare full paths."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler429 = "community.core.rate_limits.too_many_requests"  # used by allauth; Django has no such handler

urlpatterns = [
    # Tried in this order: most requests are for the home page, topics and lists.
    path("", include("community.pages.urls")),
    path("", include("community.pages.urls.forum")),
    path("", include("community.pages.urls.qa")),
    path("", include("community.runtime.urls")),
    path("", include("community.members.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("community.core.urls")),
    path("", include("community.api.urls")),
    path("", include("community.notifications.urls")),
    path("", include("community.pages.urls.badges")),
    path("", include("community.moderation.urls")),
    path("", include("community.prospects.urls")),
    path("", include("journeys.urls")),
    path("", include("advocacy.urls")),
    path("", include("community.importers.urls")),
]
