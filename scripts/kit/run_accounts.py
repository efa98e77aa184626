#!/usr/bin/env python3
"""The account service alone, and a server that is claimed by an account there, on this machine.

    run_accounts.py BINARY ACCOUNTS SERVER MEDIA HTTPS HTTP SERVER_HTTPS SERVER_HTTP

ACCOUNTS and SERVER are the data folders, HTTPS and HTTP the ports of the service. A person with an
account lets the server in by a code (RFC 8628); it then registers the addresses it is reached by
(RFC 7591), and its config names the service. The service goes by localhost and the server by
127.0.0.1: browsers keep their cookies by name and do not look at the port.
"""

import http.client
import json
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

SERVER_NAME = "Stead on this machine"
CLIENT = "stead-server"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
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
client_id = '{client}'
client_secret_file = '{secret}'
ca = '{ca}'
"""


class Refused(RuntimeError):
    """The service says no; carries its word for it (RFC 6749 §5.2, RFC 8628 §3.5)."""


@dataclass
class Ports:
    """Where one of the two listens."""

    https: int
    http: int


class Service:
    """The account service, as a program meets it: over TLS, trusting its own authority."""

    def __init__(self, folder: Path, ports: Ports):
        self.folder, self.ports = folder, ports
        self.issuer = f"https://localhost:{ports.https}"

    @property
    def ca(self) -> Path:
        return self.folder / "tls" / "ca.pem"

    def form(self, path: str, **fields: str) -> dict:
        """A form to an endpoint of OAuth."""
        body = urllib.parse.urlencode(fields).encode()
        return self._send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def register(self, method: str, path: str, token: str, metadata: dict) -> dict:
        """Makes a client known, or says what it is now (RFC 7591 §3, RFC 7592 §2.2)."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self._send(method, path, json.dumps(metadata).encode(), headers)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> dict:
        context = ssl.create_default_context(cafile=str(self.ca))
        connection = http.client.HTTPSConnection("localhost", self.ports.https, timeout=20,
                                                 context=context)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 300:
            raise Refused(said.get("error", str(said)))
        return said


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


def let_in(service: Service) -> str:
    """Waits until somebody lets the server in; the token to register by."""
    asked = service.form("/oauth/device_authorization", client_id=CLIENT,
                         scope="openid registration", device_name=SERVER_NAME)
    say(f"  1. Make an account: {service.issuer}/signup\n"
        "     The browser warns once, since the certificate is the service's own.\n"
        f"  2. Let the server in: {asked['verification_uri_complete']}\n"
        f"     The page shows the code {asked['user_code']}.")
    pause = asked.get("interval", 5)
    while True:
        time.sleep(pause)
        try:
            return service.form("/oauth/token", grant_type=DEVICE_GRANT, client_id=CLIENT,
                                device_code=asked["device_code"])["access_token"]
        except Refused as refusal:
            if str(refusal) == "slow_down":
                pause += 5
            elif str(refusal) != "authorization_pending":
                raise


def registered(service: Service, server: Path, ports: Ports) -> dict:
    """What the server is called at the service: asked for once, and told when its addresses change."""
    origins = [f"https://127.0.0.1:{ports.https}", f"http://127.0.0.1:{ports.http}"]
    metadata = {
        "client_name": SERVER_NAME,
        "redirect_uris": [f"{origin}/signin/callback" for origin in origins],
        "scope": "openid profile",
    }
    kept = server / "client.json"
    if not kept.exists():
        client = service.register("POST", "/oauth/register", let_in(service), metadata)
    else:
        client = json.loads(kept.read_text())
        if client["redirect_uris"] == metadata["redirect_uris"]:
            return client
        path = urllib.parse.urlsplit(client["registration_client_uri"]).path
        known = {name: client[name] for name in ("client_id", "client_secret")}
        client |= service.register("PUT", path, client["registration_access_token"], known | metadata)
    for path, text in ((kept, json.dumps(client)), (server / "client.secret", client["client_secret"])):
        path.touch(0o600)
        path.write_text(text)
    return client


def both(binary: str, service: Service, server: Path, media: str, ports: Ports) -> None:
    """Runs the two until one ends or Ctrl-C comes."""
    for folder in (service.folder, server):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    (service.folder / "run.toml").write_text(SERVICE_CONFIG.format(
        https=service.ports.https, http=service.ports.http, issuer=service.issuer))
    running = [start(binary, ["accounts", "serve"], service.folder, service.ports)]
    try:
        say("\nStead: the account service runs. What to do next:")
        client = registered(service, server, ports)
        (server / "run.toml").write_text(SERVER_CONFIG.format(
            https=ports.https, http=ports.http, media=media, issuer=service.issuer,
            client=client["client_id"], secret=server / "client.secret", ca=service.ca))
        running.append(start(binary, ["serve"], server, ports))
        say(f"\nStead: the server runs: https://127.0.0.1:{ports.https}\n"
            f"  To make it yours, open the file {server / 'Setup Stead.html'} in the browser and take\n"
            "  its link to 127.0.0.1. Ctrl-C ends both.")
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
    service = Service(Path(accounts).resolve(), Ports(https, http_port))
    try:
        both(binary, service, Path(server).resolve(), media, Ports(server_https, server_http))
        return 1
    except KeyboardInterrupt:
        return 0
    except (RuntimeError, OSError) as failure:
        print(f"stead: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
