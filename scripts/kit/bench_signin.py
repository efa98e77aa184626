"""What signing in costs: rate, memory under a flood, and whether time tells who has an account.

Each sign-in comes from an address of its own (127/8) over TLS, with a header of a proxy: the server
takes it for a visitor from elsewhere and not for somebody at the box, who has a turn of their own.
"""

import concurrent.futures
import http.client
import json
import ssl
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kit import client  # noqa: E402
from kit.measure import judged  # noqa: E402
from kit.server import Server  # noqa: E402

PARALLEL = 200
TRIES = 500
PLACES = 32  # PASSWORD_PLACES_MAX
RUNS = 5
HASH_KIB = 19 * 1024
HASHES_AT_ONCE = 2
SLACK_KIB = 10_000_000 // 1024
GAP_SHARE = 0.02
GAP_MS = 1.0
WRONG = "not the password of anybody"


@dataclass
class Told:
    """What came back for one sign-in, and after how long."""

    status: int
    code: str
    milliseconds: float


def place(number: int) -> str:
    """An address of this machine for each number up to 60,000."""
    return f"127.{1 + number // 250 // 250}.{number // 250 % 250}.{1 + number % 250}"


def tls(data: Path) -> ssl.SSLContext:
    """Trusts the box's own authority and nothing else."""
    context = ssl.create_default_context(cafile=str(data / "tls" / "ca.pem"))
    # The box's certificate names its addresses; the authority's constraints are checked as ever.
    return context


class Visitor:
    """One place that signs in; its connection is made before anything is measured."""

    def __init__(self, port: int, context: ssl.SSLContext, source: str):
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context,
                                                      source_address=(source, 0))
        self.connection.connect()
        self.port = port

    def sign_in(self, name: str, password: str) -> Told:
        body = json.dumps({"name": name, "password": password})
        headers = {"Content-Type": "application/json", "Via": "1.1 bench"}
        began = time.perf_counter()
        self.connection.request("POST", "/api/v1/signin", body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        took = (time.perf_counter() - began) * 1000
        said = json.loads(content)
        return Told(answer.status, said.get("code") or said.get("step", ""), took)

    def close(self) -> None:
        self.connection.close()


def memory_kib(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise RuntimeError(f"/proc/{pid}/status does not tell {field}")


def forget_peak(pid: int) -> None:
    """The kernel counts the peak anew from here (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def flood(server: Server, context: ssl.SSLContext, first: int) -> tuple[float, list[Told]]:
    """PARALLEL right passwords at once, each from its own place: seconds, and what came back."""
    visitors = [Visitor(server.https_port, context, place(first + number)) for number in range(PARALLEL)]
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        told = list(pool.map(lambda visitor: visitor.sign_in(client.NAME, client.PASSWORD), visitors))
    took = time.perf_counter() - began
    for visitor in visitors:
        visitor.close()
    return took, told


def floods(server: Server, context: ssl.SSLContext) -> list[tuple[str, bool]]:
    """Rate and memory of RUNS floods."""
    pid = server.process.pid
    rates, peaks, refused = [], [], 0
    time.sleep(2)
    idle = memory_kib(pid, "VmRSS")
    for run in range(RUNS):
        forget_peak(pid)
        took, told = flood(server, context, 1000 + run * PARALLEL)
        peaks.append(memory_kib(pid, "VmHWM"))
        looked_at = sum(1 for one in told if one.status == 200)
        busy = sum(1 for one in told if one.status == 503)
        if looked_at + busy != PARALLEL or looked_at == 0:
            raise RuntimeError(f"neither signed in nor told to come back: {told}")
        refused += busy
        rates.append(looked_at / took)
    target = idle + HASHES_AT_ONCE * HASH_KIB + SLACK_KIB
    return [
        judged("signin_rate", statistics.median(rates), "per_s", "none", True),
        judged("signin_told_to_come_back", refused, f"of_{RUNS * PARALLEL}", "none", True),
        judged("signin_memory_idle", idle, "KiB", "none", True),
        judged("signin_memory_200_parallel", max(peaks), "KiB", f"<={target}", max(peaks) <= target),
    ]


def sign_in_rightly(visitor: Visitor) -> None:
    told = visitor.sign_in(client.NAME, client.PASSWORD)
    if told.status != 200:
        raise RuntimeError(f"a right password was refused: {told}")


def gap(server: Server, context: ssl.SSLContext) -> list[tuple[str, bool]]:
    """Wrong passwords for a known and for unknown names, in turns. They come from as many places as
    the server remembers that a password was right from: these do not wait for wrong tries from
    elsewhere, and each try is the first of its place since the password was right there again."""
    visitors = [Visitor(server.https_port, context, place(20_000 + n)) for n in range(PLACES)]
    for visitor in visitors:
        sign_in_rightly(visitor)
    known, unknown = [], []
    for number in range(TRIES):
        visitor = visitors[number % PLACES]
        sign_in_rightly(visitor)
        # Whoever is first in a pair changes, so that no order favours one.
        pairs = [(client.NAME, known), (f"nobody{number:04d}", unknown)]
        for name, times in pairs if number % 2 else reversed(pairs):
            told = visitor.sign_in(name, WRONG)
            if (told.status, told.code) != (401, "wrong_name_or_password"):
                raise RuntimeError(f"{name} was answered otherwise: {told}")
            times.append(told.milliseconds)
    for visitor in visitors:
        visitor.close()
    medians = statistics.median(known), statistics.median(unknown)
    difference = abs(medians[0] - medians[1])
    target = max(GAP_MS, GAP_SHARE * max(medians))
    return [
        judged("signin_known_user_median", medians[0], "ms", "none", True),
        judged("signin_unknown_user_median", medians[1], "ms", "none", True),
        judged("signin_known_unknown_gap", difference, "ms", f"<={target:.2f}", difference <= target),
    ]


def main() -> int:
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        media = Path(folder) / "media"
        media.mkdir()
        with Server([binary], Path(folder), media) as server:
            client.claim(client.Client(server.url), server.data)
            context = tls(server.data)
            figures = floods(server, context) + gap(server, context)
    print("\n" + "\n".join(line for line, _ in figures))
    return 0 if all(ok for _, ok in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
