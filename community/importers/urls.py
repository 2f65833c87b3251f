from django.urls import re_path

from . import views

app_name = "importers"
# URLs of an imported site; included last, so that they never shadow our own.
urlpatterns = [
    re_path(r"^(?:questions|q|a|posts)/\d{1,15}(?:/.*)?$", views.old_address, name="old-address"),
    re_path(r"^posts/comments/\d{1,15}/?$", views.old_address),
    re_path(r"^users/-?\d{1,15}(?:/.*)?$", views.old_address),
    re_path(r"^questions/tagged/[^/]{1,35}/?$", views.old_address),
]
