"""Debian packages of another architecture: fetched by apt with settings of its own, unpacked by dpkg-deb.

The build host's dpkg and apt know nothing of it, and no maintainer script runs.
"""

import os
import subprocess
from pathlib import Path


# Firmware of radios is the one thing here that is not free (packages.list).
COMPONENTS = "main non-free-firmware"
SUITES = (
    ("debian", "bookworm", COMPONENTS),
    ("debian", "bookworm-updates", COMPONENTS),
    ("debian-security", "bookworm-security", COMPONENTS),
)
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Packages:
    """The packages of one architecture, kept in the cache folder between builds."""

    def __init__(self, debian: str, cache: Path):
        self.debian, self.cache = debian, cache
        self.archives = cache / "archives"
        for folder in ("archives/partial", "lists/partial", "etc"):
            (cache / folder).mkdir(parents=True, exist_ok=True)
        (cache / "status").touch()
        self.config = cache / "etc/apt.conf"
        self.config.write_text("\n".join([
            f'APT::Architecture "{debian}";', f'APT::Architectures "{debian}";',
            'APT::Install-Recommends "false";', 'APT::Sandbox::User "root";', 'Acquire::Languages "none";',
            f'Dir::State::status "{cache}/status";', f'Dir::State::Lists "{cache}/lists";',
            f'Dir::Cache "{cache}";', f'Dir::Cache::Archives "{self.archives}";',
            f'Dir::Etc::SourceList "{cache}/etc/sources.list";', 'Dir::Etc::SourceParts "/dev/null";',
            f'Dir::Etc::Parts "{cache}/etc/none";', f'Dir::Etc::Main "{cache}/etc/none";',
            'Dir::Etc::Preferences "/dev/null";', 'Dir::Etc::PreferencesParts "/dev/null";',
            'APT::Keep-Downloaded-Packages "true";', 'Binary::apt-get::APT::Keep-Downloaded-Packages "true";',
            'Acquire::Retries "3";', "",
        ]))

    def _apt(self, *words: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, "APT_CONFIG": str(self.config), "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(["apt-get", "-q", *words], env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def update(self, insist_on_security: bool) -> str | None:
        """Fetches the lists. Returns what had to be left out, if something had to be."""
        for suites, without in ((SUITES, None), (SUITES[:2], "the security suite")):
            if without and insist_on_security:
                break
            (self.cache / "etc/sources.list").write_text("".join(
                f"deb [signed-by={KEYRING}] {MIRROR}/{path} {suite} {components}\n"
                for path, suite, components in suites))
            done = self._apt("update", "--error-on=any")
            if done.returncode == 0:
                return without
        raise SystemExit(f"stead: apt could not fetch the lists for {self.debian}:\n{done.stderr}{done.stdout}")

    def fetch(self, names: list[str]) -> list[Path]:
        """The .deb files of these packages and of all they depend on, in a fixed order."""
        told = self._apt("install", "--yes", "--print-uris", *names)
        if told.returncode != 0:
            raise SystemExit(f"stead: apt finds no way to these packages for {self.debian}:\n{told.stderr}{told.stdout}")
        done = self._apt("install", "--yes", "--download-only", *names)
        if done.returncode != 0:
            raise SystemExit(f"stead: apt could not fetch the packages for {self.debian}:\n{done.stderr}")
        wanted = self._apt("install", "--yes", "--print-uris", "--reinstall", "-o",
                           f"Dir::Cache::Archives={self.cache}/nothing", *names)
        files = sorted(line.split()[1] for line in wanted.stdout.splitlines() if line.startswith("'"))
        return [self.archives / name for name in files]


def field(deb: Path, *names: str) -> list[str]:
    """Fields of a package."""
    told = subprocess.run(["dpkg-deb", "--show", "--showformat", "\n".join(f"${{{name}}}" for name in names), deb],
                          text=True, capture_output=True, check=True)
    return told.stdout.split("\n")


def unpack(debs: list[Path], root: Path) -> dict[str, list[str]]:
    """Unpacks them into a root with /usr merged from the beginning. Returns which files each has, by the name of its .deb."""
    files = {}
    root.mkdir(parents=True)
    for name in ("bin", "sbin", "lib"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for deb in debs:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as reader:
            told = subprocess.run(["tar", "--extract", "--verbose", "--quoting-style=literal", "--directory", root,
                                   "--keep-directory-symlink", "--numeric-owner", "--same-permissions", "--same-owner",
                                   "--delay-directory-restore"], stdin=reader.stdout, stdout=subprocess.PIPE, text=True, check=True)
        files[deb.name] = [name for name in told.stdout.splitlines() if not name.endswith("/")]
        if reader.returncode != 0:
            raise SystemExit(f"stead: {deb.name} could not be unpacked; remove it from {deb.parent} and try again")
    return files
