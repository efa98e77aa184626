#!/usr/bin/env python3
"""The Buildroot tree: its checker sees what is wrong, and its scripts make a disk that is the image's.

What Buildroot would have made is stood in for: a kernel of a few bytes, a root file system of a few
programs of this machine. Tools and scripts are the real ones.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "buildroot"
CHECK = ROOT / "scripts/buildroot-check"
COMMON = TREE / "board/common"
MIB = 1024 * 1024


def table(name: str) -> list[list[str]]:
    """The rows of a table of the image."""
    lines = (ROOT / "image" / name).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def run(*words: object, **more: object) -> str:
    """A tool's answer."""
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words[0]}: {done.stdout}{done.stderr}")
    return done.stdout


class CheckTest(unittest.TestCase):
    """Each mistake is made in a copy, and told."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.project = Path(folder.name)
        for name in ("buildroot", "image", "systemd"):
            shutil.copytree(ROOT / name, self.project / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("LICENSE-MIT", "LICENSE-APACHE", "Cargo.toml"):
            shutil.copy(ROOT / name, self.project / name)

    def told(self) -> str:
        """What the checker says of the copy; empty when it finds nothing."""
        environment = {name: value for name, value in os.environ.items() if name != "BUILDROOT_DIR"}
        done = subprocess.run([CHECK, "--project", self.project], text=True, capture_output=True, check=False,
                              env=environment)
        self.assertEqual(done.returncode != 0, bool(done.stderr), done.stderr)
        return done.stderr

    def change(self, name: str, old: str, new: str) -> None:
        """Makes a mistake."""
        path = self.project / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def test_the_tree_as_it_is_has_nothing_wrong(self):
        self.assertEqual(self.told(), "")

    def test_each_mistake_is_told(self):
        config = "buildroot/configs/stead_rockpro64_defconfig"
        mistakes = [
            ("buildroot/external.desc", "name: STEAD", "name: OTHER", "external.desc must say"),
            ("buildroot/Config.in", "package/stead/Config.in", "package/other/Config.in", "package/other/Config.in"),
            (config, "BR2_PACKAGE_RAUC=y\n", "", "lacks `BR2_PACKAGE_RAUC=y`"),
            (config, "BR2_PACKAGE_RAUC=y\n", "BR2_PACKAGE_RAUC=y\nBR2_PACKAGE_RUAC=y\n", "BR2_PACKAGE_RUAC is not in"),
            (config, "BR2_PACKAGE_RAUC=y\n", "BR2_PACKAGE_RAUC=y\nBR2_PACKAGE_RAUC=y\n", "is set twice"),
            (config, 'SCRIPT_ARGS="rockpro64"', 'SCRIPT_ARGS="clearfog"', "does not hand the scripts"),
            (config, "board/rockpro64/linux.fragment", "board/rockpro65/linux.fragment", "board/rockpro65/linux"),
            (config, 'FIRMWARE_CUSTOM_VERSION_VALUE="v2.14"', 'FIRMWARE_CUSTOM_VERSION_VALUE="v2.15"', "has no hash"),
            ("buildroot/board/clearfog/linux.fragment", "CONFIG_MMC=y", "CNFIG_MMC=y", "sets nothing"),
            ("buildroot/board/boards.tsv", "clearfog\t", "clearfig\t", "does not have the boards"),
            ("buildroot/package/stead/stead.hash", "sha256  f", "sha256  0", "has another hash now"),
            ("buildroot/package/stead/stead.mk", "STEAD_VERSION = 0", "STEAD_VERSION = 9", "is not of version"),
            ("buildroot/package/stead/stead.mk", "/systemd/udev/.", "/systemd/udov/.", "systemd/udov"),
            ("buildroot/symbols.list", "BR2_PACKAGE_RAUC\n", "", "BR2_PACKAGE_RAUC is not in symbols.list"),
        ]
        for name, old, new, words in mistakes:
            with self.subTest(name=name, new=new):
                before = (self.project / name).read_text()
                self.change(name, old, new)
                self.assertIn(words, self.told())
                (self.project / name).write_text(before)

    def test_a_file_of_the_image_that_goes_is_missed(self):
        for name in ("image/stead.txt", "image/stead.toml", "image/rauc/system.conf.in", "image/rootfs", "systemd/sysusers.d"):
            with self.subTest(name=name):
                (self.project / name).rename(self.project / "away")
                self.assertIn(Path(name).name, self.told())
                (self.project / "away").rename(self.project / name)


def stand_in_root(target: Path) -> None:
    """A root file system of a few programs of this machine, with folders as Buildroot's merged ones."""
    for name in ("usr/bin", "usr/lib/modules/6.18.40", "etc/rauc"):
        (target / name).mkdir(parents=True)
    for link, to in (("usr/sbin", "bin"), ("lib", "usr/lib"), ("lib64", "usr/lib")):
        (target / link).symlink_to(to)
    (target / "usr/bin/busybox").write_bytes(b"busybox, which is static")
    shutil.copy("/usr/sbin/blkid", target / "usr/bin/blkid")
    for path in re.findall(r"(/\S+\.so\S*)", run("ldd", "/usr/sbin/blkid")):
        shutil.copy(os.path.realpath(path), target / "usr/lib" / Path(path).name)
    for name in ("dep", "builtin", "order", "builtin.modinfo"):
        (target / f"usr/lib/modules/6.18.40/modules.{name}").write_text("")


class DiskTest(unittest.TestCase):
    """What both scripts make of what Buildroot leaves them."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        base = Path(cls.folder.name)
        cls.images, cls.target = base / "images", base / "target"
        cls.images.mkdir()
        stand_in_root(cls.target)
        run("rsync", "-a", f"{ROOT / 'image/rootfs'}/", cls.target)
        tree = cls.images / "rockchip/rk3399-rockpro64.dtb"
        tree.parent.mkdir()
        for path, content in ((tree, b"tree"), (cls.images / "Image", b"kernel"),
                              (cls.images / "rootfs.squashfs", b"root" * MIB),
                              (cls.images / "idbloader.img", b"first loader"), (cls.images / "u-boot.itb", b"second loader")):
            path.write_bytes(content)
        signer = base / "signer"
        run(sys.executable, "-B", "-c", "import sys; sys.path.insert(0, sys.argv[1]); from kit import bundle; "
            "from pathlib import Path; bundle.make(Path(sys.argv[2]))", ROOT / "image", signer)
        environment = {**os.environ, "TARGET_DIR": str(cls.target), "SOURCE_DATE_EPOCH": "1700000000",
                       "STEAD_SIGN_CERT": str(signer / "cert.pem"), "STEAD_SIGN_KEY": str(signer / "key.pem"),
                       "STEAD_SIGN_KEYRING": str(signer / "ca.pem"), "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        run(COMMON / "post-build.py", cls.target, "rockpro64", env=environment)
        run(COMMON / "post-image.py", cls.images, "rockpro64", env=environment)
        cls.keyring = signer / "ca.pem"

    def part(self, label: str) -> Path:
        """A partition of the disk as a file."""
        start = 0
        for _, name, size, *_ in table("partitions.tsv"):
            if name == label:
                path = self.images / f"{label}.part"
                with (self.images / "stead.img").open("rb") as disk:
                    disk.seek(start * MIB)
                    path.write_bytes(disk.read(int(size) * MIB))
                return path
            start += int(size)
        raise AssertionError(label)

    def test_the_disk_has_the_one_partition_table(self):
        told = json.loads(run("/usr/sbin/sfdisk", "--json", self.images / "stead.img"))["partitiontable"]
        found = [(one["name"], one["start"] * 512, one["size"] * 512) for one in told["partitions"]]
        wanted, start = [], 0
        for number, label, size, *_ in table("partitions.tsv"):
            if int(number):
                wanted.append((label, start * MIB, int(size) * MIB))
            start += int(size)
        self.assertEqual((told["label"], found), ("gpt", wanted))
        bootable = [one["name"] for one in told["partitions"] if "LegacyBIOSBootable" in one.get("attrs", "")]
        self.assertEqual(bootable, [row[1] for row in table("partitions.tsv") if row[4] == "bootable"])

    def test_the_loader_lies_in_the_gap(self):
        with (self.images / "stead.img").open("rb") as disk:
            for offset, words in ((32 * 1024, b"first loader"), (8 * MIB, b"second loader")):
                disk.seek(offset)
                self.assertEqual(disk.read(len(words)), words)

    def test_the_script_of_the_loader_lies_where_the_server_cannot_write(self):
        listed = run("mdir", "-b", "-i", self.part("stead-boot"), "::")
        self.assertEqual(sorted(listed.split()), ["::/stead.toml", "::/stead.txt"])
        script = (self.images / "boot.scr").read_bytes()
        found = self.images / "found.scr"
        run("/usr/sbin/debugfs", "-R", f"dump /boot.scr {found}", self.part("stead-loader"))
        self.assertEqual(found.read_bytes(), script)
        self.assertIn(b"booti ${kernel_addr_r}", script)
        self.assertIsNone(re.search(rb"@[A-Z_]+@", script))

    def test_the_kernel_slot_has_what_the_script_loads(self):
        slot = self.part("stead-kernel-a")
        for name, content in (("/Image", "kernel"), ("/dtbs/rockchip/rk3399-rockpro64.dtb", "tree"),
                              ("/dtbs/rk3399-rockpro64.dtb", "tree")):
            self.assertEqual(run("/usr/sbin/debugfs", "-R", f"cat {name}", slot), content, name)
        initrd = self.images / "initrd"
        run("/usr/sbin/debugfs", "-R", f"dump /initrd {initrd}", slot)
        listed = run("sh", "-c", 'gzip -dc "$1" | cpio --list --quiet', "sh", initrd).split()
        self.assertTrue({"init", "bin/busybox", "sbin/blkid"} <= set(listed), listed)

    def test_the_loader_finds_a_whole_environment_twice(self):
        content = self.part("stead-state").read_bytes()
        for name, offset, size in table("state.tsv"):
            if name.startswith("environment"):
                block = content[int(offset) : int(offset) + int(size)]
                self.assertEqual(int.from_bytes(block[:4], "little"), zlib.crc32(block[4:]), name)
                self.assertIn(b"BOOT_ORDER=A\0", block)

    def test_the_bundle_is_signed_and_for_this_board_alone(self):
        told = run("rauc", "info", f"--keyring={self.keyring}", self.images / "stead.raucb")
        self.assertIn("stead-buildroot-rockpro64", told)
        config = (self.target / "etc/rauc/system.conf").read_text()
        self.assertIn("compatible=stead-buildroot-rockpro64\n", config)
        self.assertEqual((self.target / "etc/rauc/keyring.pem").read_bytes(), self.keyring.read_bytes())

    def test_no_template_is_left_in_the_root_file_system(self):
        self.assertEqual(list((self.target / "etc").rglob("*.in")), [])
        offset, size = next((int(row[1]), int(row[2])) for row in table("state.tsv") if row[0] == "environment")
        self.assertIn(f"/dev/stead/state {offset:#x} {size:#x}", (self.target / "etc/fw_env.config").read_text())
        self.assertIn('IMAGE_VERSION="', (self.target / "usr/lib/os-release").read_text())


if __name__ == "__main__":
    unittest.main()
