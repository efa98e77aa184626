#!/usr/bin/env python3
"""The account service alone, and a server that is claimed by an account there, on this machine.

    run_accounts.py BINARY ACCOUNTS SERVER MEDIA HTTPS HTTP SERVER_HTTPS SERVER_HTTP

ACCOUNTS and SERVER are the data folders, HTTPS and HTTP the ports of the service. The server's config
names the service and nothing else: its own wizard shows the code by which it is let in. The service
goes by localhost and the server by 127.0.0.1: browsers keep their cookies by name and do not look at
the port.
"""

import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 60

SERVICE_CONFIG = """\
# Written by `make run-accounts`. For a config of your own: stead accounts serve --config FILE
[paths]
data_dir = '.'
[net]
https_listen = '127.0.0.1:{https}'
http_listen = '127.0.0.1:{http}'
[discovery]
mdns = false
[accounts]
issuer = '{issuer}'
"""
SERVER_CONFIG = """\
# Written by `make run-accounts`. For a config of your own: stead serve --config FILE
[paths]
data_dir = '.'
[net]
https_listen = '127.0.0.1:{https}'
http_listen = '127.0.0.1:{http}'
[discovery]
mdns = false
[media]
roots = ['{media}']
[issuer]
url = '{issuer}'
name = 'The account service'
ca = '{ca}'
"""


@dataclass
class Ports:
    """Where one of the two listens."""

    https: int
    http: int


@dataclass
class Place:
    """One of the two: its data folder and its ports."""

    folder: Path
    ports: Ports


def say(text: str) -> None:
    print(text, flush=True)


def start(binary: str, arguments: list[str], folder: Path, ports: Ports) -> subprocess.Popen:
    """Starts one of the two and waits until it answers."""
    # In a session of its own: Ctrl-C is for this program, which then ends both.
    process = subprocess.Popen([binary, *arguments, "--config", str(folder / "run.toml")],
                               start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"`stead {' '.join(arguments)}` has ended; it says why above.")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ports.http}/health", timeout=5):
                return process
        except OSError:
            time.sleep(0.1)
    process.terminate()
    raise RuntimeError(f"`stead {' '.join(arguments)}` did not answer within {PATIENCE_S} s.")


def both(binary: str, service: Place, server: Place, media: str) -> None:
    """Runs the two until one ends or Ctrl-C comes."""
    for place in (service, server):
        place.folder.mkdir(parents=True, exist_ok=True)
        place.folder.chmod(0o700)
    issuer = f"https://localhost:{service.ports.https}"
    (service.folder / "run.toml").write_text(SERVICE_CONFIG.format(
        https=service.ports.https, http=service.ports.http, issuer=issuer))
    (server.folder / "run.toml").write_text(SERVER_CONFIG.format(
        https=server.ports.https, http=server.ports.http, media=media, issuer=issuer,
        ca=service.folder / "tls" / "ca.pem"))
    running = []
    try:
        # The service first: it makes the certificate authority that the server trusts.
        running.append(start(binary, ["accounts", "serve"], service.folder, service.ports))
        running.append(start(binary, ["serve"], server.folder, server.ports))
        say(f"\nStead: the account service runs: {issuer}\n"
            f"Stead: the server runs: https://127.0.0.1:{server.ports.https}\n"
            "  To make the server yours:\n"
            f"  1. Make an account: {issuer}/signup\n"
            "     The browser warns once for each of the two: their certificates are their own.\n"
            f"  2. Open the file {server.folder / 'Setup Stead.html'} in the browser and take its link\n"
            "     to 127.0.0.1. The page shows a code; approve it with your account.\n"
            "  Ctrl-C ends both.")
        while all(process.poll() is None for process in running):
            time.sleep(0.2)
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait()


def main() -> int:
    binary, accounts, server, media, *numbers = sys.argv[1:]
    https, http_port, server_https, server_http = map(int, numbers)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    service = Place(Path(accounts).resolve(), Ports(https, http_port))
    box = Place(Path(server).resolve(), Ports(server_https, server_http))
    try:
        both(binary, service, box, media)
        return 1
    except KeyboardInterrupt:
        return 0
    except (RuntimeError, OSError) as failure:
        print(f"stead: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
