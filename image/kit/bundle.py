"""The update bundle, and the development authority that signs it where nobody brings another."""

import os
import shutil
import subprocess
from pathlib import Path

from . import tables

DAYS = "3650"


class Authority:
    """A certificate, its key and the keyring that boxes are given. STEAD_SIGN_CERT, STEAD_SIGN_KEY and
    STEAD_SIGN_KEYRING name those of a release; without them one is made in the build folder, which is
    never committed and signs nothing that ships."""

    def __init__(self, folder: Path):
        named = [os.environ.get(f"STEAD_SIGN_{name}") for name in ("CERT", "KEY", "KEYRING")]
        if any(named):
            if not all(named):
                raise SystemExit("stead: STEAD_SIGN_CERT, STEAD_SIGN_KEY and STEAD_SIGN_KEYRING belong together")
            self.cert, self.key, self.keyring = (Path(name) for name in named)
            return
        self.cert, self.key, self.keyring = (folder / name for name in ("cert.pem", "key.pem", "ca.pem"))
        if not self.keyring.exists():
            make(folder)


def openssl(*words: str | Path) -> None:
    """One step of openssl."""
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def make(folder: Path) -> None:
    """An authority, and a certificate of it for signing bundles."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    config = folder / "openssl.cnf"
    config.write_text("[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=Stead development\n"
                      "[ca]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
                      "subjectKeyIdentifier=hash\n"
                      "[leaf]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                      "extendedKeyUsage=emailProtection,codeSigning\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-config", config, "-extensions", "ca", "-days", DAYS, "-subj",
            "/CN=Stead development authority", "-keyout", folder / "ca-key.pem", "-out", folder / "ca.new")
    openssl("req", *curve, "-config", config, "-subj", "/CN=Stead development signer", "-keyout", folder / "key.pem",
            "-out", folder / "leaf.csr")
    openssl("x509", "-req", "-in", folder / "leaf.csr", "-CA", folder / "ca.new", "-CAkey", folder / "ca-key.pem",
            "-CAcreateserial", "-extfile", config, "-extensions", "leaf", "-days", DAYS, "-out", folder / "cert.pem")
    # Last, since its presence says that the rest is whole.
    (folder / "ca.new").rename(folder / "ca.pem")


def write(target: Path, kernel: Path, root: Path, version: str, compatible: str, authority: Authority, work: Path) -> None:
    """A verity bundle of both slots."""
    folder = work / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.link(kernel, folder / "kernel.img")
    os.link(root, folder / "root.img")
    (folder / "manifest.raucm").write_text(tables.filled(
        (tables.IMAGE / "rauc/manifest.raucm.in").read_text(), {"COMPATIBLE": compatible, "VERSION": version}))
    target.unlink(missing_ok=True)
    # What it holds is compressed already.
    done = subprocess.run(["rauc", "bundle", f"--cert={authority.cert}", f"--key={authority.key}",
                           f"--keyring={authority.keyring}", "--mksquashfs-args=-comp zstd -Xcompression-level 3 -no-progress",
                           folder, target], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"stead: rauc could not make the bundle:\n{done.stderr}{done.stdout}")
    shutil.rmtree(folder)
