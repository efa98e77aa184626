#!/usr/bin/env python3
"""Runs the benches and prints the figures last. Called by scripts/bench inside its namespace.

    bench.py BINARY CORPUS RUNS
"""

import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit import client, measure, peers, server  # noqa: E402
from kit.measure import figure, median  # noqa: E402

LIBRARIES = (("Films", "films"), ("Series", "series"), ("Music", "music"), ("Photos", "photos"))
PATIENCE_S = 900
BIG_MIB = 512
SAME_BUILD_S = 3600
TITLE = re.compile(r"(\w+ \w+ \d{6,})")


def until(holds: Callable[[], bool], what: str, step_s: float = 0.02) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not happen in {PATIENCE_S} s")
        time.sleep(step_s)


def say(sentence: str) -> None:
    print(sentence, flush=True)


def sampled_titles(corpus: Path) -> list[str]:
    """Titles from all over the corpus, which both searches must find."""
    files = sorted(path for path in corpus.rglob("*") if path.suffix in (".mp3", ".flac", ".mkv", ".mp4"))
    found = [TITLE.search(path.stem) for path in files[:: max(1, len(files) // 20)]]
    return [match[1] for match in found if match]


class Stead:
    """One server over the corpus: claimed, indexed, measured."""

    def __init__(self, binary: str, folder: Path, corpus: Path):
        self.corpus = corpus
        self.server = server.Server([binary], folder, corpus)

    def index(self, titles: list[str]) -> float:
        """Starts, claims and indexes; seconds from the first folder to the last title found."""
        self.server.start()
        browser = client.Client(self.server.url)
        client.claim(browser, self.server.data)
        began = time.monotonic()
        made = [client.add_library(browser, name, kind, self.corpus / name) for name, kind in LIBRARIES]
        for library in made:
            client.wait_for_scan(browser, library, PATIENCE_S, 0.05)
        for title in titles:
            until(lambda: self.finds(browser, title), f"'{title}' in search")
        took = time.monotonic() - began
        self.browser = browser
        return took

    @staticmethod
    def finds(browser: client.Client, title: str) -> bool:
        answer = browser.get("/api/v1/search?q=" + title.replace(" ", "%20"))
        return any(title in item["title"] for item in answer["items"])

    def files(self) -> int:
        rows = self.browser.get("/api/v1/libraries")["libraries"]
        return sum(row["scan"]["files_done"] for row in rows)


def dlna_index(peer: peers.MiniDlna, count: int, titles: list[str]) -> tuple[float, float]:
    """Seconds to its first answered page, and from its start to all files found by search."""
    began = time.monotonic()
    peer.start()
    until(peer.answers, "MiniDLNA's first page", 0.002)
    answered = time.monotonic() - began
    until(lambda: peer.files() >= count, "MiniDLNA's index", 0.05)
    for title in titles:
        until(lambda: peer.finds(title), f"'{title}' in MiniDLNA's search")
    return answered, time.monotonic() - began


def indexing(binary: str, corpus: Path, runs: int, work: Path) -> list[str]:
    """Index rate, idle memory and starts, Stead and MiniDLNA in turn on the same warm files."""
    count, titles = measure.warm(corpus), sampled_titles(corpus)
    ours: dict[str, list[float]] = {"rate": [], "pss": [], "start": [], "fresh": []}
    theirs: dict[str, list[float]] = {"rate": [], "pss": [], "start": []}
    for run in range(runs):
        stead = Stead(binary, work / f"stead{run}", corpus)
        try:
            ours["rate"].append(count / stead.index(titles))
            if stead.files() < count:
                raise RuntimeError(f"Stead says {stead.files()} of {count} files were scanned")
            ours["pss"].append(measure.settled_pss_kib(stead.server.process.pid) / 1024)
            stead.server.stop()
            ours["start"].append(stead.server.start() * 1000)
        finally:
            stead.server.stop()
        with server.Server([binary], work / f"fresh{run}", corpus) as fresh:
            fresh.stop()
            ours["fresh"].append(fresh.start() * 1000)
        peer = peers.MiniDlna(work / f"dlna{run}", corpus)
        try:
            _, took = dlna_index(peer, count, titles)
            theirs["rate"].append(count / took)
            theirs["pss"].append(measure.settled_pss_kib(peer.process.pid) / 1024)
            peer.stop()
            began = time.monotonic()
            peer.start()
            until(peer.answers, "MiniDLNA's first page", 0.002)
            theirs["start"].append((time.monotonic() - began) * 1000)
        finally:
            peer.stop()
        say(f"run {run + 1}: Stead {ours['rate'][-1]:.0f} files/s, {ours['pss'][-1]:.1f} MiB; "
            f"MiniDLNA {theirs['rate'][-1]:.0f} files/s, {theirs['pss'][-1]:.1f} MiB")
    return [
        figure("start_to_first_page_unclaimed", median(ours["fresh"]), "ms"),
        figure(f"start_to_first_page_with_{count}_files", median(ours["start"]), "ms"),
        figure(f"start_to_first_page_with_{count}_files_minidlna", median(theirs["start"]), "ms"),
        figure(f"idle_pss_after_{count}_files", median(ours["pss"]), "MiB"),
        figure(f"idle_pss_after_{count}_files_minidlna", median(theirs["pss"]), "MiB"),
        figure(f"index_rate_{count}_files", median(ours["rate"]), "files/s"),
        figure(f"index_rate_{count}_files_minidlna", median(theirs["rate"]), "files/s"),
    ]


def big_film(corpus: Path, folder: Path) -> Path:
    """A film of the corpus with a `free` box at its end: still a film, and large."""
    film = folder / "Large Film (2020)" / "Large Film (2020).mp4"
    film.parent.mkdir(parents=True)
    small = next((corpus / "Films").rglob("*.mp4")).read_bytes()
    size = BIG_MIB << 20
    with open(film, "wb") as out:
        out.write(small + size.to_bytes(4, "big") + b"free")
        block = bytes(range(256)) * 4096
        for _ in range(BIG_MIB - 1):
            out.write(block)
        out.write(block[: (1 << 20) - 8])
    return film


def throughput(binary: str, corpus: Path, runs: int, work: Path) -> list[str]:
    """One film over one connection, http and https, Stead and nginx in turn."""
    film = big_film(corpus, work / "big")
    root = film.parents[1]
    rates: dict[str, list[float]] = {name: [] for name in ("http", "http_nginx", "https", "https_nginx")}
    with server.Server([binary], work / "range", root) as one:
        browser = client.Client(one.url)
        client.claim(browser, one.data)
        client.wait_for_scan(browser, client.add_library(browser, "Films", "films", root))
        item = browser.get("/api/v1/search?q=large")["items"][0]["id"]
        ports = tuple(server.free_ports(2))
        tls = one.data / "tls"
        with peers.Nginx(work / "nginx", root, ports, tls / "leaf.pem", tls / "leaf.key") as nginx:
            nginx.wait()
            path = f"{film.parent.name}/{film.name}".replace(" ", "%20")
            for _ in range(runs + 1):
                link = browser.post(f"/api/v1/items/{item}/play")["url"]
                insecure = ("--http1.1", "-k")
                rates["http"].append(measure.download_mib_s(one.url + link, "--http1.1"))
                rates["http_nginx"].append(measure.download_mib_s(f"http://127.0.0.1:{ports[0]}/{path}", "--http1.1"))
                rates["https"].append(measure.download_mib_s(f"https://127.0.0.1:{one.https_port}{link}", *insecure))
                rates["https_nginx"].append(measure.download_mib_s(f"https://127.0.0.1:{ports[1]}/{path}", *insecure))
    # The first round only warms the file and the connections' code.
    return [figure(f"range_throughput_{name}", median(values[1:]), "MiB/s") for name, values in rates.items()]


def main() -> int:
    binary, corpus, runs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    figures = [figure("binary_size_x86_64", Path(binary).stat().st_size, "bytes")]
    for arch in ("aarch64", "armv7"):
        # Built along with this one or not told: an old one would be of other sources.
        other = Path(binary).with_name(f"stead-{arch}")
        if other.exists() and other.stat().st_mtime > Path(binary).stat().st_mtime - SAME_BUILD_S:
            figures.append(figure(f"binary_size_{arch}", other.stat().st_size, "bytes"))
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        figures += throughput(binary, corpus, runs, Path(folder))
        figures += indexing(binary, corpus, runs, Path(folder))
    print("\n" + "\n".join(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
