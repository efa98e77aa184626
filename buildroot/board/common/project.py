"""What both scripts of Buildroot know: the project around this tree, the image's kit, this tree's boards."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
PROJECT = TREE.parent
IMAGE = PROJECT / "image"
sys.path.insert(0, str(IMAGE))
# Nothing is left behind in the project's folder.
sys.dont_write_bytecode = True

from kit import bundle, disk, kernel, rootfs, tables  # noqa: E402

__all__ = ["IMAGE", "PROJECT", "TREE", "Board", "authority", "board", "bundle", "disk", "epoch", "kernel", "rootfs",
           "tables", "version"]


@dataclass(frozen=True)
class Board:
    """A row of board/boards.tsv, by the names that the image's kit uses."""

    name: str
    boot: str
    kernel_file: str
    device_trees: list[str]
    loader: list[list[str]]

    @property
    def compatible(self) -> str:
        """What a bundle must be made for. It is not the image from Debian packages: that one's slots have
        the same sizes, and a kernel for other boards."""
        return f"stead-buildroot-{self.name.replace('_', '-')}"

    @property
    def disk_id(self) -> str:
        """The id of a disk that was flashed and never started; it then gets one of its own."""
        return disk.identity("buildroot", self.name)


def boards() -> dict[str, Board]:
    """All boards by name."""
    found = {}
    for name, boot, kernel_file, trees, loader in tables.rows(TREE / "board/boards.tsv"):
        parts = [part.split("@") for part in loader.split() if part != "-"]
        found[name] = Board(name, boot, kernel_file, [tree for tree in trees.split() if tree != "-"], parts)
    return found


def board(name: str) -> Board:
    """The board that a defconfig names in BR2_ROOTFS_POST_SCRIPT_ARGS."""
    found = boards()
    if name not in found:
        raise SystemExit(f"stead: there is no board '{name}': {', '.join(found)}")
    return found[name]


def version() -> str:
    """The version of the program and so of the image."""
    text = (PROJECT / "Cargo.toml").read_text()
    return re.search(r'^version = "(.*)"$', text, re.MULTILINE)[1]


def epoch() -> int:
    """The moment that every file is said to be of (BR2_REPRODUCIBLE sets it)."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def authority() -> bundle.Authority:
    """Who signs updates: as for the image, named by STEAD_SIGN_…, else made for development."""
    return bundle.Authority(PROJECT / "target/image/development-authority")
