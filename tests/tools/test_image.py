#!/usr/bin/env python3
"""The image's tools: lists of modules that mean nothing are told, sizes are held, and the list of materials has
what the image is of and nothing else."""

import contextlib
import io
import json
import os
import re
import subprocess
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
        import build
        from kit import disk, kernel, licences, packages, sbom, tables
        return build, disk, kernel, licences, packages, sbom, tables
    finally:
        others()
        sys.modules.update(kept)
        sys.path[:] = paths


build, disk, kernel, licences, packages, sbom, tables = of_the_image()
# What cargo knows of this clone takes seconds, so it is asked once.
PARTS = subprocess.run([ROOT / "scripts/parts", "aarch64"], text=True, capture_output=True, check=True).stdout


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


class FlashedAgainTest(unittest.TestCase):
    """A card that held something before, of which only what the block map names is written."""

    def test_nothing_of_the_life_before_is_in_the_journal_or_among_the_inodes(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            made, card = folder / "made", folder / "card"
            disk.data(made, 1_700_000_000)
            card.write_bytes(b"\x55" * made.stat().st_size)
            disk.place(made, card, 0)
            journal = [subprocess.run(["debugfs", "-R", "cat <8>", one], capture_output=True, check=True).stdout for one in (made, card)]
            self.assertEqual(len(journal[0]), 32 << 20)
            self.assertTrue(journal[0] == journal[1], "the journal is written whole")
            tables = subprocess.run(["dumpe2fs", made], capture_output=True, text=True, check=True).stdout
            places = re.findall(r"Inode table at (\d+)-(\d+)", tables)
            self.assertTrue(places)
            with made.open("rb") as one, card.open("rb") as other:
                for first, last in places:
                    one.seek(int(first) * 4096), other.seek(int(first) * 4096)
                    size = (int(last) - int(first) + 1) * 4096
                    self.assertTrue(one.read(size) == other.read(size), "the table of inodes is written whole")


class SizeTest(unittest.TestCase):
    """What is too large is no image."""

    def test_each_file_is_held_to_the_budget(self):
        with tempfile.TemporaryDirectory() as folder:
            small, large = Path(folder) / "a.raucb", Path(folder) / "a.img.xz"
            for path, size in ((small, build.DOWNLOAD_MAX_MB * 1_000_000), (large, build.DOWNLOAD_MAX_MB * 1_000_000 + 1)):
                with path.open("wb") as file:
                    file.truncate(size)
            for files, held in (([small], True), ([small, large], False), ([large, small], False)):
                out, told = io.StringIO(), io.StringIO()
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
                    self.assertEqual(build.hold("arm64", files, build.DOWNLOAD_MAX_MB), held)
                self.assertEqual("short" in out.getvalue(), not held)
                self.assertEqual("too large" in told.getvalue(), not held)


class PartsTest(unittest.TestCase):
    """What the program is of."""

    def setUp(self):
        self.parts = [line.split("\t") for line in PARTS.splitlines()]

    def names(self, kind: str) -> set[str]:
        """The parts of one kind."""
        return {name for one, name, _ in self.parts if one == kind}

    def test_what_only_builds_or_tests_it_or_is_for_other_systems_is_no_part(self):
        crates = self.names("cargo")
        self.assertLessEqual({"stead", "stead-rules", "stead-store", "rustls", "ring", "rusqlite", "tokio"}, crates)
        strangers = {"proptest", "tempfile", "passkey", "rqrr", "cc", "syn", "serde_derive", "windows-sys", "wasm-bindgen"}
        lock = (ROOT / "Cargo.lock").read_text()
        self.assertEqual([name for name in strangers if f'name = "{name}"' not in lock], [], "they prove nothing")
        self.assertEqual(crates & strangers, set())

    def test_the_web_app_and_the_c_of_sqlite_are_parts(self):
        self.assertEqual(self.names("npm"), {"svelte", "clsx", "@fontsource-variable/figtree"})
        version, = (version for kind, name, version in self.parts if (kind, name) == ("c", "sqlite"))
        program = Path(os.environ["STEAD_BIN"]).read_bytes()
        self.assertRegex(version, r"^3\.\d+\.\d+$")
        self.assertIn(version.encode(), program)


class LicencesTest(unittest.TestCase):
    """What the image is of is handed on with its terms."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.folder / "program.tar.xz"
        subprocess.run([ROOT / "scripts/parts", "aarch64", self.program], capture_output=True, check=True)

    def test_each_part_of_the_program_says_its_terms_and_most_have_their_text(self):
        found = licences.read(self.program)
        rows = [line.split("\t") for line in found["program/parts.tsv"].decode().splitlines()]
        self.assertEqual(["\t".join(row[:3]) for row in rows], PARTS.splitlines())
        self.assertEqual([row for row in rows if not row[3]], [])
        texts = {name.rpartition("/")[0] for name in found}
        self.assertGreater(sum(f"program/{kind}/{name}-{version}" in texts for kind, name, version, _ in rows), 0.9 * len(rows))

    def test_the_archive_has_the_texts_of_packages_too_and_is_the_same_twice(self):
        doc = self.folder / "root/usr/share/doc"
        (doc / "busybox").mkdir(parents=True)
        (doc / "busybox/copyright").write_text("GPL-2")
        (doc / "busybox/changelog.gz").write_text("no terms")
        (doc / "libgcc").symlink_to("busybox")
        common = self.folder / "root/usr/share/common-licenses"
        common.mkdir()
        (common / "GPL-2").write_text("the text")
        packages_alone = licences.texts(self.folder / "root")
        self.assertEqual(set(packages_alone), {"debian/busybox", "debian/libgcc", "debian/common-licenses/GPL-2"})
        texts = packages_alone | licences.read(self.program)
        made = [self.folder / "one", self.folder / "two"]
        for path in made:
            licences.write(path, texts)
        self.assertEqual(made[0].read_bytes(), made[1].read_bytes())
        self.assertEqual(licences.read(made[0]), texts)


class MaterialsTest(unittest.TestCase):
    """The document."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "parts").write_text(PARTS)
        tree = self.folder / "libstdc++6/DEBIAN"
        tree.mkdir(parents=True)
        (tree / "control").write_text("Package: libstdc++6\nVersion: 1:12.2~rc1-14+deb12u1\nArchitecture: arm64\n"
                                      "Source: gcc-12 (12.2.0-14)\nMaintainer: nobody <n@example.org>\nDescription: a\n")
        self.deb = self.folder / "one.deb"
        subprocess.run(["dpkg-deb", "--build", tree.parent, self.deb], check=True, capture_output=True)

    def written(self, name: str = "sbom.json") -> dict:
        """The document as it is written."""
        target = self.folder / name
        count = sbom.write(target, "stead-arm64-1", [self.deb], self.folder / "parts", ROOT, 1_700_000_000)
        found = json.loads(target.read_text())
        self.assertEqual(count, len(found["packages"]))
        return found

    def test_it_names_each_part_once_with_its_sum(self):
        packages = self.written()["packages"]
        ids = [one["SPDXID"] for one in packages]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual([one for one in ids if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", one)], [])
        self.assertEqual(len(packages), len(PARTS.splitlines()) + 1)
        urls = {one["externalRefs"][0]["referenceLocator"]: one for one in packages}
        deb = urls["pkg:deb/debian/libstdc%2B%2B6@1%3A12.2~rc1-14%2Bdeb12u1?arch=arm64"]
        self.assertEqual(deb["sourceInfo"], "Debian source package gcc-12")
        # Our own crates and SQLite have none: they came from no registry.
        without = {one["name"] for one in packages if "checksums" not in one}
        self.assertEqual(without, {"stead", "stead-rules", "stead-store", "sqlite"})
        digits = {"SHA256": 64, "SHA512": 128}
        for one in packages:
            for told in one.get("checksums", []):
                self.assertRegex(told["checksumValue"], rf"^[0-9a-f]{{{digits[told['algorithm']]}}}$")
        self.assertTrue(any(url.startswith("pkg:npm/%40fontsource-variable/figtree@") for url in urls))
        self.assertTrue(any(url.startswith("pkg:generic/sqlite@3.") for url in urls))

    def test_each_file_of_a_package_is_known(self):
        tree = self.folder / "libstdc++6/usr/share/doc/größe"
        tree.mkdir(parents=True)
        (tree / "copyright").write_text("")
        subprocess.run(["dpkg-deb", "--build", self.folder / "libstdc++6", self.deb], check=True, capture_output=True)
        found = packages.unpack([self.deb], self.folder / "root")
        self.assertEqual(found, {"one.deb": ["./usr/share/doc/größe/copyright"]})

    def test_it_is_the_same_twice(self):
        self.written("one.json"), self.written("two.json")
        self.assertEqual((self.folder / "one.json").read_bytes(), (self.folder / "two.json").read_bytes())

    def test_a_list_of_other_sources_is_refused(self):
        with (self.folder / "parts").open("a") as file:
            file.write("cargo\tserde\t0.0.1\n")
        with self.assertRaisesRegex(SystemExit, "no serde 0.0.1"):
            self.written()


if __name__ == "__main__":
    unittest.main()
