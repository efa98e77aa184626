#!/usr/bin/env python3
"""docs/updates.md, "A new authority": after each step a box takes what it should, and nothing else."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from kit import bundle
folder = Path(sys.argv[2])
for name in ("kernel", "root"):
    (folder / name).write_bytes(os.urandom(65536))
for name in ("old", "new"):
    authority = bundle.Authority(folder / name)
    bundle.write(folder / f"{name}.raucb", folder / "kernel", folder / "root", "1.0.0", "stead-test", authority, folder)
"""


class RotationTest(unittest.TestCase):
    """Two authorities, an update signed by a signer of each, and the keyrings of the procedure."""

    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.kept.cleanup)
        cls.folder = Path(cls.kept.name)
        without = {name: value for name, value in os.environ.items() if not name.startswith("STEAD_SIGN_")}
        done = subprocess.run([sys.executable, "-B", "-c", MAKE, ROOT / "image", cls.folder], text=True,
                              capture_output=True, check=False, env=without)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        old, new = ((cls.folder / name / "ca.pem").read_text() for name in ("old", "new"))
        for name, text in (("before", old), ("between", old + new), ("after", new)):
            (cls.folder / f"{name}.pem").write_text(text)

    def takes(self, keyring: str, signed_by: str) -> bool:
        """Whether a box with this keyring takes the update that this one's signer signed."""
        done = subprocess.run(["rauc", "info", f"--keyring={self.folder / keyring}.pem",
                               self.folder / f"{signed_by}.raucb"], text=True, capture_output=True, check=False)
        if done.returncode != 0:
            self.assertIn("signature verification failed", done.stderr)
        return done.returncode == 0

    def test_each_step_takes_what_it_should(self):
        told = {(keyring, signer): self.takes(keyring, signer)
                for keyring in ("before", "between", "after") for signer in ("old", "new")}
        self.assertEqual(told, {
            ("before", "old"): True, ("before", "new"): False,
            ("between", "old"): True, ("between", "new"): True,
            ("after", "old"): False, ("after", "new"): True,
        })


if __name__ == "__main__":
    unittest.main()
