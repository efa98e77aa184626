"""The data of image/*.tsv and *.list, read in one way."""

from dataclasses import dataclass
from pathlib import Path

IMAGE = Path(__file__).resolve().parents[1]
MIB = 1024 * 1024


def lines(path: Path) -> list[str]:
    """The lines of a list, without comments."""
    found = (line.strip() for line in path.read_text().splitlines())
    return [line for line in found if line and not line.startswith("#")]


def rows(path: Path) -> list[list[str]]:
    """The rows of a table."""
    return [line.split("\t") for line in lines(path)]


@dataclass(frozen=True)
class Partition:
    """One partition, and where it begins on the disk."""

    number: int
    label: str
    start: int
    size: int
    content: str
    bootable: bool


def partitions() -> list[Partition]:
    """The partition table; the gap before the first partition is counted and left out."""
    found, start = [], 0
    for number, label, size_mib, content, bootable in rows(IMAGE / "partitions.tsv"):
        size = int(size_mib) * MIB
        if int(number):
            found.append(Partition(int(number), label, start, size, content, bootable == "bootable"))
        start += size
    return found


def partition(label: str) -> Partition:
    """The one partition with this label."""
    return next(one for one in partitions() if one.label == label)


def identity(disk_id: str) -> str:
    """What the scripts of an image know of its disk: the id that every freshly flashed one has, and places."""
    places = {f"{name.upper()}_BLOCK": state()[name][0] // 512 for name in ("confirmed", "fallen")}
    known = {"DISK_ID": disk_id, "DATA_PARTITION": partition("stead-data").number, **places}
    return "".join(f"{name}={value}\n" for name, value in known.items())


def state() -> dict[str, tuple[int, int]]:
    """What lies where on stead-state: name → offset, size."""
    return {name: (int(offset), int(size)) for name, offset, size in rows(IMAGE / "state.tsv")}


@dataclass(frozen=True)
class Board:
    """What differs between the images."""

    arch: str
    debian: str
    binary: str
    kernel_package: str
    kernel_file: str
    boot: str
    compatible: str
    qemu: str
    uboot: str


def architectures() -> set[str]:
    """What images are made for."""
    return {row[0] for row in rows(IMAGE / "boards.tsv")}


def board(arch: str) -> Board:
    """The board of an architecture."""
    found = {row[0]: Board(*row) for row in rows(IMAGE / "boards.tsv")}
    if arch not in found:
        raise SystemExit(f"stead: ARCH={arch} is no image that is made: {', '.join(found)}")
    return found[arch]


def filled(template: str, values: dict[str, str]) -> str:
    """A template with its @NAMES@ replaced; one that stays is a mistake."""
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    left = [word for word in template.split("@")[1::2] if word.isupper() and " " not in word]
    if left:
        raise SystemExit(f"stead: a template asks for {', '.join(left)}, which nobody gives")
    return template
