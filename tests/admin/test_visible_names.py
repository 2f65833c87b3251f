"""Invisible names are rejected in the admin."""

import pytest

from community.forum.models import Category
from tests.factories.forum import CategoryFactory

pytestmark = pytest.mark.django_db


def test_category_needs_a_name_that_can_be_seen(as_manager):
    category = CategoryFactory(name="Grinders")
    address = f"/admin/forum/category/{category.pk}/change/"
    form = as_manager.get(address).context["adminform"].form
    data = {name: form.initial.get(name) or "" for name in form.fields}

    response = as_manager.post(address, {**data, "name": "\u200b\u3164"})

    assert "name" in response.context["adminform"].form.errors
    assert Category.objects.get(pk=category.pk).name == "Grinders"
