"""One box in QEMU: its real loader, its disk, its serial line, and a shell on a line that only tests plug in."""

import re
import shlex
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pexpect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from kit import tables  # noqa: E402

# A whole machine is emulated on processors that may be busy with something else.
BOOT_S, STEP_S = 900, 120
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Failure(AssertionError):
    """What a case expected and did not see."""


def expect(holds: bool, sentence: str) -> None:
    """A case's condition, told as a sentence."""
    if not holds:
        raise Failure(sentence)


PORTS: set[int] = set()
TAKING_PORT = threading.Lock()


def free_port() -> int:
    """A port of this machine that nobody has, and that was given to no box before: one that starts does not have it yet."""
    with TAKING_PORT:
        while True:
            with socket.socket() as one:
                one.bind(("127.0.0.1", 0))
                port = one.getsockname()[1]
            if port not in PORTS:
                PORTS.add(port)
                return port


class Shell:
    """The root shell of a test image, on its virtio console."""

    def __init__(self, path: Path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.count = 0

    def _until(self, pattern: str, deadline: float) -> str:
        held = ""
        while True:
            found = re.search(pattern, held)
            if found:
                return held
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure(f"the shell did not answer in time; it said {held[-500:]!r}")
            self.socket.settimeout(left)
            try:
                piece = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                raise Failure("the machine ended while the shell was asked")
            held += CONTROL.sub("", piece.decode(errors="replace"))

    def wait(self, patience_s: float = BOOT_S) -> None:
        """Waits for the shell of a machine that starts, and makes it quiet."""
        deadline = time.monotonic() + patience_s
        while True:
            self.socket.sendall(b"stty -echo 2>/dev/null; PS1=; echo re\"\"ady\n")
            try:
                self._until(r"(?m)^ready", min(deadline, time.monotonic() + 5))
                self.run("true")
                return
            except Failure:
                if time.monotonic() > deadline:
                    raise

    def run(self, command: str, patience_s: float = STEP_S) -> tuple[int, str]:
        """A command's exit and what it printed."""
        self.count += 1
        mark = f"mark-{self.count}"
        self.socket.sendall(f"{command}\necho ::$?:{mark}\n".encode())
        held = self._until(rf"::\d+:{mark}", time.monotonic() + patience_s)
        before, _, after = held.rpartition("::")
        return int(after.split(":")[0]), before.rpartition(f":mark-{self.count - 1}\n")[2].strip()

    def told(self, command: str, patience_s: float = STEP_S) -> str:
        """What a command prints; one that fails is a failure of the case."""
        status, text = self.run(command, patience_s)
        expect(status == 0, f"`{command}` ended with {status}: {text[-800:]}")
        return text


@dataclass
class Cable:
    """What leads from a box to a network of the tests (lan.py), instead of QEMU's own."""

    namespace: str
    port: str
    card: str


class Machine:
    """One box. Its disk is a file that outlives it."""

    def __init__(self, board: tables.Board, disk: Path, log: Path, more: list[str] | None = None, memory_mb: int = 1024,
                 network: bool | Cable = True, plug: Path | None = None):
        self.disk, self.log, self.port = disk, log, free_port()
        self.line, self.monitor = disk.with_suffix(".line"), disk.with_suffix(".monitor")
        for path in (self.line, self.monitor):
            path.unlink(missing_ok=True)
        # By itself a disk forgets nothing, whatever becomes of QEMU; one whose plug is pulled lies behind a socket (plug.py).
        where = f"file=nbd:unix:{plug},format=raw,cache=writeback" if plug else f"file={disk},format=raw,cache=unsafe"
        machine = "virt,highmem=off" if board.arch == "armhf" else "virt"
        words = [board.qemu, "-machine", machine, "-cpu", "cortex-a15" if board.arch == "armhf" else "cortex-a72",
                 "-accel", "tcg,thread=multi", "-smp", "2", "-m", str(memory_mb), "-nodefaults", "-display", "none",
                 "-monitor", f"unix:{self.monitor},server=on,wait=off",
                 "-bios", f"/usr/lib/u-boot/{board.uboot}/u-boot.bin",
                 "-drive", f"if=none,id=disk,{where}", "-device", "virtio-blk-pci,drive=disk",
                 "-device", "virtio-serial-pci", "-chardev", f"socket,id=line,path={self.line},server=on,wait=off",
                 "-device", "virtconsole,chardev=line", "-serial", "stdio", *(more or [])]
        if isinstance(network, Cable):
            words = ["ip", "netns", "exec", network.namespace, *words,
                     "-netdev", f"tap,id=net,ifname={network.port},script=no,downscript=no",
                     "-device", f"virtio-net-pci,netdev=net,mac={network.card},romfile="]
        elif network:
            words += ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self.port}-:443", "-device", "virtio-net-pci,netdev=net,romfile="]
        self.started = time.monotonic()
        self._log = log.open("ab")
        self._log.write(b"\n" + b"# " + shlex.join(words).encode() + b"\n")
        self.serial = pexpect.spawn(words[0], words[1:], timeout=BOOT_S, logfile=self._log, maxread=65536, searchwindowsize=4096)
        self.shell: Shell | None = None

    def sees(self, pattern: str, patience_s: float = BOOT_S) -> None:
        """Waits for a line on the serial console."""
        try:
            self.serial.expect(pattern, timeout=patience_s)
        except pexpect.TIMEOUT:
            raise Failure(f"{pattern!r} was not seen on the serial console within {patience_s:.0f} s") from None
        except pexpect.EOF:
            raise Failure(f"the machine ended before {pattern!r} was seen on its serial console") from None

    def shows(self, pattern: str) -> None:
        """Waits for a line on the screen of the serial console, which whoever presses a key there sees from its start."""
        self.drain()
        self.serial.send("\r")
        self.sees(pattern)

    def up(self, patience_s: float = BOOT_S) -> Shell:
        """Waits until the shell answers, while the serial line goes on being read into the log."""
        deadline = time.monotonic() + patience_s
        self.shell = None
        while self.shell is None:
            self.drain()
            try:
                shell = Shell(self.line)
                shell.wait(8)
                self.shell = shell
            except (Failure, OSError):
                expect(self.serial.isalive(), "the machine ended while it started")
                expect(time.monotonic() < deadline, f"no shell within {patience_s:.0f} s")
                time.sleep(0.3)
        return self.shell

    def press(self, key: str, seconds: float) -> None:
        """Holds a key of the box's keyboard for so long."""
        self.ask_monitor(f"sendkey {key} {seconds * 1000:.0f}")

    def drain(self) -> None:
        """Reads what the serial line has said, so that it does not fill up."""
        try:
            while self.serial.read_nonblocking(65536, timeout=0):
                pass
        except (pexpect.TIMEOUT, pexpect.EOF):
            pass

    def settled(self, patience_s: float = BOOT_S, failed: tuple[str, ...] = ()) -> str:
        """Waits until systemd has nothing left to do; no unit may have failed but those that must have."""
        shell = self.shell or self.up(patience_s)
        deadline = time.monotonic() + patience_s
        state = "starting"
        while state in ("starting", "initializing", "offline"):
            expect(time.monotonic() < deadline, f"the system was still {state} after {patience_s:.0f} s: {shell.run('systemctl list-jobs')[1]}")
            time.sleep(1)
            self.drain()
            state = shell.run("systemctl is-system-running")[1]
        said = shell.run("systemctl --failed --plain --no-legend")[1]
        found = {line.split()[0] for line in said.splitlines() if line.strip()}
        journal = shell.run("journalctl -b -p warning --no-pager -o short-monotonic | tail -n 40")[1] if found else ""
        expect(found == set(failed) and state == ("degraded" if failed else "running"),
               f"the system is {state}, and these units failed: {said}\n{journal}")
        return state

    def plugged(self, into: bool) -> None:
        """Pulls the network's cable out of the box, or puts it back."""
        self.ask_monitor(f"set_link net {'on' if into else 'off'}")

    def stick(self, name: str, into: bool) -> None:
        """Puts a stick of the bench into the box's USB port, or pulls it out."""
        self.ask_monitor(f"device_add usb-storage,bus=usb.0,drive={name},id={name}" if into else f"device_del {name}")

    def ask_monitor(self, command: str) -> None:
        """Has QEMU do something."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self.monitor))
            monitor.sendall(f"{command}\n".encode())
            # It prompts before the command, and again after it.
            said = b""
            while said.count(b"(qemu)") < 2:
                said += monitor.recv(4096)

    def cut(self) -> None:
        """Pulls the plug."""
        self.drain()
        self.serial.close(force=True)
        self._log.close()
        if self.shell:
            self.shell.socket.close()

    def off(self) -> None:
        """Switches off in order."""
        if self.shell:
            self.shell.socket.sendall(b"sync; systemctl poweroff\n")
            try:
                self.serial.expect(pexpect.EOF, timeout=BOOT_S)
            except pexpect.TIMEOUT:
                raise Failure("the box did not switch itself off") from None
        self.cut()

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.serial.closed:
            self.cut()
