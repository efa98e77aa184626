"""A disk whose box is cut off from its power in the middle of a write.

A QEMU that is killed loses nothing that its guest has handed over: all of that is in this machine's memory. A real
disk holds back what it took until it is asked to keep it (a flush), writes what it holds in any order, and leaves a
page that is neither old nor new where it was just writing. So a box whose plug is pulled has its disk here, by NBD
over a socket: every write and flush is known, the plug is pulled in a certain write, and of what was not flushed each
page is lost or kept by chance.

It does not show a disk that says it has kept what it has not, nor one that loses what it wrote long ago.
"""

import os
import random
import socket
import struct
import threading
import time
from pathlib import Path

from machine import BOOT_S, STEP_S, Machine, expect

# What is lost or kept as one: no disk of today writes less at once.
PAGE = 4096
EMPTY = bytes(PAGE)
# NBD, as its protocol document names them; no more than what QEMU asks for.
GREETING = struct.pack(">8sQH", b"NBDMAGIC", 0x49484156454F5054, 1 | 2)
OPTION_REPLY, REQUEST, REPLY = 0x3E889045565A9, 0x25609513, 0x67446698
OPTION_GO, IS_EXPORT, IS_INFO, IS_DONE, IS_UNKNOWN = 7, 0, 3, 1, (1 << 31) + 1
READ, WRITE, BYE, FLUSH = 0, 1, 2, 3
HAS_FLAGS, HAS_FLUSH = 1, 4


def exactly(link: socket.socket, size: int) -> bytearray:
    """So many bytes; an error where the other end is gone before."""
    held = bytearray(size)
    view = memoryview(held)
    while view:
        count = link.recv_into(view)
        if not count:
            raise ConnectionError("QEMU is gone")
        view = view[count:]
    return held


class Plug:
    """The disk of a box, and its power."""

    def __init__(self, disk: Path, chance: random.Random):
        self.disk, self.chance = disk, chance
        self.place = disk.with_suffix(".plug")
        self.place.unlink(missing_ok=True)
        self._file = os.open(disk, os.O_RDWR)
        self._size = disk.stat().st_size
        # What the pages held that were written since the last flush.
        self._before: dict[int, bytes] = {}
        self._armed: tuple[range, int] | None = None
        self._tears = True
        self._pulled = threading.Event()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(self.place))
        self._door.listen(1)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Plug":
        return self

    def __exit__(self, *_: object) -> None:
        # Whoever waits at it hears of that, as they do not where it is only closed.
        self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join(STEP_S)
        self._door.close()
        os.close(self._file)
        self.place.unlink(missing_ok=True)

    def arm(self, where: range, after: int, tears: bool = True) -> None:
        """Will be pulled in the write to this part of the disk that follows so many bytes there; tears a page of it, or
        leaves each as it was before or after."""
        self._pulled.clear()
        self._tears = tears
        self._armed = (where, after)

    def wait(self, box: Machine) -> None:
        """Waits for that write; the box is off then."""
        deadline = time.monotonic() + BOOT_S
        while not self._pulled.wait(0.2):
            expect(box.serial.isalive(), "the machine ended before the write that its plug was to be pulled in")
            expect(time.monotonic() < deadline, f"nothing was written where the plug was to be pulled: {self._armed}")
            box.drain()
        box.cut()

    def _serve(self) -> None:
        """One box after another."""
        while True:
            try:
                link, _ = self._door.accept()
            except OSError:
                return
            with link:
                try:
                    self._greet(link)
                    self._obey(link)
                except (ConnectionError, BrokenPipeError):
                    pass

    def _greet(self, link: socket.socket) -> None:
        """Tells QEMU how large the disk is, and that it can flush."""
        link.sendall(GREETING)
        exactly(link, 4)
        while True:
            _, option, size = struct.unpack(">QII", exactly(link, 16))
            exactly(link, size)
            if option == OPTION_GO:
                about = struct.pack(">HQH", IS_EXPORT, self._size, HAS_FLAGS | HAS_FLUSH)
                link.sendall(struct.pack(">QIII", OPTION_REPLY, option, IS_INFO, len(about)) + about)
                link.sendall(struct.pack(">QIII", OPTION_REPLY, option, IS_DONE, 0))
                return
            link.sendall(struct.pack(">QIII", OPTION_REPLY, option, IS_UNKNOWN, 0))

    def _obey(self, link: socket.socket) -> None:
        """Reads, writes and flushes, until the plug is pulled or the box is off."""
        while True:
            _, _, what, mark, at, size = struct.unpack(">IHHQQI", exactly(link, 28))
            answer = struct.pack(">IIQ", REPLY, 0, mark)
            if what == READ:
                link.sendall(answer + os.pread(self._file, size, at))
            elif what == WRITE:
                if self._write(at, exactly(link, size)):
                    return
                link.sendall(answer)
            elif what == FLUSH:
                self._before.clear()
                link.sendall(answer)
            elif what == BYE:
                return

    def _write(self, at: int, data: bytes) -> bool:
        """Writes; says whether the plug was pulled in it."""
        pages = range(at // PAGE, (at + len(data) - 1) // PAGE + 1)
        for page in pages:
            if page not in self._before:
                before = os.pread(self._file, PAGE, page * PAGE)
                # A slot that is filled is hundreds of megabytes of such pages.
                self._before[page] = EMPTY if before == EMPTY else before
        os.pwrite(self._file, data, at)
        if self._armed is None:
            return False
        where, left = self._armed
        if at not in where:
            return False
        left -= len(data)
        self._armed = (where, left)
        if left >= 0:
            return False
        for page, before in self._before.items():
            if self.chance.random() < 0.5:
                os.pwrite(self._file, before, page * PAGE)
        if self._tears:
            os.pwrite(self._file, self.chance.randbytes(PAGE), self.chance.choice(pages) * PAGE)
        self._before.clear()
        self._armed = None
        self._pulled.set()
        return True
