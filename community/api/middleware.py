"""Return errors under /api/ as JSON, whichever layer they come from."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

ROOT = "/api"
SENTENCES = {
    400: "The server could not read this request. Check the URL, the headers and the encoding.",
    403: "This request is not allowed.",
    404: "There is no endpoint at this URL. GET /api/v1/openapi.json lists all endpoints.",
    413: "The request body is too large. Send fewer items per request.",
    415: "The API only accepts JSON. Send the header Content-Type: application/json.",
    429: "Too many requests. Try again later.",
    500: "Something went wrong on our side and nothing was saved. Retry the same request later.",
    503: "The server is busy. Retry the same request later; each ID counts only once.",
}


class JsonErrors:
    """Replace error pages under /api/ with {"detail": "A sentence."}; must come before any middleware that responds."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or not is_api(request.path_info) or _is_json(response):
            return response
        answer = JsonResponse({"detail": _sentence(request, response)}, status=response.status_code)
        for name, value in response.items():
            if name.lower() not in ("content-type", "content-length"):
                answer[name] = value
        answer.cookies = response.cookies
        return answer


def is_api(path: str) -> bool:
    return path == ROOT or path.startswith(f"{ROOT}/")


def _is_json(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith("application/json")


def _sentence(request: HttpRequest, response: HttpResponse) -> str:
    if response.status_code == 405:
        return f"{request.method} is not allowed here. Use {response.get('Allow', 'another method')}."
    if response.status_code == 404 and request.path_info.endswith("/"):
        return f"There is no endpoint at this URL. Remove the trailing slash: {request.path_info.rstrip('/')}"
    return SENTENCES.get(response.status_code, f"The request failed: {response.reason_phrase}.")
