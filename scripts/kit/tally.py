#!/usr/bin/env python3
"""Adds up what the test runners said: one line an area, then `N passed, N failed`.

    tally.py FOLDER    reads the logs that scripts/test left there

A runner that ended badly without naming a failed test counts as one failure, and so does every
test that was skipped: what a machine lacks is installed, not skipped.
"""

import json
import re
import sys
import xml.etree.ElementTree as xml
from collections import defaultdict
from pathlib import Path

BINARY = re.compile(r"^\s+(?:Running (?:unittests )?(\S+) \(.*?([a-z_0-9]+)-[0-9a-f]+\)|Doc-tests (\S+))")
TEST = re.compile(r"^test (\S+)(?: - .*?)? \.\.\. (ok|FAILED|ignored)")
PYTHON = re.compile(r"^Ran (\d+) tests? in")
PYTHON_BAD = re.compile(r"(?:failures|errors|skipped|unexpected successes)=(\d+)")

Counts = dict[str, list[int]]


def of_rust(text: str) -> Counts:
    """Unit tests by crate, the integration tests by their module."""
    counts: Counts = defaultdict(lambda: [0, 0])
    binary = "rust"
    for line in text.splitlines():
        if found := BINARY.match(line):
            binary = f"{found[3]} (docs)" if found[3] else found[2].replace("_", "-")
        elif found := TEST.match(line):
            area = f"it/{found[1].split('::')[0]}" if binary == "it" else binary
            counts[area][found[2] != "ok"] += 1
    return counts


def of_python(text: str) -> Counts:
    """What unittest says in its last lines."""
    ran = sum(int(found[1]) for line in text.splitlines() if (found := PYTHON.match(line)))
    last = text.strip().splitlines()[-1] if text.strip() else ""
    bad = sum(map(int, PYTHON_BAD.findall(last)))
    return {"tools": [ran - bad, bad]}


def of_schemathesis(folder: Path) -> Counts:
    """One test an operation, from the JUnit reports."""
    passed = failed = 0
    for report in sorted(folder.glob("api-*.xml")):
        for case in xml.parse(report).iter("testcase"):
            bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
            passed, failed = passed + (not bad), failed + bad
    return {"api (schemathesis)": [passed, failed]}


def of_playwright(path: Path) -> Counts:
    """One test a project and title, from the JSON report, by file."""
    counts: Counts = defaultdict(lambda: [0, 0])

    def walk(suite: dict, file: str) -> None:
        file = suite.get("file") or file
        for spec in suite.get("specs", []):
            for test in spec["tests"]:
                counts[f"browser/{Path(file).name.split('.')[0]}"][test["status"] != "expected"] += 1
        for inner in suite.get("suites", []):
            walk(inner, file)

    for suite in json.loads(path.read_text())["suites"]:
        walk(suite, "")
    return counts


def of_node(path: Path) -> Counts:
    """One test a case of the JUnit report; Node 20 does not say of which file."""
    passed = failed = 0
    for case in xml.parse(path).iter("testcase"):
        bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
        passed, failed = passed + (not bad), failed + bad
    return {"peers": [passed, failed]}


READERS = {
    "rust": ("rust.log", lambda path: of_rust(path.read_text(errors="replace"))),
    "tools": ("tools.log", lambda path: of_python(path.read_text(errors="replace"))),
    "api": (".", of_schemathesis),
    "peers": ("peers.xml", of_node),
    "browser": ("browser.json", of_playwright),
}


def collected(folder: Path) -> Counts:
    """All areas; a stage's exit status lies beside its log as `STAGE.status`."""
    total: Counts = {}
    for stage, (name, reader) in READERS.items():
        status = folder / f"{stage}.status"
        if not status.exists():
            continue
        found = reader(folder / name) if (folder / name).exists() else {}
        ran = any(sum(row) for row in found.values())
        total.update(found if ran else {})
        if status.read_text().strip() != "0" and not any(failed for _, failed in found.values()):
            total[f"{stage} (the runner itself)"] = [0, 1]
        elif not ran:
            total[f"{stage} (ran no test)"] = [0, 1]
    return total


def main() -> int:
    counts = collected(Path(sys.argv[1]))
    width = max(map(len, counts), default=0)
    for area, (passed, failed) in counts.items():
        print(f"  {area:<{width}}  {passed:>5} passed  {failed:>3} failed")
    passed, failed = (sum(row[place] for row in counts.values()) for place in (0, 1))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
