from django.urls import path

from . import views

app_name = "advocacy"
urlpatterns = [
    path("advocacy/", views.advocate_list, name="advocate-list"),
    path("me/advocacy/", views.own_score, name="own-score"),
]
