"""The sockets of an installation, bound before anything else is started.

The supervisor owns them and its children inherit them: a child that dies leaves the port open,
so that the connections of the moment wait for its successor instead of being refused.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping

from lanh.core.text import Message
from lanh.site.words import WORDS

VARIABLE = "LANH_SOCKET"
_BACKLOG = 1024


class PortFault(OSError):
    """An address cannot be listened on; `message` names it and what to do, in both languages."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A listening socket. Raises PortFault, which names the variable that chooses another port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise PortFault(_explain(error, host, port, variable)) from error
    return bound


def _explain(error: OSError, host: str, port: int, variable: str) -> Message:
    facts = {"host": host, "port": port, "variable": variable}
    if error.errno == errno.EADDRINUSE:
        return WORDS.message("port.taken", **facts, other=_free_port(host))
    if error.errno in (errno.EACCES, errno.EPERM):
        return WORDS.message("port.refused", **facts)
    return WORDS.message("port.fault", **facts, error=error.strerror or str(error))


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
        free.bind((host, 0))
        port: int = free.getsockname()[1]
    return port


def inherited(environment: Mapping[str, str] | None = None) -> socket.socket | None:
    """The listening socket that the supervisor left to this process, or None without one."""
    number = (os.environ if environment is None else environment).get(VARIABLE)
    if not number:
        return None
    bound = socket.socket(fileno=int(number))
    bound.setblocking(False)
    return bound
