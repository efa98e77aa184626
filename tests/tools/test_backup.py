#!/usr/bin/env python3
"""A backup is an age file: another implementation of the format, Debian's `age`, opens it."""

import json
import os
import pty
import sqlite3
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from kit import client, server  # noqa: E402

BINARY = os.environ.get("STEAD_BIN")
WORDS = "a horse of another colour"


def opened(sealed: Path, words: str) -> tuple[int, Path]:
    """What `age` makes of it, and its exit code: it reads the words from a terminal alone."""
    plain = sealed.with_suffix(".db")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("age", ["age", "--decrypt", "--output", str(plain), str(sealed)])
    asked = b""
    try:
        while b"passphrase" not in asked:
            asked += os.read(terminal, 1024)
        os.write(terminal, words.encode() + b"\n")
        while os.read(terminal, 1024):
            pass
    except OSError:
        pass  # The terminal ends with the program.
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), plain


@unittest.skipUnless(BINARY, "STEAD_BIN names no binary")
class BackupTest(unittest.TestCase):
    """One server, and one backup of it."""

    def test_another_program_opens_a_backup(self):
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            (work / "media").mkdir()
            with server.Server([BINARY], work, work / "media") as box:
                browser = client.Client(box.url)
                client.claim(browser, box.data)
                body = json.dumps({"words": WORDS}).encode()
                status, _, made = browser.raw(
                    "POST", "/api/v1/backup", body, {"Content-Type": "application/json"})
            self.assertEqual(status, 200, made[:200])
            sealed = work / "backup.age"
            sealed.write_bytes(made)
            self.assertNotEqual(opened(sealed, "a horse of the same colour")[0], 0)
            code, plain = opened(sealed, WORDS)
            self.assertEqual(code, 0)
            accounts = sqlite3.connect(plain)
            self.assertEqual(accounts.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            names = accounts.execute("SELECT name FROM user").fetchall()
            self.assertEqual(names, [(client.NAME,)])
            self.assertEqual(accounts.execute("SELECT count(*) FROM session").fetchall(), [(0,)])
            carried = dict(accounts.execute("SELECT name, content FROM carried"))
            self.assertEqual(carried["ca.pem"], (box.data / "tls" / "ca.pem").read_bytes())


if __name__ == "__main__":
    unittest.main()
