"""Driving a server with wrk: one burst of requests, as fast as a number of connections can ask."""

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

# wrk's own report rounds its percentiles and counts statuses up to 399 as good; this prints what we need as JSON.
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
class Ask:
    """One request: a POST when it has a body. `place` must stand in the Location of the answer."""

    path: str
    cookie: str = ""
    body: str = ""
    status: int = 200
    place: str = ""
    address: str = "10.0.0.1"  # that the proxy says it came from

    def lines(self, host: str, *, connection: str = "keep-alive") -> str:
        """Return the request as it is sent; whoever can keep pages compressed may."""
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
    """One burst of requests: how many, how many a second, and the 95th percentile in milliseconds."""

    requests: int
    per_second: float
    p95_ms: float


class LoadError(Exception):
    """A burst got an answer it did not ask for, so it measured the wrong thing."""


def drive(url: str, asks: Sequence[Ask], *, connections: int, seconds: int) -> Load:
    """Send these requests in turn, all of one kind, for whole `seconds`.

    Raises LoadError for any other answer than the one expected: a 429 and a page of log-in are fast.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "requests", Path(folder) / "burst.lua"
        host = urlsplit(url).netloc
        file.write_text("\n".join(ask.lines(host).replace("\r\n", "\x01") for ask in asks))
        script.write_text(
            _SCRIPT
            % {"file": json.dumps(str(file)), "status": asks[0].status, "place": json.dumps(asks[0].place)}
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
    told = json.loads(found[0])
    if told["refusals"] or told["errors"]:
        first = re.search(r"^bad: (.*)$", done.stdout, re.MULTILINE)
        raise LoadError(
            f"{asks[0].path}: {told['refusals']} of {told['requests']} answers were not {asks[0].status} "
            f"(the first: {first[1] if first else '?'}), {told['errors']} errors"
        )
    return Load(told["requests"], told["requests"] / told["microseconds"] * 1e6, told["p95"] / 1000)


def cores() -> int:
    return len(os.sched_getaffinity(0))
