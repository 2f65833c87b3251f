"""Driving a server with wrk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# wrk's own report rounds its percentiles; this prints what we need as JSON, and counts what was not a success.
_SCRIPT = """
%s
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) failed = 0 end
function response(status) if status >= 400 then failed = failed + 1 end end
function done(summary, latency)
  local failures = 0
  for _, thread in ipairs(threads) do failures = failures + thread:get("failed") end
  print(string.format('{"requests": %%d, "microseconds": %%d, "p95": %%f, "failures": %%d, "errors": %%d}',
    summary.requests, summary.duration, latency:percentile(95), failures,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""

_POST = """
wrk.method = "POST"
local body = %s
math.randomseed(os.time())
function request()
  return wrk.format(nil, nil, nil, (body:gsub("NUMBER", tostring(math.random(1e9)))))
end
"""


@dataclass(frozen=True)
class Load:
    """One burst of requests: how many a second, and the 95th percentile in milliseconds."""

    per_second: float
    p95_ms: float


class LoadError(Exception):
    pass


def drive(
    url: str, *, connections: int, seconds: float, headers: Mapping[str, str] | None = None, body: str = ""
) -> Load:
    """Send requests to `url` for `seconds`; POST `body` when there is one, NUMBER in it being one each time.

    Raises LoadError when a request failed: a burst with failures measures the wrong thing.
    """
    lua = _POST % json.dumps(body) if body else ""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT % lua)
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", script.name]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
    found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise LoadError(f"wrk failed: {done.stdout}{done.stderr}")
    told = json.loads(found[0])
    if told["failures"] or told["errors"] or not told["requests"]:
        raise LoadError(
            f"{url}: {told['failures']} refusals, {told['errors']} errors, {told['requests']} requests"
        )
    return Load(told["requests"] / told["microseconds"] * 1e6, told["p95"] / 1000)


def memory_mb(leader: int) -> float:
    """Return the proportional memory of a process and its children, in megabytes (Linux PSS)."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if leader in (parent, int(folder.name)):
                total += int(re.search(r"Pss:\s+(\d+)", (folder / "smaps_rollup").read_text())[1])  # type: ignore[index]
        except (OSError, ProcessLookupError):
            continue
    return total / 1024


def cores() -> int:
    return len(os.sched_getaffinity(0))
