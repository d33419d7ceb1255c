# SPDX-License-Identifier: Apache-2.0
"""A broker whose own thread stands still while its other threads go on: what reaches it meanwhile, a record of the control log, a signal,
a packet, is there at once when it goes on, and so in a known order. It must be a child of ours."""
import ctypes
import os

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, pid):
    if LIBC.ptrace(request, pid, None, None) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace {request:#x}: {os.strerror(number)}")


class Frozen:
    """with Frozen(pid): the process's first thread runs no instruction."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        ptrace(SEIZE, self.pid)
        ptrace(INTERRUPT, self.pid)
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSTOPPED(status):
            raise ChildProcessError(f"process {self.pid} ended: {status:#x}")

    def __exit__(self, *_exception):
        ptrace(DETACH, self.pid)
