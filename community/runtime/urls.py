from django.urls import path

from community.runtime import views

app_name = "runtime"
urlpatterns = [
    path("healthz", views.health, name="health"),
    path("readyz", views.ready, name="ready"),
    path("media/<path:path>", views.upload, name="upload"),
    path("metrics", views.metrics, name="metrics"),
]
