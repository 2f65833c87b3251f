from django.contrib.sitemaps.views import index, sitemap
from django.urls import URLPattern, URLResolver, path

from . import feeds, views

app_name = "pages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("u/<str:username>/", views.profile, name="profile"),
    path("search/", views.search, name="search"),
    path("me/", views.me, name="me"),
    path("feed.xml", feeds.NewTopics(), name="feed"),
    path(
        "sitemap.xml",
        index,
        {"sitemaps": feeds.SITEMAPS, "sitemap_url_name": "pages:sitemap-section"},
        "sitemap",
    ),
    path("sitemap-<section>.xml", sitemap, {"sitemaps": feeds.SITEMAPS}, "sitemap-section"),
    path("robots.txt", feeds.robots, name="robots"),
]
