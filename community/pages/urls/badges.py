from django.urls import URLPattern, URLResolver, path

from community.pages.views import badges

app_name = "badges"
urlpatterns: list[URLPattern | URLResolver] = [
    path("badges/", badges.badge_list, name="badge-list"),
    path("badges/<slug:slug>/", badges.badge_detail, name="badge-detail"),
]
