#!/usr/bin/env python3
"""Two real processes: the account service alone, and a server that is claimed by an account there.

`scripts/kit/run_accounts.py` is what `make run-accounts` runs. The calls of the pages alone claim the
server by a code here, and sign in again after all its addresses have changed.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from kit import client, server  # noqa: E402

BINARY = os.environ.get("STEAD_BIN")
PERSON = "robin"
PASSWORD = "nineteen quiet herons"
PATIENCE_S = 60


class Running:
    """`run_accounts.py` in folders and on ports of its own."""

    def __init__(self, folder: Path, ports: list[int]):
        self.folder, self.ports, self.log = folder, ports, folder / "log"
        (folder / "media").mkdir(exist_ok=True)
        program = ROOT / "scripts" / "kit" / "run_accounts.py"
        names = [BINARY, folder / "accounts", folder / "server", folder / "media"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-B", str(program), *map(str, names), *map(str, ports)],
                stdout=log, stderr=log, start_new_session=True)

    def says(self, words: str) -> str:
        """Waits for these words; all that was said until then."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            said = self.log.read_text(errors="replace")
            if words in said:
                return said
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"{words!r} was not said:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def service(self) -> client.Client:
        """A browser at the service."""
        return client.Client(f"http://127.0.0.1:{self.ports[1]}")

    def box(self) -> client.Client:
        """A browser at the server."""
        return client.Client(f"http://127.0.0.1:{self.ports[3]}")


class Alone:
    """The server without the account service, on the ports and in the folder that it had."""

    def __init__(self, folder: Path):
        self.log = folder / "alone.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--config", str(folder / "server" / "run.toml")],
                stdout=log, stderr=log, start_new_session=True)

    def answers(self, browser: client.Client) -> dict:
        """What anybody may know of it, as soon as it runs."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                return browser.get("/api/v1/server")
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the server does not answer:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def said_back(to: str) -> dict:
    """What a browser brings along that is sent there."""
    back = parse_qs(urlsplit(to).query)
    return {name: back[name][0] for name in ("state", "code", "iss")}


def there_and_back(person: client.Client, redirect: str) -> dict:
    """At the service's own pages: signs in if asked to, agrees, and is sent back with this."""
    asked = {"query": urlsplit(redirect).query}
    step = person.post("/api/v1/oauth/authorize", asked)
    if step["step"] == "sign_in":
        asked["ticket"] = step["ticket"]
        person.post("/api/v1/signin", {"name": PERSON, "password": PASSWORD})
        step = person.post("/api/v1/oauth/authorize", asked)
    if step["step"] == "consent":
        step = person.post("/api/v1/oauth/consent", {**asked, "agree": True})
    return said_back(step["to"])


@unittest.skipUnless(BINARY, "STEAD_BIN names the binary")
class Accounts(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="stead-accounts-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def run_on(self, ports: list[int]) -> Running:
        running = Running(self.folder, ports)
        self.addCleanup(running.kill)
        return running

    def claim(self, running: Running, person: client.Client) -> str:
        """Claims the server by the account; a recovery code."""
        browser = running.box()
        proof = {"kind": "link", "secret": client.claim_secret(self.folder / "server")}
        browser.post("/api/v1/claim/begin", {"proof": proof, "browser_time_ms": client.now_ms()})
        shown = browser.post("/api/v1/claim/external/code")
        self.assertEqual(shown["step"], "waiting")
        self.assertTrue(shown["link"].startswith(f"https://localhost:{running.ports[0]}/"))
        asked = person.post("/api/v1/devices/look", {"code": shown["user_code"]})
        self.assertIn("Stead", str(asked))
        person.post("/api/v1/devices/approve", {"code": shown["user_code"], "name": "A server"})
        factor = self.let_in(browser)
        secret = factor["secret_base32"]
        codes = browser.post("/api/v1/claim/totp", {"code": client.totp(secret)})["recovery_codes"]
        browser.post("/api/v1/claim/finish", {"code_tail": codes[0].replace("-", "")[-4:]})
        self.assertEqual(browser.get("/api/v1/me")["user"]["role"], "owner")
        return codes[0]

    def let_in(self, browser: client.Client) -> dict:
        """Asks the server as its page does, until it knows who approved the code."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            step = browser.post("/api/v1/claim/external/look")
            if step["step"] == "totp":
                return step
            self.assertIn(step["step"], ("waiting", "registering"))
            time.sleep(step["again_in_s"])
        raise AssertionError("nobody was let in")

    def test_an_account_of_the_service_alone_claims_a_server_and_signs_in_when_its_addresses_changed(self):
        ports = server.free_ports(6)
        running = self.run_on(ports[:4])
        running.says("Ctrl-C ends both")
        person = running.service()
        person.post("/api/v1/signup", {"name": PERSON, "password": PASSWORD})
        recovery = self.claim(running, person)
        told = running.box().get("/api/v1/server")
        self.assertEqual((told["state"], told["issuer"]), ("claimed", "The account service"))
        self.assertEqual(running.stop(), 0)

        moved = self.run_on([*ports[:2], *ports[4:]])
        moved.says("the issuer knows this server's names and addresses of now")
        browser = moved.box()
        sent = browser.post("/api/v1/signin/external")
        self.assertIn(f"127.0.0.1%3A{ports[5]}", sent["redirect"])
        step = browser.post("/api/v1/signin/external/finish", there_and_back(person, sent["redirect"]))
        browser.post("/api/v1/signin/factor", {"ticket": step["ticket"], "method": "recovery",
                                               "code": recovery, "browser_time_ms": client.now_ms()})
        self.assertEqual(browser.get("/api/v1/me")["user"]["role"], "owner")
        self.assertEqual(moved.stop(), 0)
        self.goes_on_alone(browser)
        self.loses_its_owner([*ports[:2], *ports[4:]], browser)

    def goes_on_alone(self, browser: client.Client) -> None:
        """The service is gone for good: who is signed in goes on, nobody else gets in, nobody owns it."""
        alone = Alone(self.folder)
        self.addCleanup(alone.kill)
        stranger = client.Client(browser.url)
        self.assertEqual(alone.answers(stranger)["state"], "claimed")
        self.assertEqual(browser.get("/api/v1/me")["user"]["role"], "owner")
        with self.assertRaisesRegex(client.ApiError, "503.*issuer_unavailable") as refused:
            stranger.post("/api/v1/signin/external")
        self.assertIn("detail", str(refused.exception))
        with self.assertRaisesRegex(client.ApiError, "401"):
            stranger.get("/api/v1/me")
        self.assertEqual(stranger.get("/api/v1/server")["state"], "claimed")
        browser.get("/api/v1/home")
        self.assertEqual(alone.stop(), 0)

    def loses_its_owner(self, ports: list[int], browser: client.Client) -> None:
        """The account is removed at the service, which says so where the owner shows who they are."""
        back = self.run_on(ports)
        back.says("Ctrl-C ends both")
        removed = subprocess.run(
            [BINARY, "accounts", "remove", PERSON, "--yes",
             "--config", str(self.folder / "accounts" / "run.toml")],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(removed.returncode, 0, removed.stderr)
        redirect = browser.post("/api/v1/stepup/external")["redirect"]
        told = back.service().post("/api/v1/oauth/authorize", {"query": urlsplit(redirect).query})
        self.assertEqual(told["step"], "stopped")
        with self.assertRaisesRegex(client.ApiError, "403.*issuer_shut_out"):
            browser.post("/api/v1/stepup/external/finish", said_back(told["to"]))
        self.assertEqual(back.box().get("/api/v1/server")["state"], "orphaned")
        with self.assertRaisesRegex(client.ApiError, "401"):
            browser.get("/api/v1/me")
        self.assertEqual(back.stop(), 0)


if __name__ == "__main__":
    unittest.main()
