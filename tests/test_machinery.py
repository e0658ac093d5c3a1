"""What a newcomer types: the Makefile on small stand-ins for the packages, the browser search, and the project's files.

The Makefile is tried in a folder whose name has a space, against package indexes that are folders with tiny wheels in
them: no network, and no torch.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e import browser

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"[A-Za-z0-9-]+(\[[a-z]+\])?==[0-9][^ ]* +# .+")

# Tells where it was installed from and how it was started.
STREAMLIT_STAND_IN = "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"


# --- stand-ins -------------------------------------------------------------------------------------------------------


def write_wheel(folder: Path, name: str, version: str, source: str = "") -> Path:
    """The smallest wheel pip accepts: one package whose ``__main__`` is ``source``."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n",
        f"{name}/__main__.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, text in files.items():
            wheel.writestr(inside, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{inside},sha256={digest},{len(text.encode())}\n"
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def write_index(folder: Path, packages: dict[str, tuple[str, ...]], source: str = "") -> str:
    """A package index in a folder (PEP 503) with these versions of these packages; its address."""
    for name, versions in packages.items():
        page = folder / "simple" / name
        page.mkdir(parents=True)
        wheels = [write_wheel(page, name, version, source) for version in versions]
        (page / "index.html").write_text("".join(f'<a href="{wheel.name}">{wheel.name}</a>\n' for wheel in wheels))
    return (folder / "simple").as_uri()


def write_script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@dataclass(frozen=True)
class Checkout:
    """A folder with the project's Makefile and requirements of its own."""

    folder: Path
    home: Path
    default_index: str

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs ``make`` with nothing of this machine's or of an outer make's settings."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.default_index,
        }
        return subprocess.run(
            ["make", f"PYTHON={sys.executable}", *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def torch(self) -> str:
        """The version of the torch that is installed."""
        done = subprocess.run(
            [self.folder / ".venv" / "bin" / "python", "-c", "import torch; print(torch.__version__)"],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


@pytest.fixture(scope="module")
def index_of_builds(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_index(tmp_path_factory.mktemp("builds"), {"torch": ("1.0+builds", "2.0+builds")})


def new_checkout(folder: Path) -> Checkout:
    checkout = folder / "a b" / "pretext"
    checkout.mkdir(parents=True)
    home = folder / "home"
    home.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    shutil.copytree(ROOT / "scripts", checkout / "scripts")
    (checkout / "requirements.txt").write_text("torch==1.0  # stand-in\nstreamlit==1.0  # stand-in\n")
    (checkout / "requirements-dev.txt").write_text("-r requirements.txt\n")
    packages = {"torch": ("1.0", "2.0"), "streamlit": ("1.0",)}
    return Checkout(checkout, home, write_index(folder / "default", packages, STREAMLIT_STAND_IN))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return new_checkout(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which ``make install`` has run; shared, so a test leaves it working."""
    made = new_checkout(tmp_path_factory.mktemp("installed"))
    done = made.make("install")
    assert done.returncode == 0, done.stderr
    assert "Installing what requirements.txt lists into .venv" in done.stdout
    return made


# --- the Makefile ----------------------------------------------------------------------------------------------------


def test_help_is_the_default_and_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert targets
    rules = re.findall(r"^([a-z]+):", text, re.MULTILINE)
    assert sorted(rules) == sorted(targets[1].split())
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make ([a-z]+) +\S", listed, re.MULTILINE) == rules


def test_run_starts_the_dashboard_on_this_machine_only(installed: Checkout) -> None:
    port = str(free_port())
    done = installed.make("run", f"PORT={port}", "ARGS=--server.headless true")
    assert done.returncode == 0, done.stderr
    said, printed = done.stdout.splitlines()
    assert f"http://127.0.0.1:{port} " in said
    arguments = json.loads(printed)
    assert arguments[:2] == ["run", "serve.py"]
    options = dict(zip(arguments[2::2], arguments[3::2], strict=True))
    assert options == {
        "--server.address": "127.0.0.1",
        "--server.port": port,
        "--server.showEmailPrompt": "false",
        "--browser.gatherUsageStats": "false",
        "--logger.hideWelcomeMessage": "true",
        "--server.fileWatcherType": "none",
        "--server.headless": "true",
    }


def test_nothing_is_installed_twice(installed: Checkout) -> None:
    done = installed.make("install")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_port_in_use_is_one_sentence_with_what_to_type(installed: Checkout) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = installed.make("run", f"PORT={port}")
    assert done.returncode != 0
    said = re.match(rf"Port {port} is in use; type: make run PORT=(\d+)\n", done.stderr)
    assert said and int(said[1]) != port
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "٣"])
def test_a_port_that_is_none_is_refused(installed: Checkout, port: str) -> None:
    done = installed.make("run", f"PORT={port}")
    assert done.returncode != 0
    assert done.stderr.startswith("PORT is a number from 1 to 65535, not ")


def test_torch_comes_from_the_index_that_was_named(checkout: Checkout, index_of_builds: str, tmp_path: Path) -> None:
    nowhere = (tmp_path / "nowhere" / "simple").as_uri()
    requirements = checkout.folder / "requirements.txt"

    fell_back = checkout.make("install", f"TORCH_INDEX={nowhere}")
    assert fell_back.returncode == 0, fell_back.stderr
    sentences = [line for line in fell_back.stderr.splitlines() if not line.startswith("WARNING")]
    assert sentences == [f"{nowhere} has no torch==1.0 for this machine: going on with the usual package index."]
    assert checkout.torch() == "1.0"

    changed = checkout.make("install", f"TORCH_INDEX={index_of_builds}")
    assert changed.returncode == 0, changed.stderr
    assert checkout.torch() == "1.0+builds"

    for arguments in (["install"], ["install", f"TORCH_INDEX={index_of_builds}"]):
        again = checkout.make(*arguments)
        assert (again.returncode, again.stdout) == (0, "")

    requirements.write_text(requirements.read_text().replace("torch==1.0", "torch==2.0"))
    remembered = checkout.make("install")
    assert remembered.returncode == 0, remembered.stderr
    assert checkout.torch() == "2.0+builds"


def test_an_install_that_was_stopped_half_way_is_started_again(installed: Checkout) -> None:
    environment = installed.folder / ".venv"
    busy = environment / ".pretext-busy"
    stopped = subprocess.Popen(["true"])
    stopped.wait()
    busy.write_text(f"{stopped.pid}\n")
    (environment / "half").touch()
    done = installed.make("install")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The last install did not finish: starting again.\n")
    assert not (environment / "half").exists()
    assert installed.torch() == "1.0"

    busy.write_text(f"{os.getpid()}\n")
    meanwhile = installed.make("install")
    busy.unlink()
    assert meanwhile.returncode != 0
    assert meanwhile.stderr.startswith(f"Another make (process {os.getpid()}) is installing into .venv: ")
    assert installed.torch() == "1.0"


def test_a_failed_install_loses_nothing(installed: Checkout) -> None:
    dev = installed.folder / "requirements-dev.txt"
    before = dev.read_text()
    dev.write_text(f"{before}no-such-package==1.0\n")
    failed = installed.make("test")
    dev.write_text(before)
    assert failed.returncode != 0
    assert "Installing failed" in failed.stderr
    still = installed.make("install")
    assert (still.returncode, still.stdout) == (0, "")


def test_a_folder_that_is_no_environment_is_left_alone(checkout: Checkout) -> None:
    letter = checkout.folder / "letters" / "dear.txt"
    letter.parent.mkdir()
    letter.write_text("dear")
    for target in ("install", "clean"):
        done = checkout.make(target, "VENV=letters")
        assert letter.read_text() == "dear", done.stdout
    assert checkout.make("install", "VENV=letters").stderr.startswith("letters holds something else than ")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("echo 3.9", "Pretext needs Python 3.11 or newer, and {python} is 3.9: "),
        ("echo 2.7", "Pretext needs Python 3.11 or newer, and {python} is 2.7: "),
        ("exit 127", "Pretext needs Python 3.11 or newer, and {python} cannot be run: "),
        (
            'case "$2" in *ensurepip*) exit 1 ;; esac; echo 3.12',
            "{python} has no venv module; on Debian or Ubuntu type: sudo apt-get install python3.12-venv\n",
        ),
    ],
    ids=["3.9", "2.7", "broken", "no venv"],
)
def test_a_python_that_will_not_do_is_one_sentence(checkout: Checkout, body: str, sentence: str) -> None:
    python = write_script(checkout.folder / "python", body)
    done = checkout.make("run", f"PYTHON={python}")
    assert done.returncode != 0
    assert done.stderr.startswith(sentence.format(python=python))
    assert len([line for line in done.stderr.splitlines() if not line.startswith("make")]) == 1
    assert not (checkout.folder / ".venv").exists()


def test_types_are_checked_strictly(checkout: Checkout) -> None:
    package = checkout.folder / "analysis"
    package.mkdir()

    def ty() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ty", "check", "--python", sys.prefix, "--output-format", "concise"]
        return subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True, check=False)

    (package / "__init__.py").write_text("def right(x: int) -> str:\n    return str(x)\n")
    assert ty().returncode == 0
    (package / "__init__.py").write_text(
        "def wrong(x: int) -> str:\n    return x\n\n\ndef vague(x: list) -> None: ...\n"
    )
    found = ty()
    assert found.returncode == 1
    assert "invalid-explicit-return" in found.stdout
    assert "error[missing-type-argument]" in found.stdout


# --- .ci/run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lint", "test", "expected"), [(0, 0, 0), (2, 0, 2), (0, 3, 3), (2, 3, 3)])
def test_ci_runs_lint_and_tests_and_tells_their_failure(tmp_path: Path, lint: int, test: int, expected: int) -> None:
    log = tmp_path / "log"
    body = f'echo "$1" >>"{log}"; if read -r line; then exit 9; fi; [ "$1" = lint ] && exit {lint}; exit {test}'
    write_script(tmp_path / "make", body)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CI": "true"}
    command = ["bash", ROOT / ".ci" / "run"]
    done = subprocess.run(command, env=environment, input="typed\n", capture_output=True, text=True, check=False)
    assert done.returncode == expected, done.stderr
    assert log.read_text().split() == ["lint", "test"]


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no browser: an empty folder as PATH, and a Python whose playwright has installed nothing."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("PRETEXT_BROWSER", raising=False)
    monkeypatch.setattr(browser, "APPLICATIONS", ())
    chromium = tmp_path / "playwrights"
    python = f'if [ "$1" = -c ]; then echo "{chromium}"; else echo "$@" >>"{tmp_path / "log"}"; : >"{chromium}"; fi'
    monkeypatch.setattr(sys, "executable", str(write_script(tmp_path / "python", python)))
    return path


def become(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)


def write_apt(bare: Path, log: Path, installs: bool) -> None:
    made = f': >"{bare / "chromium"}"; /bin/chmod +x "{bare / "chromium"}"' if installs else "exit 100"
    write_script(bare / "apt-get", f'echo "apt-get $1" >>"{log}"\nif [ "$1" = install ]; then {made}; fi')


def test_the_first_browser_found_is_taken(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browser.find_browser() is None
    chrome = write_script(bare / "google-chrome", "")
    assert browser.find_browser() == chrome
    chromium = write_script(bare / "chromium", "")
    assert browser.find_browser() == chromium
    monkeypatch.setenv("PRETEXT_BROWSER", str(chrome))
    assert browser.find_browser() == chrome
    monkeypatch.setenv("PRETEXT_BROWSER", "no such browser")
    assert browser.provide_browser() is None
    assert "no such browser" in browser.why_none()


def test_root_on_debian_installs_debians_browser(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, 0)
    write_apt(bare, tmp_path / "log", installs=True)
    assert browser.provide_browser() == bare / "chromium"
    assert (tmp_path / "log").read_text().splitlines() == ["apt-get update", "apt-get install"]


@pytest.mark.parametrize(("user", "apt"), [(0, ["apt-get update", "apt-get install"]), (1000, [])])
def test_playwright_installs_one_where_apt_does_not(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, apt: list[str]
) -> None:
    become(monkeypatch, user)
    write_apt(bare, tmp_path / "log", installs=False)
    assert browser.provide_browser() == tmp_path / "playwrights"
    assert (tmp_path / "log").read_text().splitlines() == [*apt, "-m playwright install chromium"]


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_only_ci_insists_on_a_browser(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ci: str, code: int
) -> None:
    monkeypatch.setenv("PRETEXT_BROWSER", "no such browser")
    monkeypatch.setenv("CI", ci)
    assert browser.main() == code
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 error"), ("", "1 skipped")])
def test_browser_tests_without_a_browser(tmp_path: Path, ci: str, outcome: str) -> None:
    folder = tmp_path / "tests" / "e2e"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ("__init__.py", "e2e/__init__.py", "e2e/browser.py", "e2e/conftest.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests" / name)
    (folder / "test_page.py").write_text("def test_page(page):\n    raise AssertionError('ran')\n")
    environment = {**os.environ, "CI": ci, "PRETEXT_BROWSER": "no such browser"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert outcome in done.stdout.splitlines()[-1]
    assert "no such browser" in done.stdout


# --- the project's files ---------------------------------------------------------------------------------------------


def requirement_lines(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_requirements_are_exact_and_say_what_they_are_for() -> None:
    run, (include, *dev) = requirement_lines("requirements.txt"), requirement_lines("requirements-dev.txt")
    more = [*requirement_lines("requirements-tokenizers.txt"), *requirement_lines("requirements-ray.txt")]
    assert include == "-r requirements.txt"
    assert [line for line in [*run, *dev, *more] if not PIN.fullmatch(line)] == []
    names = [line.split("==")[0] for line in [*run, *dev, *more]]
    assert len(names) == len(set(names))


def test_the_package_needs_what_requirements_txt_lists() -> None:
    from setuptools.config.pyprojecttoml import read_configuration

    project = read_configuration(ROOT / "pyproject.toml", expand=True)["project"]
    needs = [re.sub(r" *#.*", "", need) for need in project["dependencies"]]
    assert needs == [re.sub(r" *#.*", "", line) for line in requirement_lines("requirements.txt")]
    more = PROJECT["tool"]["setuptools"]["dynamic"]["optional-dependencies"]
    assert more == {name: {"file": [f"requirements-{name}.txt"]} for name in ("tokenizers", "ray")}


def test_the_version_is_stated_once_or_everywhere_the_same() -> None:
    version = PROJECT["project"]["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    stated = [
        found[1]
        for path in [*ROOT.glob("analysis/*.py"), *ROOT.glob("CITATION.cff")]
        if (found := re.search(r'^(?:__version__ = |version: )"?([0-9.]+)"?$', path.read_text("utf-8"), re.MULTILINE))
    ]
    assert set(stated) <= {version}


def project_files() -> Iterator[tuple[str, str]]:
    """The text files that are, or may yet be, committed: (path in the project, text)."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", errors="replace")


def test_no_file_names_a_machine_or_a_package_registry() -> None:
    folders = re.compile(r"(?<![\w.:/~-])/(?:home|Users|root|work|workspace|builds|srv)/\w")
    registries = ("/".join(("//pypi.org", "simple")), ".".join(("files", "pythonhosted")), ".".join(("deb", "debian")))
    registries += (".".join(("registry", "npmjs")), ".".join(("download", "pytorch")))
    assert all(folders.search(f"cd '/{place}/ada'") for place in ("home", "Users", "work"))
    found = [
        f"{name}: {line.strip()[:100]}"
        for name, text in project_files()
        for line in text.splitlines()
        if folders.search(line) or any(host in line for host in registries)
    ]
    assert found == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
