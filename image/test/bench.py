"""What the cases share: disks in their states, bundles, and what a person does with a browser."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from machine import BOOT_S, Cable, Machine, expect
from plug import Plug

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit import bundle, disk, kernel, tables  # noqa: E402

DISK_BYTES = 3 * 1024**3
# A section of the config that no version knows.
MISTAKE = "nobody_knows_this"
# Room for a film of the sample library, and for what any file system wants for itself.
STICK_BYTES = 64 * 1024**2


def kit_client():
    """scripts/kit/client.py, whose package is named as this folder's neighbour is."""
    import importlib.util

    path = tables.IMAGE.parent / "scripts/kit/client.py"
    spec = importlib.util.spec_from_file_location("stead_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = kit_client()


@dataclass
class Bench:
    """One architecture's image and the folder that its tests work in."""

    board: tables.Board
    image: Path
    folder: Path
    # The program for this machine, whose `stead find` looks for boxes.
    stead: Path
    # Held by the case that makes what others want too.
    making: threading.RLock = field(default_factory=threading.RLock)

    @property
    def base(self) -> str:
        """The image's version."""
        return self.image.name.removeprefix(f"stead-{self.board.arch}-").removesuffix(".img")

    def slot_image(self, kind: str) -> Path:
        """What the image's slots hold: `kernel` or `root`."""
        return Path(f"{str(self.image)[:-4]}.{kind}")

    def log(self, name: str) -> Path:
        """The serial log of a case."""
        return self.folder / f"{name}.serial.log"

    def fresh(self, name: str) -> Path:
        """A disk that was just flashed."""
        return self.copy(self.image, name)

    def copy(self, source: Path, name: str) -> Path:
        """A disk of a case's own."""
        target = self.folder / f"{name}.disk"
        subprocess.run(["cp", "--sparse=always", source, target], check=True)
        if target.stat().st_size < DISK_BYTES:
            os.truncate(target, DISK_BYTES)
        return target

    def settled(self, name: str) -> Path:
        """A disk that has started once and has both slots; made when it is first asked for."""
        kept, made = self.folder / "settled.disk", self.folder / "settled.of"
        stamp = f"{self.image.stat().st_mtime_ns}"
        with self.making:
            if not kept.exists() or not made.exists() or made.read_text() != stamp:
                target = self.fresh("settling")
                with Machine(self.board, target, self.log("settling")) as box:
                    box.settled()
                    both_slots(box)
                    box.off()
                target.rename(kept)
                made.write_text(stamp)
        return self.copy(kept, name)

    def keep_settled(self, target: Path) -> None:
        """Another case has made such a disk: this one need not be made again."""
        self.copy(target, "settled")
        (self.folder / "settled.of").write_text(f"{self.image.stat().st_mtime_ns}")

    def machine(self, target: Path | Plug, name: str, more: list[str] | None = None, memory_mb: int = 1024,
                network: bool | Cable = True) -> Machine:
        """Starts a box from this disk, or from one whose plug is pulled."""
        if isinstance(target, Plug):
            return Machine(self.board, target.disk, self.log(name), more, memory_mb, network, target.place)
        return Machine(self.board, target, self.log(name), more, memory_mb, network)

    def media(self) -> list[str]:
        """A disk of people with the sample library, as words for QEMU."""
        made = self.folder / "media.img"
        if not made.exists():
            with tempfile.TemporaryDirectory() as copy:
                shutil.copytree(sample(), copy, dirs_exist_ok=True)
                disk.ext4(made, Path(copy), "Films", 256 << 20, 1_700_000_000)
        return ["-drive", f"if=none,id=media,file={made},format=raw", "-device", "virtio-blk-pci,drive=media"]

    def sticks(self, owner: str, names: tuple[str, ...]) -> list[str]:
        """Empty sticks that can be plugged in while the box runs, and a port for them, as words for QEMU."""
        words = ["-device", "qemu-xhci,id=usb"]
        for name in names:
            made = self.folder / f"{owner}-{name}.disk"
            with made.open("wb") as file:
                file.truncate(STICK_BYTES)
            words += ["-blockdev", f"driver=raw,node-name={name},file.driver=file,file.filename={made}"]
        return words

    def bundle(self, name: str) -> bytes:
        """One of the bundles; made when it is first asked for."""
        with self.making:
            return Bundles(self).made(name).read_bytes()

    def bundles(self) -> list[str]:
        """The disk with all the bundles, as words for QEMU; it appears as the second one."""
        made = self.folder / "bundles.img"
        stamp = self.folder / "bundles.of"
        told = Bundles(self).stamp()
        with self.making:
            if not made.exists() or not stamp.exists() or stamp.read_text() != told:
                Bundles(self).disk(made)
                stamp.write_text(told)
        return ["-drive", f"if=none,id=bundles,file={made},format=raw,readonly=on", "-device", "virtio-blk-pci,drive=bundles"]


def sample() -> Path:
    """The sample library."""
    told = subprocess.run([tables.IMAGE.parent / "scripts/sample-library"], check=True, capture_output=True, text=True)
    return Path(told.stdout.strip())


def both_slots(box: Machine) -> None:
    """Waits until the second slot is filled and stands in the boot order."""
    deadline = time.monotonic() + BOOT_S
    while box.shell.told("fw_printenv -n BOOT_ORDER") != "A B":
        expect(time.monotonic() < deadline, "the second slot was not filled")
        box.drain()
        time.sleep(2)


def environment(box: Machine) -> dict[str, str]:
    """The loader's environment, as the box reads it."""
    text = box.shell.told("fw_printenv")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def environments(target: Path) -> dict[str, dict[str, str]]:
    """Those copies of the loader's environment on a disk that are whole, the first one first."""
    found, start = {}, tables.partition("stead-state").start
    with target.open("rb") as file:
        for name in ("environment", "environment-copy"):
            offset, size = tables.state()[name]
            file.seek(start + offset)
            content = file.read(size)
            if disk.zlib.crc32(content[4:]).to_bytes(4, "little") == content[:4]:
                lines = content[4:].split(b"\0\0")[0].decode().split("\0")
                found[name] = dict(line.split("=", 1) for line in lines if "=" in line)
    return found


def slot(box: Machine) -> str:
    """The slot that runs."""
    line = box.shell.told("cat /proc/cmdline")
    return next(word.removeprefix("rauc.slot=") for word in line.split() if word.startswith("rauc.slot="))


def version(box: Machine) -> str:
    """The version that runs."""
    return box.shell.told(". /etc/os-release; echo $IMAGE_VERSION")


def browser(box: Machine):
    """A browser of somebody in the box's network."""
    return client.Client(f"https://localhost:{box.port}", BOOT_S)


def answers(box: Machine, at: str | None = None) -> dict:
    """Waits until the box answers a browser, in its own network or at this address; returns what it says of itself to anybody."""
    deadline = time.monotonic() + BOOT_S
    while True:
        try:
            one = client.Client(f"https://{at}", BOOT_S) if at else browser(box)
            return one.get("/api/v1/server")
        except (OSError, client.http.client.HTTPException) as error:
            expect(time.monotonic() < deadline, f"no answer on port 443 within {BOOT_S} s: {error}")
            box.drain()
            time.sleep(1)


def claim(box: Machine, one=None):
    """The whole claim, by the secret of the set-up page on the box; by this browser, or one of its own."""
    page = box.shell.told("cat '/var/lib/stead/Setup Stead.html'")
    one = one or browser(box)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Setup Stead.html").write_text(page)
        client.claim(one, Path(folder))
    return one


class Bundles:
    """Updates, good and bad, made of the image's own slots."""

    NAMES = ("good", "bad", "no-data", "panic", "garbage", "older", "other-board", "foreign", "torn", "tampered")

    def __init__(self, bench: Bench):
        self.bench, self.image = bench, bench.image
        self.kernel, self.root = bench.slot_image("kernel"), bench.slot_image("root")
        self.work = bench.folder / "bundles"

    def stamp(self) -> str:
        """What they are made of and by."""
        return f"{self.image.stat().st_mtime_ns} {Path(__file__).stat().st_mtime_ns}"

    def made(self, name: str) -> Path:
        """One of them, named for what is wrong with it."""
        stamp = self.work / "of"
        if not stamp.exists() or stamp.read_text() != self.stamp():
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir(parents=True)
            stamp.write_text(self.stamp())
        target = self.work / f"{name}.raucb"
        if not target.exists():
            getattr(self, name.replace("-", "_"))(target)
        return target

    def good(self, target: Path) -> None:
        """The same system with a later version."""
        self.write(target, 1, {"kernel": self.kernel, "root": self.other_root(1)})

    def bad(self, target: Path) -> None:
        """One whose server ends at once, since it does not know its own config."""
        self.write(target, 2, {"kernel": self.kernel, "root": self.other_root(2, more_config=f"\n[{MISTAKE}]\n")})

    def no_data(self, target: Path) -> None:
        """One that does not find the data partition, as one with a driver too few."""
        self.write(target, 7, {"kernel": self.kernel, "root": self.other_root(7, data=False)})

    def panic(self, target: Path) -> None:
        """One whose kernel panics. RAUC goes to a slot whose root was installed; this one is never reached."""
        self.write(target, 3, {"kernel": self.panicking_kernel(), "root": self.no_root()})

    def garbage(self, target: Path) -> None:
        """One whose root is no file system."""
        self.write(target, 4, {"root": self.no_root()})

    def older(self, target: Path) -> None:
        """One of before."""
        self.write(target, 0, {"root": self.no_root()}, version="0.0.1")

    def other_board(self, target: Path) -> None:
        """One for something else."""
        self.write(target, 5, {"root": self.no_root()}, compatible="stead-other")

    def foreign(self, target: Path) -> None:
        """One that a stranger signed."""
        self.write(target, 6, {"root": self.no_root()}, authority=bundle.Authority(self.work / "stranger"))

    def torn(self, target: Path) -> None:
        """The first half of one."""
        whole = self.made("garbage").read_bytes()
        target.write_bytes(whole[: len(whole) // 2])

    def tampered(self, target: Path) -> None:
        """One of which a bit is another."""
        whole = bytearray(self.made("garbage").read_bytes())
        whole[len(whole) // 3] ^= 1
        target.write_bytes(whole)

    def no_root(self) -> Path:
        """What no kernel can mount."""
        target = self.work / "garbage.root"
        target.write_bytes(hashlib.shake_256(b"garbage").digest(4 << 20))
        return target

    def other_root(self, step: int, more_config: str = "", data: bool = True) -> Path:
        """The image's root file system with a later version; with more in its config, or without its data."""
        tree = self.work / "tree"
        if not tree.exists():
            subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-d", tree, self.root], check=True, capture_output=True)
        release = tree / "usr/lib/os-release"
        release.write_text("".join(
            f'{line.split("=")[0]}="{self.bench.base}.{step}"\n' if line.startswith(("IMAGE_VERSION", "VERSION_ID")) else line
            for line in release.read_text().splitlines(keepends=True)))
        config = tree / "etc/stead/stead.toml"
        config.write_text(config.read_text().partition(f"\n[{MISTAKE}]")[0] + more_config)
        table = tree / "etc/fstab"
        mounts = table.read_text().replace("#/dev/stead/data", "/dev/stead/data")
        table.write_text(mounts if data else mounts.replace("/dev/stead/data ", "#/dev/stead/data "))
        target = self.work / "other.root"
        disk.root_slot(target, tree, 1_700_000_000, ["-comp", "zstd", "-Xcompression-level", "1"])
        return target

    def panicking_kernel(self) -> Path:
        """A kernel slot whose first program ends at once: the kernel panics."""
        tree = self.work / "panic"
        tree.mkdir()
        (tree / "init").write_text("#!/no/such/program\n")
        (tree / "init").chmod(0o755)
        target = self.work / "panic.kernel"
        shutil.copy(self.kernel, target)
        kernel.pack_initrd(tree, self.work / "initrd", 1_700_000_000)
        for command in ("rm /initrd", f"write {self.work}/initrd /initrd"):
            subprocess.run(["debugfs", "-w", "-R", command, target], check=True, capture_output=True)
        return target

    def write(self, target: Path, step: int, images: dict[str, Path], version: str = "", compatible: str = "", authority=None) -> None:
        """Signs one, of the image's version and a step."""
        folder = self.work / "content"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        manifest = (f"[update]\ncompatible={compatible or self.bench.board.compatible}\n"
                    f"version={version or f'{self.bench.base}.{step}'}\n[bundle]\nformat=verity\n")
        for kind, path in images.items():
            os.link(path, folder / f"{kind}.img")
            manifest += f"[image.{kind}]\nfilename={kind}.img\n"
        (folder / "manifest.raucm").write_text(manifest)
        who = authority or bundle.Authority(self.image.parent / "development-authority")
        subprocess.run(["rauc", "bundle", f"--cert={who.cert}", f"--key={who.key}", f"--keyring={who.keyring}",
                        "--mksquashfs-args=-comp zstd -Xcompression-level 1 -no-progress", folder, target], check=True, capture_output=True)

    def disk(self, target: Path) -> None:
        """All of them on one disk."""
        folder = self.work / "all"
        for name in self.NAMES:
            one = self.made(name)
            folder.mkdir(exist_ok=True)
            os.link(one, folder / one.name)
        size = sum(path.stat().st_size for path in folder.iterdir())
        disk.ext4(target, folder, "bundles", -(-size // (1 << 20)) * (1 << 20) * 11 // 10 + (32 << 20), 1_700_000_000)
        shutil.rmtree(self.work)


class Passed:
    """Which cases have passed, each with its figures: a run that is begun again goes on behind them."""

    def __init__(self, folder: Path, image: Path, tries: int):
        self.kept = folder / "results.json"
        sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
        # A pass is one of this image, of the cases as they are now, and with so many tries of a slot.
        self.stamp = f"{image.stat().st_mtime_ns} {hashlib.sha256(sources).hexdigest()} {tries}"
        self._all = json.loads(self.kept.read_text()) if self.kept.exists() else {}

    def figures(self, name: str) -> list[str] | None:
        """The figures of a case that has passed; none where it has not, or was another one then."""
        held = self._all.get(name)
        return held["figures"] if held and held["stamp"] == self.stamp else None

    def add(self, name: str, figures: list[str]) -> None:
        """One more; known from now on, whatever becomes of this run."""
        self._all[name] = {"stamp": self.stamp, "figures": figures}
        self.kept.write_text(json.dumps(self._all))
