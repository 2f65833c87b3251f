from django.urls import path

from . import views

app_name = "journeys"
urlpatterns = [
    path("journeys/", views.journey_map, name="journey-map"),
    path("journeys/rules/", views.rule_list, name="rule-list"),
    path("journeys/members/", views.member_list, name="member-list"),
    path("journeys/members/<username>/", views.member_journey, name="member-journey"),
    path("journeys/members/<username>/override/", views.override_set, name="override-set"),
    path("journeys/members/<username>/override/clear/", views.override_clear, name="override-clear"),
    path("me/journey/", views.own_journey, name="own-journey"),
]
