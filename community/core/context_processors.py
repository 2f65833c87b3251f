from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """What every page shows of the community itself."""
    return {"site_name": settings.SITE_NAME}
