"""What the board of a large server costs: ten thousand people, a page at a time, over HTTP."""

import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kit import client  # noqa: E402
from kit.measure import judged  # noqa: E402
from kit.server import Server  # noqa: E402

PEOPLE = 10_000
GROUPS = 50
RUNS = 9
PAGE_MS = 100
PAGES = {
    "by_name": "limit=50",
    "last_page": f"offset={PEOPLE - 50}&limit=50",
    "worst_first": "sort=state&limit=50",
    "most_blocked_of_a_state": "sort=blocked&descending=true&state=blocked,grace&limit=200",
    "by_text": "text=77&limit=50",
}


def id_of(kind: int, number: int) -> bytes:
    return bytes([kind]) + number.to_bytes(15, "big")


def fill(data: Path) -> None:
    """Ten thousand members: a third with an authenticator, each in two groups, some of them refused."""
    accounts = sqlite3.connect(data / "accounts.db", timeout=30)
    with accounts:
        issuer = accounts.execute("SELECT issuer_id FROM user WHERE role = 'owner'").fetchone()[0]
        accounts.executemany("INSERT INTO user_group (id, name, folded, created_ms) VALUES (?, ?, ?, 0)",
                             [(id_of(3, g), f"Group {g}", f"group {g}") for g in range(GROUPS)])
        for n in range(PEOPLE):
            account, user, name = id_of(1, n), id_of(2, n), f"Person {n:05d}"
            accounts.execute("INSERT INTO account (id, login, name, password_hash, created_ms)"
                             " VALUES (?, ?, ?, 'x', 0)", (account, name.lower(), name))
            accounts.execute("INSERT INTO user (id, issuer_id, sub, account_id, name, role, created_ms, came_ms)"
                             " VALUES (?, ?, ?, ?, ?, 'member', 0, ?)",
                             (user, issuer, account.hex(), account, name, n if n % 4 else None))
            if n % 3 == 0:
                accounts.execute("INSERT INTO totp (id, account_id, name, secret, last_step, created_ms)"
                                 " VALUES (?, ?, 'Phone', x'00', 0, 0)", (id_of(4, n), account))
            for group in (n % GROUPS, (n * 7 + 1) % GROUPS):
                accounts.execute("INSERT OR IGNORE INTO group_member (group_id, user_id, created_ms)"
                                 " VALUES (?, ?, 0)", (id_of(3, group), user))
            if n % 5 == 0:
                hour = int(time.time() // 3600) - n % 700
                accounts.execute("INSERT INTO decision (user_id, kind, door, reason, requirement, hour, times,"
                                 " first_ms, last_ms, is_logged) VALUES (?, 'denied', 'api',"
                                 " 'enrolment_required', 1, ?, ?, 0, ?, 1)",
                                 (user, hour, 1 + n % 40, hour * 3_600_000))
    accounts.close()


def main() -> int:
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        media = Path(folder) / "media"
        media.mkdir()
        with Server([binary], Path(folder), media) as server:
            owner = client.Client(server.url)
            client.claim(owner, server.data)
            fill(server.data)
            wish = {"about": "server", "level": "mfa", "grace_days": 14}
            owner.post("/api/v1/policy/requirements", wish)
            wish = {"about": "group", "group_id": id_of(3, 1).hex(), "level": "mfa", "grace_days": 7}
            owner.post("/api/v1/policy/requirements", wish)
            total = owner.get("/api/v1/policy/board?limit=1")["total"]
            if total != PEOPLE + 1:
                raise RuntimeError(f"{total} people are on the board")
            figures = []
            for name, query in PAGES.items():
                took = []
                for _ in range(RUNS):
                    began = time.perf_counter()
                    owner.get(f"/api/v1/policy/board?{query}")
                    took.append((time.perf_counter() - began) * 1000)
                median = statistics.median(took)
                figures.append(judged(f"board_{PEOPLE}_{name}", median, "ms", f"<{PAGE_MS}", median < PAGE_MS))
    print("\n" + "\n".join(line for line, _ in figures))
    return 0 if all(ok for _, ok in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
