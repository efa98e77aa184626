#!/usr/bin/env python3
"""The image in QEMU, case by case. Called by scripts/test-image.

    run.py ARCH IMAGE FOLDER [CASE…]

Without a case: all that have not passed yet, as they are now and with this image. Some run side by side: a box that
starts keeps one processor busy, and one that waits for a watchdog none. Each case's seconds are printed, the figures
of all that have passed at the end, and the serial log of one that fails stays in FOLDER.
"""

import argparse
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import bench as shared  # noqa: E402
import cases  # noqa: E402
from kit import tables  # noqa: E402


# Each has a gigabyte of memory, and disks of three.
JOBS_MAX = 4


def one(case: cases.Case) -> tuple[float, str | None]:
    """Runs a case; returns its seconds, and what it says when it fails."""
    started = time.monotonic()
    case.bench.log(case.name).unlink(missing_ok=True)
    try:
        case.run()
    except (Exception, SystemExit) as failure:
        said = str(failure) if isinstance(failure, AssertionError) else traceback.format_exc()
        return time.monotonic() - started, f"{said}\n     serial log: {case.bench.log(case.name)}"
    finally:
        for left in case.bench.folder.glob(f"{case.name}*.disk"):
            left.unlink()
    case.bench.log(case.name).unlink(missing_ok=True)
    return time.monotonic() - started, None


def main() -> int:
    """Runs what is asked for; the exit says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("arch")
    parser.add_argument("image", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("case", nargs="*")
    parser.add_argument("--tries", type=int, default=3, help="tries of an unconfirmed slot: 1 where a run must be short")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, JOBS_MAX), help="how many cases run side by side")
    parser.add_argument("--stead", type=Path, default=tables.IMAGE.parent / "target/debug/stead",
                        help="the program for this machine, which looks for boxes")
    asked = parser.parse_args()
    cases.TRIES = asked.tries
    asked.folder.mkdir(parents=True, exist_ok=True)
    bench = shared.Bench(tables.board(asked.arch), asked.image, asked.folder, asked.stead)
    known = {case.__name__: case for case in cases.CASES if asked.arch in case.only}
    left_out = [name for name, case in known.items() if asked.arch in case.by_name]
    unknown = [name for name in asked.case if name not in known]
    if unknown:
        raise SystemExit(f"stead: there is no case {', '.join(unknown)}; these are: {', '.join(known)}")
    passed = shared.Passed(asked.folder, asked.image, asked.tries)
    figures: list[str] = []
    counts = {"passed": 0, "failed": 0}
    begun = time.monotonic()
    to_run = []
    for name, case in known.items():
        if name not in asked.case if asked.case else name in left_out:
            continue
        before = None if asked.case else passed.figures(name)
        if before is not None:
            counts["passed"] += 1
            figures.extend(before)
            print(f"ok   {asked.arch} {name} (before, with this image)", flush=True)
        else:
            to_run.append(case(bench))

    def took(case: cases.Case, seconds: float, said: str | None) -> None:
        figures.extend(case.figures)
        if said:
            counts["failed"] += 1
            print(f"FAIL {asked.arch} {case.name} ({seconds:.0f} s): {said}", flush=True)
        else:
            counts["passed"] += 1
            passed.add(case.name, case.figures)
            print(f"ok   {asked.arch} {case.name} ({seconds:.0f} s)", flush=True)

    # By itself: its figures are those of a box, and most others begin with the disk that it leaves.
    if to_run and isinstance(to_run[0], cases.FirstBoot):
        took(to_run[0], *one(to_run.pop(0)))
    with ThreadPoolExecutor(asked.jobs) as pool:
        running = {pool.submit(one, case): case for case in to_run}
        try:
            for done in as_completed(running):
                took(running[done], *done.result())
        except KeyboardInterrupt:
            print("stead: no further case begins; those that run take what they made along when they end", flush=True)
            pool.shutdown(cancel_futures=True)
            raise
    for figure in figures:
        print(figure)
    if not asked.case:
        print(f"by name only: {', '.join(left_out)}")
    minutes = (time.monotonic() - begun) / 60
    print(f"{counts['passed']} passed, {counts['failed']} failed in {minutes:.0f} min, {asked.jobs} side by side")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
