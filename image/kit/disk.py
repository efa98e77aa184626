"""File systems and the disk image, written by tools that need neither a mount nor a loop device."""

import os
import shutil
import subprocess
import tempfile
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path

from . import tables
from .rootfs import run

# GPT's type for Linux data; the FAT partition has the one that every system shows to people.
LINUX, SHOWN = "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
NAMES = uuid.UUID("5f8d0e3a-6c1b-4d59-9a52-3b7f0c1e2d44")
SECTOR = 512
LEGACY_BOOTABLE = "LegacyBIOSBootable"


def identity(*words: str) -> str:
    """A UUID that is always the same for the same words: a box gives its disk its own ones."""
    return str(uuid.uuid5(NAMES, " ".join(words))).upper()


def script(board: tables.Board, target: Path, epoch: int, words: str = "") -> None:
    """boot.cmd, filled and packed as U-Boot reads it; the kernel is told `words` as well."""
    numbers = {one.label: one.number for one in tables.partitions()}
    offset, size = tables.state()["environment"]
    copy, _ = tables.state()["environment-copy"]
    text = tables.filled((tables.IMAGE / "boot.cmd").read_text(), {
        "ENV_SIZE": hex(size), "ENV_BLOCKS": hex(size // SECTOR), "ENV_FIRST": hex(offset // SECTOR),
        "COPY_FIRST": hex(copy // SECTOR), "STATE_PARTITION": str(numbers["stead-state"]),
        "DATA_PARTITION": str(numbers["stead-data"]), "KERNEL_A": str(numbers["stead-kernel-a"]),
        "ROOT_A": str(numbers["stead-root-a"]), "KERNEL_B": str(numbers["stead-kernel-b"]),
        "ROOT_B": str(numbers["stead-root-b"]), "KERNEL_FILE": board.kernel_file, "BOOT_COMMAND": board.boot,
    })
    plain = target.with_suffix(".cmd")
    plain.write_text(text.replace("${stead_console}", f"${{stead_console}} {words}".rstrip()))
    subprocess.run(["mkimage", "-A", "arm", "-T", "script", "-C", "none", "-n", "Stead", "-d", plain, target],
                   env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}, capture_output=True, check=True)


def environment(values: dict[str, str], size: int) -> bytes:
    """A U-Boot environment: its CRC, then what it holds."""
    held = b"".join(f"{name}={value}\0".encode() for name, value in sorted(values.items())) + b"\0"
    held = held.ljust(size - 4, b"\0")
    return zlib.crc32(held).to_bytes(4, "little") + held


def state_image(values: dict[str, str]) -> bytes:
    """stead-state of a new box: the environment twice, and no mark."""
    content = bytearray(tables.partition("stead-state").size)
    for name in ("environment", "environment-copy"):
        offset, size = tables.state()[name]
        content[offset : offset + size] = environment(values, size)
    return bytes(content)


def fat(target: Path, files: dict[str, Path], label: str, size: int, epoch: int) -> None:
    """A FAT file system with these files, all of one moment."""
    target.write_bytes(b"")
    os.truncate(target, size)
    # FAT knows local time only.
    moment = ("env", "TZ=UTC", f"SOURCE_DATE_EPOCH={epoch}")
    run(*moment, "mformat", "-i", target, "-F", "-v", label, "-N", "53544541", "::")
    for name, path in sorted(files.items()):
        run(*moment, "mcopy", "-i", target, path, f"::{name}")


def change_text(image: Path, name: str, change: Callable[[str], str]) -> None:
    """Changes a text file on the FAT partition of an image, as a person with a card reader does."""
    drive = f"{image}@@{tables.partition('stead-boot').start}"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / name
        run("mcopy", "-n", "-i", drive, f"::{name}", copy)
        copy.write_bytes(change(copy.read_bytes().decode()).encode())
        run("mcopy", "-o", "-i", drive, copy, f"::{name}")


def ext4(target: Path, folder: Path | None, label: str, size: int, epoch: int, *options: str) -> None:
    """An ext4 file system with what a folder holds, the same for the same files."""
    target.unlink(missing_ok=True)
    seed = identity("ext4", label)
    words = ["mke2fs", "-q", "-t", "ext4", "-F", "-L", label, "-U", seed, "-b", "4096",
             "-E", f"hash_seed={seed},root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1"]
    with target.open("wb") as file:
        file.truncate(size)
    if folder:
        for path in [folder, *folder.rglob("*")]:
            os.utime(path, (epoch, epoch), follow_symlinks=False)
        words += ["-d", str(folder)]
    # Zeros are written, and no holes made in their place: a block map passes over holes, and a card that was flashed
    # before would have the journal of its former life there.
    done = subprocess.run([*words, *options, target], text=True, capture_output=True, check=False,
                          env={**os.environ, "E2FSPROGS_FAKE_TIME": str(epoch), "UNIX_IO_NOZEROOUT": "1"})
    if done.returncode != 0:
        raise SystemExit(f"stead: mke2fs could not make {label}:\n{done.stderr}")


def settle_changes(target: Path, folder: Path, epoch: int) -> None:
    """mke2fs copies when an inode was last changed, which no program can set on the file itself."""
    names = [f"/{path.relative_to(folder)}" for path in sorted(folder.rglob("*"))]
    words = "".join(f'set_inode_field "{name}" ctime @{epoch}\n' for name in names)
    done = subprocess.run(["debugfs", "-w", "-f", "-", target], input=words, text=True, capture_output=True, check=False,
                          env={**os.environ, "E2FSPROGS_FAKE_TIME": str(epoch)})
    # It ends with success whatever became of a word; its first line tells its version.
    complaints = done.stderr.splitlines()[1:]
    if done.returncode != 0 or complaints:
        raise SystemExit(f"stead: debugfs could not set the times in {target}:\n{done.stderr}")


def kernel_slot(target: Path, folder: Path, epoch: int) -> None:
    """The kernel slot."""
    for_the_loader(target, folder, "stead-kernel", tables.partition("stead-kernel-a").size, epoch)


def loader(target: Path, script: Path, epoch: int) -> None:
    """What a board's own loader runs first."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(script, Path(folder) / "boot.scr")
        for_the_loader(target, Path(folder), "stead-loader", tables.partition("stead-loader").size, epoch)


def for_the_loader(target: Path, folder: Path, label: str, size: int, epoch: int) -> None:
    """A file system that U-Boot reads, so without what it does not know."""
    ext4(target, folder, label, size, epoch, "-m", "0", "-O", "^has_journal,^metadata_csum,^64bit,^orphan_file", "-N", "256")
    settle_changes(target, folder, epoch)


def root_slot(target: Path, root: Path, epoch: int, compression: list[str]) -> None:
    """The root file system."""
    target.unlink(missing_ok=True)
    run("mksquashfs", root, target, "-noappend", "-no-progress", "-quiet", "-b", "64K", "-mkfs-time", str(epoch),
        "-all-time", str(epoch), "-no-exports", *compression)
    limit = tables.partition("stead-root-a").size
    if target.stat().st_size > limit:
        raise SystemExit(f"stead: the root file system has {target.stat().st_size} bytes, and its slot {limit}")


def data(target: Path, epoch: int) -> None:
    """The data partition as it is flashed. It grows online to whatever the disk has, so its journal
    and its room for group descriptors are those of a large one. Journal and inodes are written whole."""
    ext4(target, None, "stead-data", tables.partition("stead-data").size, epoch, "-T", "default", "-i", "16384",
         "-m", "0.5", "-J", "size=32", "-E", f"resize={2 * 1024 ** 4 // 4096},hash_seed={identity('ext4', 'stead-data')},"
         "lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0")


def assemble(target: Path, contents: dict[str, Path], disk_id: str) -> None:
    """The disk: its partition table, and each partition's content in its place."""
    table = tables.partitions()
    end = table[-1].start + table[-1].size + tables.MIB
    target.unlink(missing_ok=True)
    with target.open("wb") as file:
        file.truncate(end)
    lines = ["label: gpt", f"label-id: {disk_id}", "unit: sectors", "first-lba: 2048", ""]
    for one in table:
        kind = SHOWN if one.content == "fat" else LINUX
        flags = f", attrs={LEGACY_BOOTABLE}" if one.bootable else ""
        lines.append(f"start={one.start // SECTOR}, size={one.size // SECTOR}, type={kind}, "
                     f"uuid={identity('partition', one.label)}, name={one.label}{flags}")
    subprocess.run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", target], input="\n".join(lines) + "\n",
                   text=True, check=True, capture_output=True)
    for one in table:
        if one.label in contents:
            place(contents[one.label], target, one.start)


def place(source: Path, target: Path, offset: int) -> None:
    """Writes a file into the image at its place; its holes stay holes."""
    with source.open("rb") as reader, target.open("r+b") as writer:
        for start, length in extents(source):
            reader.seek(start)
            writer.seek(offset + start)
            shutil.copyfileobj(Limited(reader, length), writer, tables.MIB)


class Limited:
    """A file of which a part is read."""

    def __init__(self, file, left: int):
        self.file, self.left = file, left

    def read(self, size: int) -> bytes:
        """The next bytes of the part."""
        found = self.file.read(min(size, self.left))
        self.left -= len(found)
        return found


def extents(path: Path) -> list[tuple[int, int]]:
    """Where a file holds something: start and length, in order."""
    found, at, size = [], 0, path.stat().st_size
    with path.open("rb") as file:
        while at < size:
            try:
                start = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            at = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            found.append((start, at - start))
    return found
