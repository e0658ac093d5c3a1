"""Known vulnerabilities of what is installed: ``make audit``. It says when nothing could be asked, too.

pip-audit is installed into an environment that is thrown away afterwards; the one that is audited is left as it is.
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PIP_AUDIT = "pip-audit==2.10.1"
NOTHING_KNOWN = 2
"""The exit status where nobody could be asked."""


def told(answer: str) -> tuple[str, int]:
    """What pip-audit's JSON comes to: lines to print, and the exit status: 0 none, 1 some, 2 nobody could be asked."""
    try:
        packages = json.loads(answer)["dependencies"]
        asked = [each for each in packages if "skip_reason" not in each]
        found = [
            f"{each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version'}"
            for each in asked
            for one in each["vulns"]
        ]
    except (ValueError, LookupError, TypeError):
        asked, found, packages = [], [], []
    if not asked:
        return (
            "The service that lists vulnerabilities is out of reach, so nothing is known: try again online.",
            NOTHING_KNOWN,
        )
    skipped = [f"{each['name']}: not asked, {each['skip_reason']}" for each in packages if "skip_reason" in each]
    if found:
        return "\n".join([*found, *skipped]), 1
    return "\n".join([f"None found in {len(asked)} packages.", *skipped]), 0


def answer_of(python: str, where: str) -> str:
    """What pip-audit prints of the packages in a folder; nothing where it can't be had or can't ask."""
    install = [python, "-m", "pip", "install", "--quiet", PIP_AUDIT]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        return ""
    asks = [python, "-m", "pip_audit", "--path", where, "--format", "json", "--progress-spinner", "off"]
    return subprocess.run(asks, capture_output=True, text=True, check=False).stdout


def main() -> int:
    """Audit the environment that runs this."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        sentence, status = told(answer_of(str(python), sysconfig.get_path("purelib")))
    sys.stdout.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
