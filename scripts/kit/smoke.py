#!/usr/bin/env python3
"""Serve, claim, scan and a range, on one binary. Prints a line a check; fails at the first.

    smoke.py ARCH BINARY MEDIA
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit import client, server  # noqa: E402

# A parser of foreign bytes is emulated, and so is Argon2: give them time.
PATIENCE_S = 240
FIRST, LENGTH = 1_000, 70_000


def expect(holds: bool, sentence: str) -> None:
    if not holds:
        raise RuntimeError(sentence)


def scan(browser: client.Client, media: Path) -> tuple[int, int]:
    """Adds a library of each kind; returns how many items were found, how many files failed."""
    items = problems = 0
    for name, kind in (("Films", "films"), ("Series", "series"), ("Music", "music"), ("Photos", "photos")):
        library = client.add_library(browser, name, kind, media / name)
        row = client.wait_for_scan(browser, library, PATIENCE_S)
        items, problems = items + row["items"], problems + row["scan"]["problems"]
    return items, problems


def compare_range(browser: client.Client, media: Path) -> int:
    """Plays a film by its link and compares a range of it with the file, byte for byte."""
    film = browser.get("/api/v1/search?q=tides")["items"][0]
    link = browser.post(f"/api/v1/items/{film['id']}/play")["url"]
    last = FIRST + LENGTH - 1
    status, headers, body = browser.raw("GET", link, headers={"Range": f"bytes={FIRST}-{last}"})
    file = next((media / "Films").rglob("Sample Tides*.mp4"))
    content = file.read_bytes()
    expect(status == 206, f"a range request was answered with {status}")
    expect(headers["content-range"] == f"bytes {FIRST}-{last}/{len(content)}",
           f"the range is said to be {headers['content-range']}")
    expect(body == content[FIRST : FIRST + LENGTH], "the range differs from the file")
    return len(body)


def main() -> int:
    arch, binary, media = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    ok = lambda sentence: print(f"ok   {arch}: {sentence}", flush=True)
    with tempfile.TemporaryDirectory(prefix="stead-smoke-") as folder:
        one = server.Server([binary], Path(folder), media, PATIENCE_S)
        try:
            ok(f"answers {one.start():.1f} s after its start")
            browser = client.Client(one.url, PATIENCE_S)
            began = time.monotonic()
            client.claim(browser, one.data)
            ok(f"claimed in {time.monotonic() - began:.1f} s")
            began = time.monotonic()
            items, problems = scan(browser, media)
            expect(problems == 0, f"{problems} of the sample files could not be read")
            ok(f"scanned the sample library: {items} items in {time.monotonic() - began:.1f} s")
            ok(f"a range of {compare_range(browser, media)} bytes is the file's, byte for byte")
            one.stop()
            expect(one.process.returncode == 0, f"it ended with {one.process.returncode} at SIGTERM")
            ok("ended in order")
        except Exception as failure:
            print(f"stead: the smoke test on {arch} failed: {failure}\n{one.tail()}", file=sys.stderr)
            return 1
        finally:
            one.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
