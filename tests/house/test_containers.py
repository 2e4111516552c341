"""The container shape cannot be started in a test; what can be read from the files is checked."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


def test_every_lasting_service_has_a_healthcheck() -> None:
    lasting = {name for name, service in SERVICES.items() if service["restart"] != "no"}
    assert lasting == {"db", "redis", "web", "worker", "beat"}
    assert all(SERVICES[name]["healthcheck"]["test"] for name in lasting)


def test_volumes_are_named_and_redis_keeps_its_queue() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert used == set(COMPOSE["volumes"])
    assert "--appendonly" in SERVICES["redis"]["command"]


def test_missing_secrets_stop_the_start() -> None:
    settings = SERVICES["web"]["environment"]
    for name in ("SECRET_KEY", "CPR_ENCRYPTION_KEYS", "CPR_INDEX_KEY", "ALLOWED_HOSTS"):
        assert settings[name].startswith(f"${{{name}:?")
    assert "${POSTGRES_PASSWORD:?" in settings["DATABASE_URL"]
    assert "DEMO" not in settings


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    listed = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == listed


def test_the_image_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER mikrolaan" in lines
    assert lines.index("USER mikrolaan") < next(i for i, line in enumerate(lines) if line.startswith("CMD"))


def test_locked_requirements_name_no_host_and_hash_everything() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text
        assert "--index" not in text
        pinned = re.findall(r"^\S+==", text, re.MULTILINE)
        assert pinned
        assert all("--hash=sha256:" in block for block in re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:])


def test_the_operations_guide_lists_every_setting() -> None:
    read = r"env\.\w+\(\s*\"([A-Z_]+)\"|environ(?:\.get|\.setdefault)?[(\[]\"([A-Z_]+)\""
    sources = [ROOT / "microloan/settings.py", ROOT / "gunicorn.conf.py"]
    used = {one or other for path in sources for one, other in re.findall(read, path.read_text())}
    guide = (ROOT / "docs/drift.md").read_text()
    assert used >= {"SECRET_KEY", "WEB_WORKERS"}
    assert not {name for name in used if f"`{name}`" not in guide}
