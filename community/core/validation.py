"""What JSON PostgreSQL can store, and Pydantic's errors reworded for people who edit JSON in the admin."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

# Far below the depth at which Python or PostgreSQL give up.
MAX_DEPTH = 50
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_NUMBER, _WHOLE = gettext_lazy("must be a number"), gettext_lazy("must be a whole number")
_LIST, _OBJECT = gettext_lazy("must be a list, in brackets"), gettext_lazy("must be an object, in braces")
# By error type: the text after the field's name; the error's context fills the placeholders.
_SENTENCES: dict[str, StrOrPromise] = {
    "missing": gettext_lazy("is missing"),
    "extra_forbidden": gettext_lazy("is not a known setting; check the spelling"),
    "greater_than": gettext_lazy("must be more than %(gt)s"),
    "greater_than_equal": gettext_lazy("must be at least %(ge)s"),
    "less_than": gettext_lazy("must be less than %(lt)s"),
    "less_than_equal": gettext_lazy("must be at most %(le)s"),
    "finite_number": _NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "string_type": gettext_lazy("must be text, in quotes"),
    "bool_type": gettext_lazy("must be true or false"),
    "bool_parsing": gettext_lazy("must be true or false"),
    "list_type": _LIST,
    "frozen_set_type": _LIST,
    "set_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "literal_error": gettext_lazy("must be one of %(expected)s"),
    "enum": gettext_lazy("must be one of %(expected)s"),
    "too_short": gettext_lazy("must have more entries, at least %(min_length)s"),
    "too_long": gettext_lazy("must have fewer entries, at most %(max_length)s"),
}


def sentences(error: ValidationError) -> list[str]:
    """Return a sentence for each problem, such as “E2.points must be more than 0.”"""
    return list(dict.fromkeys(_sentence(one) for one in error.errors(include_url=False)))


def _sentence(problem: ErrorDetails) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "value_error":
        said = problem["msg"].removeprefix("Value error, ").rstrip(".")
        return f"{where}: {said}." if where else f"{said}."
    limits = {
        name: f"{value:.12g}" if isinstance(value, float) else value
        for name, value in problem.get("ctx", {}).items()
    }
    says = str(_SENTENCES.get(problem["type"], _("is not valid"))) % limits
    return f"{where} {says}." if where else _("This %(problem)s.") % {"problem": says}


def storable_json(props: dict[str, Any]) -> dict[str, Any]:
    """Reject what PostgreSQL cannot store as JSON: NUL, lone surrogates, NaN and infinity; and deep nesting."""
    if _is_nested_too_deeply(props):
        raise ValueError(f"this is nested more than {MAX_DEPTH} levels deep")
    try:
        serialized = json.dumps(props, ensure_ascii=False, allow_nan=False)
        serialized.encode()
    except ValueError as error:
        raise ValueError("this cannot be stored as JSON") from error
    if _NUL.search(serialized):
        raise ValueError("this contains a NUL character")
    return props


def _is_nested_too_deeply(value: Any) -> bool:
    level = [value]
    for _level in range(MAX_DEPTH):
        children = [child for one in level for child in (one.values() if isinstance(one, dict) else one)]
        level = [child for child in children if isinstance(child, (dict, list))]
        if not level:
            return False
    return True
