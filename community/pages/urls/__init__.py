from django.contrib.sitemaps.views import index, sitemap
from django.urls import URLPattern, URLResolver, path

from community.pages import feeds
from community.pages.views import home, styleguide

app_name = "pages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("u/<str:username>/", home.profile, name="profile"),
    path("search/", home.search, name="search"),
    path("me/", home.me, name="me"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
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
