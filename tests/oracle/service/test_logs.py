"""Every line is one JSON object, whoever wrote it, and a log that cannot be written harms nobody."""

from __future__ import annotations

import io
import json
import logging

import pytest

from oracle.service.logs import logger, take_over


class FullDisk(io.StringIO):
    """A stream on a full disk."""

    def write(self, _: str) -> int:
        """Refuse."""
        raise OSError(28, "No space left on device")


def test_line_is_json_with_time_and_level() -> None:
    """However odd the text."""
    stream = io.StringIO()
    logger("json", stream).info("job", name='a"\n\x1b[31mb', seconds=1.5)
    (line,) = stream.getvalue().splitlines()
    found = json.loads(line)
    assert (found["event"], found["level"], found["name"], found["seconds"]) == (
        "job",
        "info",
        'a"\n\x1b[31mb',
        1.5,
    )
    assert found["timestamp"].endswith("Z")


def test_exception_is_told_with_its_traceback() -> None:
    """Answers say that the log has the rest: it has."""
    stream = io.StringIO()
    try:
        int("planted")
    except ValueError:
        logger("json", stream).exception("fault")
    assert "ValueError: invalid literal" in json.loads(stream.getvalue())["exception"]


def test_what_libraries_log_is_json_too() -> None:
    """With its traceback; what is below a warning is left out."""
    stream = io.StringIO()
    take_over(logger("json", stream), "planted.library")
    theirs = logging.getLogger("planted.library")
    theirs.info("chatter")
    theirs.getChild("part").warning("invalid %s", "request")
    (line,) = stream.getvalue().splitlines()
    assert (json.loads(line)["event"], json.loads(line)["said"]) == (
        "planted.library.part",
        "invalid request",
    )


@pytest.mark.parametrize("form", ["json", "text"])
def test_full_disk_under_the_log_is_no_failure(form: str) -> None:
    """A request must not fail because its line cannot be written."""
    logger(form, FullDisk()).info("request", status=200)


def test_text_is_for_people() -> None:
    """On a terminal, or on demand."""
    stream = io.StringIO()
    logger("text", stream).warning("worker lost", task="golden")
    assert "worker lost" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())
