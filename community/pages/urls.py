from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "pages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("u/<str:username>/", views.profile, name="profile"),
    path("search/", views.search, name="search"),
    path("me/", views.me, name="me"),
]
