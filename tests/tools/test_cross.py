#!/usr/bin/env python3
"""cross.toml, which no build here reads: it is for people with a container engine."""

import re
import tomllib
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What cross 0.2.5 reads of a target; it passes over everything else.
KNOWN = {"build-std", "dockerfile", "env", "image", "pre-build", "runner", "xargo", "zig"}


class CrossTest(unittest.TestCase):
    def setUp(self):
        self.config = tomllib.loads((ROOT / "cross.toml").read_text())

    def test_it_names_the_targets_that_are_built(self):
        built = re.findall(r"^\w+\) target=(\S+) ;;$", (ROOT / "scripts/cross").read_text(), re.MULTILINE)
        self.assertIn("aarch64-unknown-linux-musl", built)
        self.assertIn("armv7-unknown-linux-musleabihf", built)
        self.assertEqual(sorted(self.config["target"]), sorted(built))

    def test_it_says_nothing_that_is_passed_over(self):
        self.assertEqual(set(self.config), {"target"})
        for target, keys in self.config["target"].items():
            self.assertLessEqual(set(keys), KNOWN, target)

    def test_each_image_is_the_one_of_its_target_and_stays_the_same(self):
        for target, keys in self.config["target"].items():
            self.assertRegex(keys["image"], rf"/{re.escape(target)}:\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
