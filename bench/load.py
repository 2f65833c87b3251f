"""Drive a server with wrk: a burst of requests at full speed over a number of connections."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

# wrk's own report rounds percentiles and accepts statuses up to 399, so this script prints JSON instead.
_SCRIPT = """
local asked, requests, threads = 0, {}, {}
bad, refusals = "", 0
function setup(thread) table.insert(threads, thread) end
function init(args)
  for line in io.lines(%(file)s) do table.insert(requests, (line:gsub("\\1", "\\r\\n"))) end
end
function request()
  asked = asked + 1
  return requests[(asked - 1) %% #requests + 1]
end
function response(status, headers)
  local place = headers["Location"] or headers["location"] or ""
  if status ~= %(status)d or not place:find(%(place)s, 1, true) then
    refusals = refusals + 1
    if bad == "" then bad = status .. " " .. place end
  end
end
function done(summary, latency)
  local refused, first = 0, ""
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("refusals")
    if first == "" then first = thread:get("bad") end
  end
  print(string.format('{"requests": %%d, "microseconds": %%d, "p95": %%f, "refusals": %%d, "errors": %%d}',
    summary.requests, summary.duration, latency:percentile(95), refused,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
  print("bad: " .. first)
end
"""


@dataclass(frozen=True)
class Request:
    """An HTTP request: a POST if it has a body. `location` must be part of the response's Location header."""

    path: str
    cookie: str = ""
    body: str = ""
    status: int = 200
    location: str = ""
    address: str = "10.0.0.1"  # the client in X-Forwarded-For

    def lines(self, host: str, *, connection: str = "keep-alive") -> str:
        """Return the raw request. Accepts gzip."""
        head = [
            f"{'POST' if self.body else 'GET'} {self.path} HTTP/1.1",
            f"Host: {host}",
            f"Connection: {connection}",
            "User-Agent: bench",
            "Accept-Encoding: gzip",
            f"X-Forwarded-For: {self.address}",
        ]
        if self.cookie:
            head.append(f"Cookie: {self.cookie}")
        if self.body:
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*head, "", self.body])


@dataclass(frozen=True)
class Load:
    """The result of a burst: number of requests, requests per second, and 95th percentile in milliseconds."""

    requests: int
    per_second: float
    p95_ms: float


class LoadError(Exception):
    """A burst got unexpected responses, so its measurement is invalid."""


def drive(url: str, requests: Sequence[Request], *, connections: int, seconds: int) -> Load:
    """Send these requests in turn for `seconds`; all must expect the same response.

    Raises LoadError for any unexpected response, because a 429 or a login page would be fast.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "requests", Path(folder) / "burst.lua"
        host = urlsplit(url).netloc
        file.write_text("\n".join(request.lines(host).replace("\r\n", "\x01") for request in requests))
        script.write_text(
            _SCRIPT
            % {
                "file": json.dumps(str(file)),
                "status": requests[0].status,
                "place": json.dumps(requests[0].location),
            }
        )
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "30s",
            "-s",
            str(script),
            url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise LoadError(f"wrk failed: {done.stdout}{done.stderr}")
    report = json.loads(found[0])
    if report["refusals"] or report["errors"]:
        first = re.search(r"^bad: (.*)$", done.stdout, re.MULTILINE)
        raise LoadError(
            f"{requests[0].path}: {report['refusals']} of {report['requests']} responses were not "
            f"{requests[0].status} (the first: {first[1] if first else '?'}), {report['errors']} errors"
        )
    per_second = report["requests"] / report["microseconds"] * 1e6
    return Load(report["requests"], per_second, report["p95"] / 1000)


def cores() -> int:
    return len(os.sched_getaffinity(0))
