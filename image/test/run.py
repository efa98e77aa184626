#!/usr/bin/env python3
"""The image in QEMU, case by case. Called by scripts/test-image.

    run.py ARCH IMAGE FOLDER [CASE…]

Without a case: all that have not passed with this image yet. Each case's seconds are printed, and the
serial log of one that fails stays in FOLDER.
"""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bench as shared  # noqa: E402
import cases  # noqa: E402
from kit import tables  # noqa: E402


def one(case: cases.Case) -> str | None:
    """Runs a case; returns what it says when it fails."""
    case.bench.log(case.name).unlink(missing_ok=True)
    try:
        case.run()
    except Exception as failure:
        said = str(failure) if isinstance(failure, AssertionError) else traceback.format_exc()
        return f"{said}\n     serial log: {case.bench.log(case.name)}"
    finally:
        for left in case.bench.folder.glob(f"{case.name}*.disk"):
            left.unlink()
    case.bench.log(case.name).unlink(missing_ok=True)
    return None


def main() -> int:
    """Runs what is asked for; the exit says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("arch")
    parser.add_argument("image", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("case", nargs="*")
    parser.add_argument("--tries", type=int, default=3, help="tries of an unconfirmed slot: 1 where a run must be short")
    parser.add_argument("--stead", type=Path, default=tables.IMAGE.parent / "target/debug/stead",
                        help="the program for this machine, which looks for boxes")
    asked = parser.parse_args()
    cases.TRIES = asked.tries
    asked.folder.mkdir(parents=True, exist_ok=True)
    bench = shared.Bench(tables.board(asked.arch), asked.image, asked.folder, asked.stead)
    known = {case.__name__: case for case in cases.CASES if asked.arch in case.only}
    unknown = [name for name in asked.case if name not in known]
    if unknown:
        raise SystemExit(f"stead: there is no case {', '.join(unknown)}; these are: {', '.join(known)}")
    image = f"{asked.image.stat().st_mtime_ns}"
    passed = shared.passed(asked.folder)
    counts = {"passed": 0, "failed": 0}
    for name, case in known.items():
        if name not in asked.case if asked.case else case.by_name:
            continue
        if not asked.case and passed.get(name) == image:
            counts["passed"] += 1
            print(f"ok   {asked.arch} {name} (before, with this image)", flush=True)
            continue
        started = time.monotonic()
        said = one(case(bench))
        seconds = time.monotonic() - started
        if said:
            counts["failed"] += 1
            print(f"FAIL {asked.arch} {name} ({seconds:.0f} s): {said}", flush=True)
        else:
            counts["passed"] += 1
            passed[name] = image
            (asked.folder / "passed.json").write_text(json.dumps(passed))
            print(f"ok   {asked.arch} {name} ({seconds:.0f} s)", flush=True)
    for figure in bench.figures:
        print(figure)
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
