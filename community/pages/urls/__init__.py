from django.urls import URLPattern, URLResolver, path

from community.pages import feeds
from community.pages.views import home, styleguide

app_name = "pages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("u/<str:username>/", home.profile, name="profile"),
    path("u/<str:username>/card/", home.profile_card, name="profile-card"),
    path("search/", home.search, name="search"),
    path("search/people/", home.search_people, name="search-people"),
    path("me/", home.me, name="me"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("feed.xml", feeds.feed, name="feed"),
    path("sitemap.xml", feeds.sitemap_index, name="sitemap"),
    path("sitemap-<section>.xml", feeds.sitemap_section, name="sitemap-section"),
    path("robots.txt", feeds.robots, name="robots"),
]
