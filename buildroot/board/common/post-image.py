#!/usr/bin/env python3
"""post-image.py IMAGES BOARD: from Buildroot's kernel and root file system to a disk and a bundle.

Partition table, boot script, initrd, file systems and bundle are made by the image's own kit, as for the
image from Debian packages; genimage puts the disk together, with the board's own loader in the gap.
"""

import os
import shutil
import sys
from pathlib import Path

from project import IMAGE, TREE, Board, authority, board, bundle, disk, epoch, kernel, rootfs, tables, version

CONTENTS = {"loader": "loader.ext4", "fat": "boot.vfat", "state": "state.img", "kernel": "kernel.img", "root": "rootfs.squashfs",
            "data": "data.ext4"}
# A new disk has slot A only; the box fills the other one itself.
FIRST_ORDER = {"BOOT_ORDER": "A", "BOOT_A_LEFT": "3", "BOOT_B_LEFT": "3"}


def empty(folder: Path) -> Path:
    """The folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def make_kernel_slot(images: Path, target: Path, this: Board) -> None:
    """Kernel, initrd, device trees, and one more boot.scr. A loader asks for a device tree with or without
    its folder, so it finds either."""
    tree, folder = empty(images / "initrd.tree"), empty(images / "kernel")
    kernel.initrd_tree(target, tree, None)
    kernel.pack_initrd(tree, folder / "initrd", epoch())
    for name in (this.kernel_file, "boot.scr"):
        shutil.copy(images / name, folder / name)
    for source in this.device_trees:
        for to in (folder / "dtbs" / source, folder / "dtbs" / Path(source).name):
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(images / source, to)
    disk.kernel_slot(images / "kernel.img", folder, epoch())
    shutil.rmtree(tree)
    shutil.rmtree(folder)


def section(name: str, words: list[str]) -> str:
    """A partition as genimage reads it."""
    return f"\tpartition {name} {{\n" + "".join(f"\t\t{word}\n" for word in words) + "\t}"


def partition(one: tables.Partition) -> str:
    """A row of the partition table."""
    kind = disk.SHOWN if one.content == "fat" else disk.LINUX
    words = [f"offset = {one.start}", f"size = {one.size}", f'partition-type-uuid = "{kind}"',
             f'partition-uuid = "{disk.identity("partition", one.label)}"']
    if one.content in CONTENTS:
        words.append(f'image = "{CONTENTS[one.content]}"')
    if one.bootable:
        words.append('bootable = "true"')
    return section(one.label, words)


def configuration(this: Board) -> str:
    """genimage.cfg with the table's partitions and the board's loader."""
    loader = [section(f"loader-{number}", ['in-partition-table = "no"', f'image = "{file}"', f"offset = {offset}"])
              for number, (file, offset) in enumerate(this.loader)]
    return tables.filled((TREE / "board/common/genimage.cfg.in").read_text(), {
        "PARTITIONS": "\n".join([*loader, *map(partition, tables.partitions())]), "DISK_ID": this.disk_id,
        "BOOT_SIZE": str(tables.partition("stead-boot").size),
    })


def make_disk(images: Path, this: Board) -> None:
    """stead.img and its map."""
    config = images / "genimage.cfg"
    config.write_text(configuration(this))
    nothing, scratch = empty(images / "genimage.root"), images / "genimage.tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    rootfs.run("genimage", "--rootpath", nothing, "--tmppath", scratch, "--inputpath", images, "--outputpath", images,
               "--config", config)
    shutil.rmtree(nothing)
    shutil.rmtree(scratch)
    rootfs.run("bmaptool", "create", "-o", images / "stead.img.bmap", images / "stead.img")


def main(images: Path, name: str) -> None:
    """Makes IMAGES/stead.img, its map, and IMAGES/stead.raucb for the board of this name."""
    this, root = board(name), images / "rootfs.squashfs"
    limit = tables.partition("stead-root-a").size
    if root.stat().st_size > limit:
        raise SystemExit(f"stead: the root file system has {root.stat().st_size} bytes, and its slot {limit}")
    disk.script(this, images / "boot.scr", epoch())
    disk.loader(images / "loader.ext4", images / "boot.scr", epoch())
    make_kernel_slot(images, Path(os.environ["TARGET_DIR"]), this)
    (images / "state.img").write_bytes(disk.state_image(FIRST_ORDER))
    disk.data(images / "data.ext4", epoch())
    shutil.copy(IMAGE / "stead.txt", images / "stead.txt")
    shutil.copy(IMAGE / "stead.toml", images / "stead.toml")
    make_disk(images, this)
    bundle.write(images / "stead.raucb", images / "kernel.img", root, version(), this.compatible, authority(), images)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
