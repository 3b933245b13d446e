"""The machine that a benchmark ran on, by what it is made of, and the stamp that the parts of one run share."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import alsmodels
from fit_peer import NOT_INSTALLED

RUN = "ALSMODELS_BENCH_RUN"
"""The variable in which record.py tells its parts when the run began."""


def stamp() -> dict[str, Any]:
    """When the run began, and on what machine: processor, cores, memory and system, never a name."""
    began = os.environ.get(RUN) or datetime.now(UTC).isoformat(timespec="seconds")
    return {"began": began, "machine": describe_machine(), "load_average_before": os.getloadavg()}


def describe_machine() -> dict[str, Any]:
    """What the machine is."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} on {platform.machine()}",
    }


def _processor() -> str:
    """The model with family and number, for some only say "Processor"."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    told = dict(re.findall(r"^([^\t:]+)\s*: (.*)$", info.read_text(encoding="utf-8"), flags=re.MULTILINE))
    numbers = [f"{name} {told[key]}" for name, key in (("family", "cpu family"), ("model", "model")) if key in told]
    name = " ".join(told.get("model name", platform.machine()).split())
    return f"{name} ({', '.join(numbers)})" if numbers else name


def _memory_gb() -> float:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


def installed_versions(*packages: str) -> dict[str, str]:
    """Versions of Python, of this package, and of others; those that are not there say so."""
    found = {"python": platform.python_version(), "alsmodels": alsmodels.__version__}
    for name in sorted(set(packages) - set(found), key=packages.index):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = NOT_INSTALLED
    return found
