"""The kernel slot: kernel, initrd, device trees, and one more boot.scr."""

import gzip
import os
import shutil
import subprocess
from pathlib import Path

from . import tables
from .rootfs import run

# What the initrd runs besides busybox, with its libraries: busybox's own blkid knows no PARTUUID.
PROGRAMS = ("usr/sbin/blkid",)
# Device trees of the boards that the image is made for; QEMU brings its own.
TREES = ("rockchip/rk3399-rockpro64*.dtb", "armada-388-clearfog*.dtb", "broadcom/bcm2711-rpi-4-b.dtb",
         "rockchip/rk3328-rock64.dtb", "rockchip/rk3399-rock-pi-4*.dtb", "bcm2836-rpi-2-b.dtb")


def version(root: Path) -> str:
    """The kernel's version: the one folder of modules."""
    found = [path.name for path in (root / "usr/lib/modules").iterdir()]
    if len(found) != 1:
        raise SystemExit(f"stead: one kernel is expected, and these are there: {found}")
    return found[0]


def dependencies(modules: Path) -> dict[str, list[str]]:
    """modules.dep: path → the paths it needs."""
    found = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        name, _, needs = line.partition(":")
        found[name] = needs.split()
    return found


def listed(path: Path, arch: str | None) -> list[str]:
    """The entries of a list for an architecture: those that name none, and those that name it behind a tab.
    Without an architecture all of them."""
    rows = tables.rows(path)
    strange = {row[1] for row in rows if len(row) > 1} - tables.architectures()
    if strange:
        raise SystemExit(f"stead: {path.name} is of architectures that no image is made for: {', '.join(sorted(strange))}")
    return [row[0] for row in rows if len(row) == 1 or arch in (row[1], None)]


def is_named(path: str, entry: str) -> bool:
    """Whether an entry of a list, a module or a folder of them, means the module at this path."""
    return path == entry or path.startswith(entry + "/")


def chosen(modules: Path, wanted: list[str], whole: bool = True) -> set[str]:
    """The modules that a list names, with all they need. What no longer means anything, neither a module
    nor what is built into the kernel, is a mistake: a driver was moved, or Debian does without it. Of a
    kernel that is not whole, but made for one board, nothing is asked."""
    depends = dependencies(modules)
    paths = {name: name.removeprefix("kernel/") for name in depends}
    built_in = [line.removeprefix("kernel/") for line in (modules / "modules.builtin").read_text().splitlines()]
    nothing = [entry for entry in wanted if not any(is_named(path, entry) for path in (*paths.values(), *built_in))]
    if nothing and whole:
        raise SystemExit(f"stead: the kernel {modules.name} has nothing of what these lines of its list of modules name: "
                         f"{', '.join(nothing)}. Look where the drivers are now, or take the lines out.")
    found: set[str] = set()
    for name, needs in depends.items():
        if any(is_named(paths[name], entry) for entry in wanted):
            found |= {name, *needs}
    return found


def prune(root: Path, arch: str) -> None:
    """Keeps the modules that a NAS has a use for."""
    run("depmod", "-b", root, version(root))
    modules = root / "usr/lib/modules" / version(root)
    kept = chosen(modules, listed(tables.IMAGE / "modules.list", arch))
    for path in sorted(modules.rglob("*.ko")):
        if str(path.relative_to(modules)) not in kept:
            path.unlink()
    for folder in sorted((path for path in modules.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    run("depmod", "-b", root, version(root))


def libraries(root: Path, program: str) -> set[str]:
    """The libraries of a program, and theirs, as paths below the root."""
    found: set[str] = set()
    waiting = [program]
    while waiting:
        told = subprocess.run(["readelf", "--dynamic", "--program-headers", "--wide", root / waiting.pop()],
                              text=True, capture_output=True, check=True).stdout
        names = [line.split("[")[1].split("]")[0] for line in told.splitlines() if "(NEEDED)" in line]
        for name in names:
            path = next(path for path in sorted((root / "usr/lib").rglob(name)))
            path = str(path.relative_to(root))
            if path not in found:
                found.add(path)
                waiting.append(path)
    return found


def loader(root: Path, program: str) -> str:
    """The dynamic loader that a program names."""
    told = subprocess.run(["readelf", "--program-headers", "--wide", root / program],
                          text=True, capture_output=True, check=True).stdout
    return next(line.split(": ")[1].rstrip("]") for line in told.splitlines() if "interpreter:" in line)


def initrd_tree(root: Path, tree: Path, arch: str | None) -> None:
    """The initrd as a folder. Without an architecture the kernel is one made for a board."""
    kernel = version(root)
    for name in ("bin", "sbin", "usr/bin", "usr/sbin", f"usr/lib/modules/{kernel}"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    (tree / "lib").symlink_to("usr/lib")
    shutil.copy(root / "usr/bin/busybox", tree / "bin/busybox")
    shutil.copy(tables.IMAGE / "initrd/init", tree / "init")
    (tree / "init").chmod(0o755)
    for program in PROGRAMS:
        shutil.copy(root / program, tree / "sbin" / Path(program).name)
        for path in libraries(root, program):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / path, tree / path)
        linker = loader(root, program).lstrip("/")
        (tree / linker).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy((root / linker).resolve() if not (root / linker).is_symlink() else real(root, linker), tree / linker)
    modules = root / "usr/lib/modules" / kernel
    wanted = listed(tables.IMAGE / "initrd/modules.list", arch)
    for name in sorted(chosen(modules, wanted, whole=arch is not None)):
        target = tree / "usr/lib/modules" / kernel / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(modules / name, target)
    for name in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
        shutil.copy(modules / name, tree / "usr/lib/modules" / kernel / name)
    run("depmod", "-b", tree, kernel)


def real(root: Path, link: str) -> Path:
    """The file behind a link of the root, which must not lead out of it."""
    target = os.readlink(root / link)
    return root / target.lstrip("/") if target.startswith("/") else (root / link).parent / target


def pack_initrd(tree: Path, target: Path, epoch: int) -> None:
    """A cpio archive that is the same for the same files."""
    for path in [tree, *tree.rglob("*")]:
        os.utime(path, (epoch, epoch), follow_symlinks=False)
    names = "\n".join(sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))) + "\n"
    packed = subprocess.run(["cpio", "--create", "--format=newc", "--reproducible", "--owner=0:0", "--quiet"],
                            cwd=tree, input=names.encode(), capture_output=True, check=True).stdout
    target.write_bytes(gzip.compress(packed, 9, mtime=0))


def slot_tree(root: Path, board: tables.Board, script: Path, work: Path, epoch: int) -> Path:
    """The folder that becomes the kernel slot."""
    kernel = version(root)
    tree, folder = work / "initrd", work / "kernel"
    folder.mkdir(parents=True)
    initrd_tree(root, tree, board.arch)
    pack_initrd(tree, folder / "initrd", epoch)
    shutil.copy(work / "boot" / f"vmlinuz-{kernel}", folder / board.kernel_file)
    shutil.copy(script, folder / "boot.scr")
    for pattern in TREES:
        for path in sorted((work / "dtbs").glob(pattern)):
            target = folder / "dtbs" / path.relative_to(work / "dtbs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return folder
