from django.urls import path, register_converter

from community.core import brand, views


class ColourConverter:
    """Converts `#0F766E` to `0f766e`."""

    regex = "[0-9a-f]{6}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return brand.written(brand.parse(value))[1:]


register_converter(ColourConverter, "colour")

app_name = "core"
urlpatterns = [
    path("demo/", views.demo_progress, name="demo-progress"),
    path("sw.js", views.service_worker, name="service-worker"),
    path("offline/", views.offline, name="offline"),
    path("theme/", views.theme_choose, name="theme-choose"),
    path("brand-<colour:colour>.css", views.brand_css, name="brand-css"),
]
