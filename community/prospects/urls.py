from django.urls import URLPattern, URLResolver

app_name = "prospects"
urlpatterns: list[URLPattern | URLResolver] = []
