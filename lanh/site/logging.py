"""Structured logs: a JSON object a line, no names or numbers of people in any."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, MutableMapping
from typing import Any, Protocol

import orjson
import structlog


class _Sink(Protocol):
    def write(self, line: bytes, /) -> object: ...


class _Stdout:
    def write(self, line: bytes) -> None:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


class _LineLogger:
    def __init__(self, sink: _Sink) -> None:
        self._sink = sink

    def msg(self, line: bytes) -> None:
        self._sink.write(line + b"\n")

    log = debug = info = warning = warn = error = critical = exception = fatal = msg


class _Forward(logging.Handler):
    """Records of the libraries' own loggers, as lines of ours; an exception by its kind only."""

    def emit(self, record: logging.LogRecord) -> None:
        facts: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[0] is not None:
            facts["error"] = record.exc_info[0].__name__
        structlog.get_logger().log(record.levelno, record.getMessage(), **facts)


def configure(process: str, sink: _Sink | None = None) -> None:
    """Send every log line of this process, as JSON, to `sink` (standard output by default)."""
    writer = _LineLogger(sink or _Stdout())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _naming(process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)
    # Python's own report of an uncaught error quotes its text, and so a record's.
    sys.excepthook = lambda _kind, error, _trace: _uncaught(error)
    threading.excepthook = lambda ended: _uncaught(ended.exc_value)


def _uncaught(error: BaseException | None) -> None:
    if not isinstance(error, SystemExit):
        structlog.get_logger().critical("ended by an error", exc_info=error)


def _naming(process: str) -> Callable[[Any, str, MutableMapping[str, Any]], dict[str, Any]]:
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        return {"process": process, **event}

    return add


def _without_values(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace a traceback by where it happened: an exception's text may quote a record."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rsplit('/lanh/', 1)[-1]}:{trace.tb_lineno}")
            trace = trace.tb_next
        event["at"] = frames[-8:]
    return event


def _dumps(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)
