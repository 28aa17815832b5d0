"""Goldens over HTTP: the same bytes as the command line's, computed once, with HTTP that means what it says."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from oracle.cli.main import main
from oracle.store import Store


def without_seconds(text: bytes) -> bytes:
    """Return a golden's text without the one number that no two runs share."""
    content = json.loads(text)
    content["provenance"].pop("seconds")
    return json.dumps(content).encode()


def test_golden_is_byte_for_byte_that_of_the_command_line(server: Any, tmp_path: Path) -> None:
    """In everything but the seconds that computing took."""
    (tmp_path / "spec.json").write_text(json.dumps(server.spec(11)))
    command = ["golden", str(tmp_path / "spec.json"), "--json", "--store", str(tmp_path / "other")]
    printed = CliRunner().invoke(main, command).stdout_bytes.removesuffix(b"\n")
    found = server.post(server.spec(11))
    assert (found.status_code, without_seconds(found.content)) == (200, without_seconds(printed))


def test_stored_golden_is_byte_for_byte_what_the_command_line_fetches(server: Any, tmp_path: Path) -> None:
    """From the same store even the seconds agree, by every way to it."""
    computed = server.post(server.spec(12))
    (tmp_path / "spec.json").write_text(json.dumps(server.spec(12)))
    command = ["golden", str(tmp_path / "spec.json"), "--json", "--store", str(server.folder / "store")]
    printed = CliRunner().invoke(main, command).stdout_bytes.removesuffix(b"\n")
    again = server.post(server.spec(12)).content
    by_digest = server.client.get(computed.headers["content-location"]).content
    assert computed.content == printed == again == by_digest


def test_golden_says_where_it_is_and_what_it_is(server: Any) -> None:
    """ETag and Content-Location."""
    found = server.post(server.spec(13))
    digest = found.json()["digest"]
    assert found.headers["etag"] == f'"{digest}"'
    assert found.headers["content-location"] == f"/v1/goldens/{digest}"
    assert found.headers["content-type"] == "application/json"


def test_same_spec_asked_at_once_is_computed_once(server: Any) -> None:
    """Twelve askers in three spellings; one computation, one text."""
    spellings = [server.spec(21), dict(reversed(server.spec(21).items())), server.spec(21, inputs_as="exact")]
    before = server.begun("golden")
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda i: server.post(spellings[i % 3]), range(12)))
    assert {one.status_code for one in found} == {200}
    assert (len({one.content for one in found}), server.begun("golden") - before) == (1, 1)


def test_long_computation_is_answered_with_its_job(server: Any) -> None:
    """202, where to look, when to ask again; the result is where the job says."""
    server.plant("hold-golden")
    found = server.post(server.spec(22), wait=0)
    server.mend("hold-golden")
    assert (found.status_code, found.headers["retry-after"]) == (202, "1")
    assert found.headers["location"] == f"/v1/jobs/{found.json()['id']}"
    ended = server.ended(found.json()["id"])
    assert (ended["state"], server.client.get(ended["result"]).status_code) == ("done", 200)


@pytest.mark.parametrize(
    "condition",
    ['"{}"', 'W/"{}"', '"other", "{}"', '"a",W/"{}"', "*"],
    ids=["strong", "weak", "list", "both", "any"],
)
def test_golden_that_one_has_is_not_sent_again(server: Any, condition: str) -> None:
    """304, without a body, with the ETag."""
    digest = server.post(server.spec(13)).json()["digest"]
    found = server.client.get(f"/v1/goldens/{digest}", headers={"If-None-Match": condition.format(digest)})
    assert (found.status_code, found.content, found.headers["etag"]) == (304, b"", f'"{digest}"')


def test_condition_on_a_golden_that_is_not_there_is_not_met(server: Any) -> None:
    """404, not 304: one cannot have what there is not."""
    digest = "sha256:" + "0" * 64
    found = server.client.get(f"/v1/goldens/{digest}", headers={"If-None-Match": f'"{digest}"'})
    assert (found.status_code, found.json()["type"]) == (404, "/problems/not-found")


def test_other_condition_is_answered_in_full(server: Any) -> None:
    """With leave to keep it, for oneself."""
    digest = server.post(server.spec(13)).json()["digest"]
    found = server.client.get(f"/v1/goldens/{digest}", headers={"If-None-Match": '"sha256:1"'})
    assert (found.status_code, found.headers["cache-control"]) == (
        200,
        "private, max-age=31536000, immutable",
    )


def test_head_is_get_without_its_body(server: Any) -> None:
    """Length and ETag as they would be."""
    path = server.post(server.spec(13)).headers["content-location"]
    got, head = server.client.get(path), server.client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", got.headers["etag"])
    assert head.headers["content-length"] == got.headers["content-length"]


def test_record_is_the_file_of_the_store(server: Any, tmp_path: Path) -> None:
    """Byte for byte, and numpy reads it."""
    digest = server.post(server.spec(13)).json()["digest"]
    found = server.client.get(f"/v1/goldens/{digest}/record")
    assert found.content == Store(server.folder / "store").file_bytes(digest)
    (tmp_path / "record.npz").write_bytes(found.content)
    with np.load(tmp_path / "record.npz") as record:
        assert "manifest" in record.files


def test_list_goes_page_by_page_through_everything(server: Any) -> None:
    """Each golden once, in the order of the digests."""
    for start in range(31, 36):
        server.post(server.spec(start))
    seen, after = [], ""
    while after is not None:
        page = server.client.get("/v1/goldens", params={"limit": 2, "after": after}).json()
        seen += [entry["digest"] for entry in page["goldens"]]
        after = page["next"]
    assert seen == sorted({entry.digest for entry in Store(server.folder / "store").entries()})


def test_golden_set_aside_is_not_told_from_memory(server: Any) -> None:
    """It is computed anew, and is the same again."""
    first = server.post(server.spec(41))
    digest = first.json()["digest"]
    path = server.folder / "store" / "objects" / digest[7:9] / f"{digest[7:]}.npz"
    path.write_bytes(path.read_bytes()[:-1])
    Store(server.folder / "store").gc(set_aside=True)
    gone = server.client.get(f"/v1/goldens/{digest}")
    again = server.post(server.spec(41))
    assert (gone.status_code, again.status_code, again.json()["digest"]) == (404, 200, digest)
    assert path.exists()


@pytest.mark.parametrize("way", ["post", "digest", "record", "check"])
def test_damaged_golden_is_never_told(server: Any, way: str) -> None:
    """Though the server and a worker have it at hand; planted: one bit of the file is flipped."""
    start = {"post": 51, "digest": 52, "record": 53, "check": 54}[way]
    digest = server.post(server.spec(start)).json()["digest"]
    path = server.folder / "store" / "objects" / digest[7:9] / f"{digest[7:]}.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    ways: dict[str, Any] = {
        "post": lambda: server.post(server.spec(start)),
        "digest": lambda: server.client.get(f"/v1/goldens/{digest}"),
        "record": lambda: server.client.get(f"/v1/goldens/{digest}/record"),
        "check": lambda: server.check(server.spec(start), server.candidate(start)),
    }
    found = ways[way]()
    assert (found.status_code, found.json()["type"], found.json()["exit_code"]) == (
        500,
        "/problems/damaged-record",
        4,
    )
    assert path.read_bytes() == data


def test_golden_whose_file_is_gone_is_missing(server: Any) -> None:
    """The index lists it: that is no 404."""
    digest = server.post(server.spec(61)).json()["digest"]
    (server.folder / "store" / "objects" / digest[7:9] / f"{digest[7:]}.npz").unlink()
    found = server.client.get(f"/v1/goldens/{digest}")
    assert (found.status_code, found.json()["type"], found.json()["exit_code"]) == (
        500,
        "/problems/missing-record",
        4,
    )


def test_body_is_read_no_further_than_it_may_go(start: Any, tmp_path: Path) -> None:
    """A spec of 2 MiB where 1 KiB is allowed."""
    with start(tmp_path, limits={"spec_bytes": 1024}) as small:
        found = small.client.post(
            "/v1/goldens", content=b" " * 2**21, headers={"Content-Type": "application/json"}
        )
        assert (found.status_code, found.json()["type"]) == (413, "/problems/too-large")
        assert small.post(small.spec()).status_code == 200
