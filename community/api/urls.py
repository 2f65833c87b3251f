from django.urls import path

from .views import api

# No app_name: NinjaAPI sets the "api" namespace itself.
urlpatterns = [path("api/v1/", api.urls)]
