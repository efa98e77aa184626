#!/usr/bin/env python3
"""The image's tools: lists of modules that mean nothing are told."""

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def of_the_image() -> tuple:
    """The image's modules. Their package is called as that of scripts/ is, which other tests have in this process."""
    def others() -> dict:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "kit"}

    kept, paths = others(), list(sys.path)
    sys.path.insert(0, str(ROOT / "image"))
    try:
        from kit import kernel, tables
        return kernel, tables
    finally:
        others()
        sys.modules.update(kept)
        sys.path[:] = paths


kernel, tables = of_the_image()


class ModulesTest(unittest.TestCase):
    """Which modules a list chooses of a kernel."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "modules.dep").write_text(
            "kernel/fs/fuse/fuse.ko:\nkernel/fs/exfat/exfat.ko: kernel/fs/nls/nls.ko\nkernel/fs/nls/nls.ko:\nkernel/fs/ntfs3.ko:\n")
        (self.folder / "modules.builtin").write_text("kernel/drivers/clk/clk.ko\n")

    def test_a_line_chooses_a_module_or_a_folder_of_them_with_what_they_need(self):
        found = kernel.chosen(self.folder, ["fs/exfat", "fs/fuse/fuse.ko", "drivers/clk"])
        self.assertEqual(found, {"kernel/fs/exfat/exfat.ko", "kernel/fs/nls/nls.ko", "kernel/fs/fuse/fuse.ko"})

    def test_a_line_that_means_nothing_stops_the_build_and_is_named(self):
        for line in ("fs/ntfs3", "fs/fus", "fs/fuse/fuse", "drivers/clk/clk", "kernel/fs/fuse"):
            with self.assertRaisesRegex(SystemExit, f"lines of its list of modules name: {line}\\."):
                kernel.chosen(self.folder, ["fs/fuse", line])

    def test_a_line_of_one_architecture_is_of_no_other(self):
        path = self.folder / "modules.list"
        path.write_text("fs/fuse\nfs/exfat\tarm64\nfs/nls\tarmhf\n")
        self.assertEqual(kernel.listed(path, "arm64"), ["fs/fuse", "fs/exfat"])
        self.assertEqual(kernel.listed(path, "armhf"), ["fs/fuse", "fs/nls"])
        path.write_text("fs/fuse\tarm46\n")
        with self.assertRaisesRegex(SystemExit, "arm46"):
            kernel.listed(path, "arm64")

    def test_the_image_has_what_each_disk_of_people_is_read_by(self):
        for arch in tables.architectures():
            lines = kernel.listed(tables.IMAGE / "modules.list", arch)
            # ntfs-3g by fuse; names on FAT and exFAT by nls.
            for wanted in ("fs/ext4", "fs/fat", "fs/exfat", "fs/fuse", "fs/nls", "fs/btrfs", "fs/xfs"):
                self.assertIn(wanted, lines)


if __name__ == "__main__":
    unittest.main()
