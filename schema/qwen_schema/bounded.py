"""Reads a whole file with limits on size and time; refuses devices and files of the kernel."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_BYTES = 1024 * 1024
FIFO_SECONDS = 3.0

_PIECE_BYTES = 64 * 1024
_MOUNTS = Path("/proc/self/mountinfo")

# O_NONBLOCK: opening a FIFO without a writer returns at once.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFIFO: "fifo",
    stat.S_IFDIR: "directory",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device",
}

# File systems without data on a disk: reading a file there may wait forever, consume other readers' data, or
# trigger an action (Linux, `man 5 filesystems` and Documentation/filesystems of its source).
# fmt: off
_KERNEL_FILE_SYSTEMS = {
    "proc", "sysfs", "debugfs", "tracefs", "cgroup", "cgroup2", "securityfs", "configfs",
    "pstore", "efivarfs", "bpf", "mqueue", "fusectl", "binfmt_misc", "selinuxfs", "smackfs",
    "resctrl", "nsfs", "nfsd", "rpc_pipefs", "xenfs", "functionfs", "gadgetfs",
}
# fmt: on


class Unreadable(Exception):  # noqa: N818 - the caller turns it into an error
    """The path cannot be read. The message continues a sentence that begins with the file's name: "is a socket"."""


class TooLarge(Unreadable):
    """The file is larger than allowed."""


class NobodyWrites(Unreadable):
    """The file is a FIFO, and its writer did not finish in time."""


def kind_of(mode: int) -> str:
    """Return the type in a file mode, as a word."""
    return _KINDS.get(stat.S_IFMT(mode), "special file")


def read_file(
    path: Path,
    *,
    most: int = LARGEST_BYTES,
    fifo: bool = False,
    require: Callable[[os.stat_result], None] = lambda status: None,  # noqa: ARG005
) -> bytes:
    """Return the bytes of a regular file, or, with `fifo`, of a FIFO, with a time limit of 3 s.

    `most` is the largest size in bytes. `require` is called with the status of the file before reading, and raises
    an error if the status is wrong.

    Raises:
        OSError: if the file cannot be opened or read.
        Unreadable: if the file is too large, or has another type.
    """
    # Opening a device can trigger an action, so the type is checked before opening, too.
    require_kind(path.stat(), fifo=fifo)
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        require_kind(status, fifo=fifo)
        require(status)
        return _read(descriptor, most, waits=stat.S_ISFIFO(status.st_mode))
    finally:
        os.close(descriptor)


def require_kind(status: os.stat_result, *, fifo: bool = False) -> None:
    """Check that a status is that of a regular file on a disk, or, with `fifo`, of a FIFO.

    Raises:
        Unreadable: if the file has another type.
    """
    kind = kind_of(status.st_mode)
    if kind != "file" and not (fifo and kind == "fifo"):
        raise Unreadable(f"is a {kind}")
    # Files of the kernel occupy no blocks, and few other files do.
    if kind == "file" and not getattr(status, "st_blocks", 1) and _file_system(status.st_dev) in _KERNEL_FILE_SYSTEMS:
        raise Unreadable("is a file of the kernel, not a file on a disk")


def _file_system(device: int) -> str:
    """Return the type of the file system mounted from a device (proc(5), `mountinfo`); empty if none is mounted."""
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    parted = (line.partition(" - ") for line in lines)
    return next((kind.split()[0] for mount, _, kind in parted if mount.split()[2:3] == [number]), "")


def _read(descriptor: int, most: int, *, waits: bool) -> bytes:
    deadline = time.monotonic() + FIFO_SECONDS
    received = bytearray()
    while len(received) <= most:
        if waits and not _is_ready(descriptor, deadline):
            raise NobodyWrites(f"is a FIFO, and its writer did not finish within {FIFO_SECONDS:g} seconds")
        piece = os.read(descriptor, _PIECE_BYTES)
        if not piece:
            return bytes(received)
        received += piece
    raise TooLarge(f"is over {_size(most)}")


def _is_ready(descriptor: int, deadline: float) -> bool:
    import select  # noqa: PLC0415 - FIFOs are rare, and Windows has no poll

    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    remaining = deadline - time.monotonic()
    return remaining > 0 and bool(poll.poll(remaining * 1000))


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"
