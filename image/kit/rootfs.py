"""From unpacked packages to the root file system: what maintainer scripts would have made, made natively."""

import shutil
import subprocess
from pathlib import Path

from . import tables
from .libraries import check_libraries

REPOSITORY = tables.IMAGE.parent
# Here → there, by the table in systemd/README.md.
UNITS = {"system": "usr/lib/systemd/system", "system-preset": "usr/lib/systemd/system-preset",
         "sysusers.d": "usr/lib/sysusers.d", "tmpfiles.d": "usr/lib/tmpfiles.d",
         "udev": "usr/lib/udev/rules.d", "etc": "etc"}
# What Debian's alternatives would choose: link → target.
ALTERNATIVES = {"usr/bin/awk": "mawk", "usr/lib/firmware/regulatory.db": "regulatory.db-debian",
                "usr/lib/firmware/regulatory.db.p7s": "regulatory.db.p7s-debian"}
LIBRARY_ALTERNATIVES = {"libblas.so.3": "blas/libblas.so.3", "liblapack.so.3": "lapack/liblapack.so.3"}
MOUNT_POINTS = ("proc", "sys", "dev", "run", "tmp", "var", "data", "media", "mnt", "srv", "root", "boot/stead")


def run(*words: str | Path) -> None:
    """A step; its message is shown when it fails."""
    done = subprocess.run(words, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"stead: {words[0]} failed:\n{done.stdout}{done.stderr}")


def leave_out(root: Path) -> None:
    """Removes what the image does without."""
    for pattern in tables.lines(tables.IMAGE / "leave-out.list"):
        for path in root.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def keep_firmware(root: Path) -> None:
    """Keeps the firmware that firmware.list names. What is not free may be handed on with its licence
    only, so those lie beside it, and not where documents are left out."""
    folder = (root / "usr/lib/firmware").resolve()
    kept: set[Path] = set()
    for pattern in tables.lines(tables.IMAGE / "firmware.list"):
        for path in folder.glob(pattern):
            kept |= {path, path.resolve()}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()
    for licence in sorted((root / "usr/share/doc").glob("firmware-*/copyright")):
        shutil.copy(licence, folder / f"LICENCE.{licence.parent.name}")


def copy_over(source: Path, root: Path) -> None:
    """Lays a folder over the root, as root's, readable by everybody."""
    for path in sorted(source.rglob("*")):
        target = root / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif path.is_symlink() or path.suffix != ".in":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(path, target, follow_symlinks=False)
            if not path.is_symlink():
                target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def install_units(root: Path) -> None:
    """Installs systemd/ as it lies there."""
    for here, there in UNITS.items():
        if (REPOSITORY / "systemd" / here).is_dir():
            copy_over(REPOSITORY / "systemd" / here, root / there)


def users(root: Path) -> None:
    """passwd, group and shadow: Debian's own first, then what units and packages ask for."""
    for name in ("passwd", "group"):
        shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / "etc" / name)
    run("systemd-sysusers", f"--root={root}")
    shadow = root / "etc/shadow"
    # Nobody signs in with a password, root neither.
    names = [line.split(":")[0] for line in (root / "etc/passwd").read_text().splitlines()]
    shadow.write_text("".join(f"{name}:!*:19000::::::\n" for name in names))
    shadow.chmod(0o600)
    for left in ("etc/gshadow", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/.pwd.lock"):
        (root / left).unlink(missing_ok=True)


def settings(root: Path, values: dict[str, str]) -> None:
    """The files in etc that belong to no package."""
    write = lambda name, text: ((root / name).unlink(missing_ok=True), (root / name).write_text(text))
    write("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files resolve [!UNAVAIL=return] dns\n"
                               "networks: files\nservices: files\nprotocols: files\n")
    write("etc/hostname", "stead\n")
    write("etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 stead\n")
    write("etc/machine-id", "")
    write("usr/lib/os-release", tables.filled(
        'NAME="Stead"\nPRETTY_NAME="Stead @VERSION@"\nID=stead\nID_LIKE=debian\nVERSION_ID="@VERSION@"\n'
        'IMAGE_ID=@COMPATIBLE@\nIMAGE_VERSION="@VERSION@"\n', values))
    write("usr/lib/stead/image-identity", tables.identity(values["DISK_ID"]))
    for link, target in (("etc/os-release", "../usr/lib/os-release"), ("etc/mtab", "../proc/self/mounts"),
                         ("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf"),
                         ("etc/localtime", "../usr/share/zoneinfo/Etc/UTC")):
        (root / link).unlink(missing_ok=True)
        (root / link).symlink_to(target)
    certificates = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
    write("etc/ssl/certs/ca-certificates.crt", "".join(one.read_text().rstrip() + "\n" for one in certificates))
    fw_env = (tables.IMAGE / "rootfs/etc/fw_env.config.in").read_text()
    write("etc/fw_env.config", tables.filled(fw_env, values))
    (root / "etc/rauc").mkdir(exist_ok=True)
    write("etc/rauc/system.conf", tables.filled((tables.IMAGE / "rauc/system.conf.in").read_text(), values))


def fetch_updates_from(root: Path, address: str) -> None:
    """Tells boxes where updates come from. Their owners decide whether any are fetched."""
    config = root / "etc/stead/stead.toml"
    before, section, after = config.read_text().partition("[system]\n")
    if not section:
        raise SystemExit(f"stead: {config} has no [system] to name the source of updates in")
    config.write_text(f'{before}{section}update_source = "{address}"\n{after}')


def links(root: Path) -> None:
    """What update-alternatives would have linked."""
    for link, target in ALTERNATIVES.items():
        (root / link).unlink(missing_ok=True)
        (root / link).symlink_to(target)
    for folder in root.glob("usr/lib/*-linux-gnu*"):
        for link, target in LIBRARY_ALTERNATIVES.items():
            if (folder / target).exists() and not (folder / link).exists():
                (folder / link).symlink_to(target)


def configure(root: Path, binary: Path, keyring: Path, extra: list[Path], values: dict[str, str]) -> None:
    """The whole step. `extra` folders are laid over it last; what ships has none."""
    links(root)
    copy_over(tables.IMAGE / "rootfs", root)
    install_units(root)
    for folder in extra:
        copy_over(folder, root)
    shutil.copy(binary, root / "usr/bin/stead")
    (root / "usr/bin/stead").chmod(0o755)
    users(root)
    settings(root, values)
    shutil.copy(keyring, root / "etc/rauc/keyring.pem")
    for name in MOUNT_POINTS:
        (root / name).mkdir(parents=True, exist_ok=True)
    run("ldconfig", "-r", root)
    (root / "var/cache/ldconfig/aux-cache").unlink(missing_ok=True)
    check_libraries(root)
    run("systemctl", f"--root={root}", "preset-all")
