from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "badges"
urlpatterns: list[URLPattern | URLResolver] = [
    path("badges/", views.badge_list, name="badge-list"),
    path("badges/<slug:slug>/", views.badge_detail, name="badge-detail"),
]
