"""What the benches measure with: memory of process trees, medians, figures, downloads."""

import os
import statistics
import subprocess
import time
from pathlib import Path


def figure(name: str, value: float, unit: str, target: str = "none") -> str:
    """One line as SPECIFICATION.md quotes it."""
    number = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return f"figure {name} {number} {unit} target {target}"


def judged(name: str, value: float, unit: str, target: str, ok: bool) -> tuple[str, bool]:
    """A figure that may be short of its target, and whether it is not."""
    line = figure(name, value, unit, target)
    return (line if target == "none" else f"{line} {'ok' if ok else 'short'}"), ok


def _session_of(pid: int) -> int:
    """The session id from /proc/PID/stat; the name before it may hold blanks and brackets."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3])


def pss_kib(session: int) -> int:
    """Proportional set size summed over every process of a session."""
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if _session_of(int(entry)) == session:
                rollup = Path(f"/proc/{entry}/smaps_rollup").read_text()
                total += int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
        except (OSError, StopIteration):
            continue  # it ended while we looked
    return total


def settled_pss_kib(session: int, idle_s: float = 10) -> int:
    """After a rest, the median of five looks a second apart."""
    time.sleep(idle_s)
    looks = []
    for _ in range(5):
        looks.append(pss_kib(session))
        time.sleep(1)
    return int(statistics.median(looks))


def median(values: list[float]) -> float:
    return statistics.median(values)


def warm(folder: Path) -> int:
    """Reads every file once, so that nobody is measured with a cold disk. Returns their number."""
    count = 0
    for path in folder.rglob("*"):
        if path.is_file():
            count += 1
            with open(path, "rb") as file:
                while file.read(1 << 20):
                    pass
    return count


def download_mib_s(url: str, *options: str) -> float:
    """One range request on one connection, by curl into nothing."""
    command = ["curl", "-sS", "--fail", "-o", "/dev/null", "-r", "0-", "-w", "%{http_code} %{speed_download}",
               *options, url]
    code, speed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if code != "206":
        raise RuntimeError(f"{url} answered a range with {code}")
    return float(speed) / (1 << 20)
