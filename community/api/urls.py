from django.urls import path

from .views import api

# The namespace "api" is the API's own, which is why no app_name stands here.
urlpatterns = [path("api/v1/", api.urls)]
