"""What a newcomer is told: `make run` on a machine that lacks something ends with a sentence.

The scripts see a PATH of this test's making, with stand-ins for what a machine may have or lack.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ORDINARY = ("bash", "cat", "cut", "date", "dirname", "env", "grep", "head", "mkdir", "sed", "sort")
# The stand-ins: a user who is not root, on a machine that has all that is asked for.
WHOLE = {
    "id": "echo 1000",
    "cargo": "exit 0",
    "rustc": "echo 'rustc 1.999.0 (0123456 2026-01-01)'",
    "rustup": "exit 0",
    "node": "echo 20.99.0",
    "npm": "exit 0",
    "dpkg-query": 'for name; do case $name in -*|*Package*) ;; *) echo "$name installed" ;; esac; done',
}
LINE = "apt-get update && apt-get install --no-install-recommends ca-certificates ffmpeg gcc libc6-dev python3"


class Newcomer(unittest.TestCase):
    def setup_with(self, **changed: str | None) -> tuple[int, str]:
        """Runs `scripts/setup run` with other stand-ins; None leaves one out."""
        with tempfile.TemporaryDirectory() as folder:
            tools = Path(folder, "bin")
            tools.mkdir()
            for name in ORDINARY:
                (tools / name).symlink_to(shutil.which(name))
            named = {name.replace("_", "-"): body for name, body in changed.items()}
            for name, body in (WHOLE | named).items():
                if body is not None:
                    (tools / name).write_text(f"#!/bin/sh\n{body}\n")
                    (tools / name).chmod(0o755)
            ended = subprocess.run(
                [ROOT / "scripts/setup", "run"], stdin=subprocess.DEVNULL, text=True, timeout=60,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                env={"PATH": str(tools), "HOME": folder})
        return ended.returncode, ended.stdout

    def test_nothing_missing_is_nothing_said(self) -> None:
        self.assertEqual(self.setup_with(), (0, ""))

    def test_each_tool_that_is_missing_or_old_is_a_sentence(self) -> None:
        cases = {
            "Rust is missing. Install": {"cargo": None},
            "Rust is there but does not start.": {"rustc": "exit 1"},
            "Rust 1.63.0 is too old: ": {"rustc": "echo rustc 1.63.0"},
            "Node is missing. Install": {"node": None},
            "Node is there but does not start.": {"node": "exit 1"},
            "Node 18.20.4 is too old: ": {"node": "echo 18.20.4"},
            "npm is missing, which comes with Node.": {"npm": None},
            "this needs Debian 12": {"dpkg_query": None},
        }
        for sentence, changed in cases.items():
            with self.subTest(sentence):
                code, told = self.setup_with(**changed)
                self.assertEqual(code, 1)
                self.assertTrue(told.startswith(f"\nstead: {sentence}"), told)
                self.assertEqual(told.count("\n"), 2, told)

    def test_without_a_right_to_install_the_exact_line_is_printed(self) -> None:
        refusing = "echo 'sudo: a password is required' >&2; exit 1"
        for sudo in (None, refusing):
            code, told = self.setup_with(dpkg_query="exit 1", sudo=sudo)
            self.assertEqual((code, told.splitlines()[-1].strip()), (1, LINE))

    def test_with_sudo_apt_is_asked_for_what_is_missing_and_nothing_else(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            asked = Path(folder, "asked")
            lacking = WHOLE["dpkg-query"].replace("echo", f'[ "$name" = ffmpeg ] && [ ! -e {asked} ] || echo')
            code, told = self.setup_with(dpkg_query=lacking, sudo='[ "$1" != -n ] || shift; exec "$@"',
                                         apt_get=f'case $1 in install) echo "$*" >{asked} ;; esac')
            self.assertEqual((code, told.count("\n")), (0, 1), told)
            self.assertTrue(asked.read_text().endswith("--no-install-recommends ffmpeg\n"))


class Run(unittest.TestCase):
    def test_it_speaks_at_once_and_a_taken_port_is_told_before_the_build(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            began = time.monotonic()
            with subprocess.Popen(["make", "--no-print-directory", "run"], cwd=ROOT, text=True,
                                  env=os.environ | {"HTTPS_PORT": str(port)}, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
                first = run.stdout.readline()
                self.assertLess(time.monotonic() - began, 5)
                told = run.communicate(timeout=60)[1]
        self.assertTrue(first.startswith("Stead: making ready."), first)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(f"stead: port {port} is taken", told)


if __name__ == "__main__":
    unittest.main()
