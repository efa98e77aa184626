"""A home network for boxes in QEMU: a switch, a router that hands out addresses, and a phone.

    switch (namespace): bridge `lan` ─ one tap a box; the router's DHCP server (dnsmasq)
    phone  (namespace): `eth0`, plugged into the bridge

QEMU's own user network carries no multicast. Nothing here reaches the machine's network, and
everything goes with the value, also where a case fails.
"""

import ctypes
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from machine import BOOT_S, Cable, Failure, expect

# Documentation's own network (RFC 5737): no home has it.
NETWORK, ROUTER, PHONE = "198.51.100", "198.51.100.1", "198.51.100.2"
# The shortest lease that dnsmasq gives: a box asks again after half of it.
LEASE_S = 120
MDNS, MDNS_PORT = "224.0.0.251", 5353
QUERY_ID = 0x5EAD
A, EVERYTHING = 1, 255
CLONE_NEWNET = 0x40000000
# Long enough that a second answer to a question would have come.
ANSWER_S = 3


def ip(*words: str) -> None:
    """iproute2; what it says when it refuses is the failure."""
    done = subprocess.run(["ip", *words], text=True, capture_output=True, check=False)
    expect(done.returncode == 0, f"ip {' '.join(words)}: {done.stderr.strip()} (network namespaces take root)")


class Lan:
    """A switch with a router and a phone."""

    def __init__(self, folder: Path, stead: Path):
        """`stead` is a program for this machine: the phone's `stead find`."""
        expect(shutil.which("dnsmasq") is not None, "dnsmasq is missing: scripts/setup test-image")
        expect(os.access(stead, os.X_OK), f"{stead} is missing: run `cargo build`")
        self.stead, self.leases = stead, folder / "dhcp.leases"
        self.log = folder / "dhcp.log"
        self.switch, self.phone = (f"stead{os.getpid()}{name}" for name in ("switch", "phone"))
        self.boxes = 0
        self._router: subprocess.Popen | None = None

    def __enter__(self) -> "Lan":
        try:
            for name in (self.switch, self.phone):
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            ip("-n", self.switch, "link", "add", "lan", "type", "bridge", "mcast_snooping", "0")
            ip("-n", self.switch, "addr", "add", f"{ROUTER}/24", "dev", "lan")
            ip("-n", self.switch, "link", "set", "lan", "up")
            ip("link", "add", "phone", "netns", self.switch, "type", "veth", "peer", "name", "eth0", "netns", self.phone)
            ip("-n", self.switch, "link", "set", "phone", "master", "lan", "up")
            ip("-n", self.phone, "addr", "add", f"{PHONE}/24", "dev", "eth0")
            ip("-n", self.phone, "link", "set", "eth0", "up")
            ip("-n", self.phone, "route", "add", "default", "via", ROUTER)
            self.hand_out(50)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end_router()
        for name in (self.switch, self.phone):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def _end_router(self) -> None:
        if self._router:
            self._router.terminate()
            self._router.wait()
            self._router = None

    def hand_out(self, first: int) -> None:
        """The router hands out these addresses from now on, and remembers nobody."""
        self._end_router()
        self.leases.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._router = subprocess.Popen(
                ["ip", "netns", "exec", self.switch, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
                 "--interface=lan", "--bind-interfaces", "--user=root", "--pid-file=", "--log-facility=-", "--log-dhcp",
                 "--dhcp-authoritative", f"--dhcp-leasefile={self.leases}",
                 f"--dhcp-range={NETWORK}.{first},{NETWORK}.{first + 9},255.255.255.0,{LEASE_S}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def plug(self) -> Cable:
        """A cable for one more box."""
        self.boxes += 1
        port, card = f"box{self.boxes}", f"52:54:00:5e:ad:{self.boxes:02x}"
        ip("-n", self.switch, "tuntap", "add", port, "mode", "tap")
        ip("-n", self.switch, "link", "set", port, "master", "lan", "up")
        return Cable(self.switch, port, card)

    def lease(self, card: str) -> tuple[str, str] | None:
        """The address that the router gave to a card, and what it calls the box."""
        for line in self.leases.read_text().splitlines() if self.leases.exists() else []:
            _, mac, address, name, _ = line.split()
            if mac == card:
                return address, name
        return None

    def at_phone(self, piece: Callable):
        """Runs a piece of the test where its sockets are the phone's."""
        told: list = []

        def there() -> None:
            # A thread's own namespace: everything else of this program stays where it is.
            with open(f"/run/netns/{self.phone}") as place:
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                    told.append(OSError(ctypes.get_errno(), "setns"))
                    return
            try:
                told.append(piece())
            except BaseException as failure:  # noqa: BLE001 - handed on to who asked
                told.append(failure)

        thread = threading.Thread(target=there)
        thread.start()
        thread.join()
        if isinstance(told[0], BaseException):
            raise told[0]
        return told[0]

    def find(self) -> list[dict]:
        """What `stead find` lists on the phone."""
        done = subprocess.run(["ip", "netns", "exec", self.phone, self.stead, "find", "--json", "--seconds", "4"],
                              text=True, capture_output=True, check=False)
        try:
            boxes = json.loads(done.stdout)["boxes"]
        except (ValueError, KeyError):
            raise Failure(f"stead find ended with {done.returncode}: {done.stderr.strip()}") from None
        expect((done.returncode == 0) == bool(boxes), f"stead find ended with {done.returncode} and lists {len(boxes)}")
        return boxes

    def found(self, enough: Callable[[list[dict]], bool], what: str, meanwhile: Callable[[], None]) -> list[dict]:
        """Searches until `enough` is there. Each search listens for four seconds, so this is no busy loop."""
        deadline = time.monotonic() + BOOT_S
        while not enough(boxes := self.find()):
            expect(time.monotonic() < deadline, f"{what} is not found; what is: {boxes}; leases: {self.told_leases()}")
            meanwhile()
        return boxes

    def told_leases(self) -> str:
        """For a failure's sentence."""
        return self.leases.read_text().strip() if self.leases.exists() else "none"

    def ask(self, name: str, kind: int = A) -> list[bytes]:
        """Asks once from a high port, as Android's resolver does; every answer that comes back there."""
        return self.at_phone(lambda: ask_once(name, kind))

    def addresses(self, name: str) -> set[str]:
        """Where a name leads."""
        records = [record for answer in self.ask(name) for record in parsed(answer)]
        return {socket.inet_ntoa(data) for owner, kind, _, data in records if kind == A and owner == name}

    def goodbyes(self, box_ends: Callable[[], None]) -> set[str]:
        """The names that are taken back (RFC 6762 §10.1: records with no time to live) while a box ends."""
        heard: set[str] = set()
        over = threading.Event()
        with self.at_phone(listener) as one:
            def listen() -> None:
                while not over.is_set():
                    try:
                        heard.update(owner for owner, _, life, _ in parsed(one.recv(9000)) if life == 0)
                    except TimeoutError:
                        pass
            ear = threading.Thread(target=listen)
            ear.start()
            try:
                box_ends()
            finally:
                over.set()
                ear.join()
        return heard


def listener() -> socket.socket:
    """Hears what boxes tell everybody."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("", MDNS_PORT))
    one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(MDNS) + socket.inet_aton(PHONE))
    one.settimeout(0.5)
    return one


def ask_once(name: str, kind: int) -> list[bytes]:
    """One plain question, and what is sent back to its port."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    answers, until = [], time.monotonic() + ANSWER_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("", 0))
        one.sendto(struct.pack(">6H", QUERY_ID, 0, 1, 0, 0, 0) + question + struct.pack(">2H", kind, 1), (MDNS, MDNS_PORT))
        while (left := until - time.monotonic()) > 0:
            one.settimeout(left)
            try:
                answers.append(one.recv(9000))
            except TimeoutError:
                break
    return answers


def parsed(packet: bytes) -> list[tuple[str, int, int, bytes]]:
    """The records of an answer: owner, kind, time to live, data. A question has none."""
    _, flags, questions, *counts = struct.unpack_from(">6H", packet)
    if not flags & 0x8000:
        return []
    at, records = 12, []
    for _ in range(questions):
        at = name_at(packet, at)[1] + 4
    for _ in range(sum(counts)):
        owner, at = name_at(packet, at)
        kind, _, life, length = struct.unpack_from(">HHIH", packet, at)
        at += 10
        records.append((owner, kind, life, packet[at : at + length]))
        at += length
    return records


def name_at(packet: bytes, at: int) -> tuple[str, int]:
    """A name, in small letters, and where what follows it begins."""
    labels, end = [], None
    while length := packet[at]:
        if length >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from(">H", packet, at)[0] & 0x3FFF
        else:
            labels.append(packet[at + 1 : at + 1 + length].decode(errors="replace"))
            at += 1 + length
    return ".".join(labels).lower(), end or at + 1
