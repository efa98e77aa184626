#!/usr/bin/env python3
"""Makes the image of one architecture. Called by scripts/image, which installs what this needs.

Steps, each a module of kit/: packages → root file system → kernel slot → disk, bundle, map, SBOM.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kit import bmap, bundle, disk, kernel, licences, packages, rootfs, sbom, tables  # noqa: E402

# What a box may have to fetch, as a person would: in MB. What is compressed quickly, with a quick build of
# the program, is a tenth larger (166.5 to 151.5 on armhf, November 2026): beyond this what ships would be too large as well.
DOWNLOAD_MAX_MB, QUICK_MAX_MB = 200, 220
SHIPPED = ["-comp", "zstd", "-Xcompression-level", "19"]
QUICK = ["-comp", "zstd", "-Xcompression-level", "3"]


class Clock:
    """Tells how long each step took."""

    def __init__(self):
        self.last = time.monotonic()

    def step(self, sentence: str) -> None:
        """Says what is done, and since the last step how long it took."""
        now = time.monotonic()
        print(f"stead: {sentence} ({now - self.last:.0f} s)", file=sys.stderr, flush=True)
        self.last = now


def https(address: str) -> str:
    """An address that boxes take for their source of updates; they look at it more closely."""
    if not re.fullmatch(r"https://[^\s\"\\?#]+", address):
        raise argparse.ArgumentTypeError(f"{address!r} is no folder of a web server: write https://updates.example.net/stead")
    return address


def version(text: str) -> str:
    """A version that both judges of updates order alike: the server (crates/rules/src/system.rs) and rootfs/usr/lib/stead/before-install."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no version: write numbers and dots, as 1.2.0, and 1.2.0-rc1 for what comes before it")
    return text


def arguments() -> argparse.Namespace:
    """What can be said on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("arch", choices=[row[0] for row in tables.rows(tables.IMAGE / "boards.tsv")])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--parts", type=Path, required=True, help="what the binary is of, by scripts/parts")
    parser.add_argument("--licences", type=Path, required=True, help="on which terms those are handed on, by scripts/parts")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", type=version, required=True)
    parser.add_argument("--extra", type=Path, action="append", default=[], help="a folder laid over the root: for tests")
    parser.add_argument("--quick", action="store_true", help="compress less, make no .xz")
    parser.add_argument("--keep-root", type=Path, help="keep the root file system as a folder there")
    parser.add_argument("--fresh", action="store_true", help="unpack every package anew")
    parser.add_argument("--insist-on-security", action="store_true")
    parser.add_argument("--update-source", type=https, help="the folder that boxes fetch updates from")
    parser.add_argument("--epoch", type=int, required=True)
    return parser.parse_args()


def unpacked(asked: argparse.Namespace, board: tables.Board, debs: list[Path]) -> Path:
    """The packages as folders, without what the image does without; kept while nothing of it changes."""
    lists = [tables.IMAGE / name for name in ("leave-out.list", "modules.list", "firmware.list", "kit/packages.py", "kit/kernel.py", "kit/licences.py", "kit/rootfs.py")]
    stamp = hashlib.sha256("".join([*(deb.name for deb in debs), *(path.read_text() for path in lists)]).encode())
    tree = asked.cache / board.arch / "unpacked"
    told = tree / "stamp"
    if not asked.fresh and told.exists() and told.read_text() == stamp.hexdigest():
        return tree
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    root = tree / "root"
    files = packages.unpack(debs, root)
    licences.write(tree / "licences.tar.xz", licences.texts(root))
    shutil.copytree(root / "boot", tree / "boot")
    # arm64's device trees lie in folders of their makers, armhf's side by side.
    for folder in root.glob("usr/lib/linux-image-*"):
        shutil.copytree(folder, tree / "dtbs")
    kernel.prune(root, board.arch)
    rootfs.keep_firmware(root)
    rootfs.leave_out(root)
    left = [deb for deb, names in files.items() if any(os.path.lexists(root / name) for name in names)]
    (tree / "left").write_text("".join(f"{deb}\n" for deb in left))
    told.write_text(stamp.hexdigest())
    return tree


def make_root(asked: argparse.Namespace, board: tables.Board, work: Path, authority: bundle.Authority,
              clock: Clock) -> tuple[Path, list[Path]]:
    """The root file system as a folder, and the packages of which something is in it."""
    store = packages.Packages(board.debian, asked.cache / board.arch)
    without = store.update(asked.insist_on_security)
    if without:
        print(f"stead: the mirror has {without} in no usable state for {board.debian} now; this image is made without it", file=sys.stderr)
    debs = store.fetch([*tables.lines(tables.IMAGE / "packages.list"), board.kernel_package])
    clock.step(f"{len(debs)} packages are there")
    root = work / "root"
    tree = unpacked(asked, board, debs)
    subprocess.run(["cp", "-a", tree / "root", tree / "boot", tree / "dtbs", work], check=True)
    clock.step("unpacked")
    offset, size = tables.state()["environment"]
    rootfs.configure(root, asked.binary, authority.keyring, asked.extra, {
        "VERSION": asked.version, "COMPATIBLE": board.compatible, "DISK_ID": disk.identity("disk"),
        "ENV_OFFSET": hex(offset), "ENV_SIZE": hex(size)})
    (root / licences.FILE).parent.mkdir(parents=True, exist_ok=True)
    licences.write(root / licences.FILE, licences.read(tree / "licences.tar.xz") | licences.read(asked.licences))
    if asked.update_source:
        rootfs.fetch_updates_from(root, asked.update_source)
    clock.step("configured")
    left = set((tree / "left").read_text().splitlines())
    return root, [deb for deb in debs if deb.name in left]


def hold(arch: str, shipped: list[Path], most_mb: int) -> bool:
    """Prints how large each file is; whether all are small enough."""
    held = True
    for path in shipped:
        kind, size = "bundle" if path.suffix == ".raucb" else "download", path.stat().st_size / 1e6
        held &= size <= most_mb
        print(f"figure {arch}_{kind} {size:.1f} MB target {most_mb} {'ok' if size <= most_mb else 'short'}")
    if not held:
        print(f"stead: the image of {arch} is too large: at most {most_mb} MB. What is new in packages.list or modules.list?", file=sys.stderr)
    return held


def main() -> int:
    """The whole way, with the figures at its end."""
    asked, clock = arguments(), Clock()
    board = tables.board(asked.arch)
    asked.out.mkdir(parents=True, exist_ok=True)
    name = f"stead-{board.arch}-{asked.version}"
    work = asked.out / f".work-{name}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    authority = bundle.Authority(asked.out / "development-authority")
    root, debs = make_root(asked, board, work, authority, clock)

    scr = work / "boot.scr"
    disk.script(board, scr, asked.epoch)
    kernel_image, root_image = asked.out / f"{name}.kernel", asked.out / f"{name}.root"
    disk.kernel_slot(kernel_image, kernel.slot_tree(root, board, scr, work, asked.epoch), asked.epoch)
    disk.root_slot(root_image, root, asked.epoch, QUICK if asked.quick else SHIPPED)
    clock.step("both slots are made")

    image = asked.out / f"{name}.img"
    disk.loader(work / "loader", scr, asked.epoch)
    disk.fat(work / "fat", {name: tables.IMAGE / name for name in ("stead.txt", "stead.toml")}, "STEAD-BOOT",
             tables.partition("stead-boot").size, asked.epoch)
    (work / "state").write_bytes(disk.state_image({"BOOT_ORDER": "A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}))
    disk.data(work / "data", asked.epoch)
    disk.assemble(image, {"stead-loader": work / "loader", "stead-boot": work / "fat", "stead-state": work / "state", "stead-kernel-a": kernel_image,
                          "stead-root-a": root_image, "stead-data": work / "data"}, disk.identity("disk"))
    blocks = asked.out / f"{name}.bmap"
    bmap.write(image, blocks)
    made = asked.out / f"{name}.raucb"
    bundle.write(made, kernel_image, root_image, asked.version, board.compatible, authority, work)
    materials = asked.out / f"{name}.spdx.json"
    named = sbom.write(materials, name, debs, asked.parts, tables.IMAGE.parent, asked.epoch)
    terms = asked.out / f"{name}.licences.tar.xz"
    shutil.copy(root / licences.FILE, terms)
    clock.step("disk, bundle and SBOM are made")

    shipped = [made]
    if not asked.quick:
        subprocess.run(["xz", "-T0", "-6", "-k", "-f", image], check=True)
        shipped.append(image.with_name(image.name + ".xz"))
        clock.step("compressed")
    (asked.out / f"{name}.sha256").write_text("".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in [*shipped, image, blocks, materials, terms]))
    if asked.keep_root:
        shutil.rmtree(asked.keep_root, ignore_errors=True)
        os.rename(root, asked.keep_root)
    shutil.rmtree(work)
    print(f"figure {board.arch}_kernel_slot {kernel_image.stat().st_blocks * 512 / 1e6:.1f} MB target none")
    print(f"figure {board.arch}_root_slot {root_image.stat().st_size / 1e6:.1f} MB target none")
    print(f"figure {board.arch}_packages {named} packages target none")
    held = hold(board.arch, shipped, QUICK_MAX_MB if asked.quick else DOWNLOAD_MAX_MB)
    print(image)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
