"""Health check of the container: request a page from its web server with an allowed host; exit 1 unless it is 200."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException


def main(path: str, *, port: int) -> int:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".*") or "localhost"
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        print(answer.status, answer.read(2000).decode(errors="replace").strip())
    except (OSError, HTTPException) as error:
        print(error)
        return 1
    finally:
        connection.close()
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], port=int(os.environ.get("PORT", "8000"))))
