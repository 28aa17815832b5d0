"""What a server is asked for: a spec as JSON text, and the digest that its golden must name."""

# ruff: noqa: PLC0415 - a box that has numpy alone sends specs that are canonical already

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oracle.client.errors import WrongGoldenError
from oracle.records.golden import canonical_text, sha256_name
from oracle.spec_error import SpecError

if TYPE_CHECKING:
    from oracle.spec import Spec

__all__ = ["AskedSpec", "asked_spec"]


@dataclass(frozen=True)
class AskedSpec:
    """A spec on its way to a server.

    Parameters
    ----------
    text : str
        JSON.
    digest : str
        Of this text; where it is canonical that is the digest of the spec.
    is_canonical : bool
        False where pydantic, which brings specs to their canonical form, is not installed.
    """

    text: str
    digest: str
    is_canonical: bool = True

    def require_answered_by(self, spec_digest: str, where: str) -> None:
        """Refuse an answer to another spec.

        Parameters
        ----------
        spec_digest : str
            Of the spec that was answered.
        where : str
            Who answered.

        Raises
        ------
        WrongGoldenError
            If it is another one, or that cannot be told.
        """
        if spec_digest == self.digest:
            return
        if self.is_canonical:
            raise WrongGoldenError(
                f"`{where}` answered another spec than the one asked: {spec_digest[:80]} came, {self.digest} was asked "
                "for; nothing of it was used. Tell who runs the server"
            )
        raise WrongGoldenError(
            f"`{where}` answered the spec {spec_digest[:80]}; whether it is the one asked cannot be told here, since the "
            "one asked is not in its canonical form and `pydantic` is not installed: install it, or ask with the spec "
            "of a golden, which is canonical"
        )


def asked_spec(spec: Spec | AskedSpec | Mapping[str, Any] | str | bytes | PathLike[str]) -> AskedSpec:
    """Return a spec as it is sent.

    Parameters
    ----------
    spec : Spec, mapping, JSON text, or path of a JSON file
        A plain `str` is JSON text.

    Raises
    ------
    SpecError
        If it is no valid spec.
    """
    if isinstance(spec, AskedSpec):
        return spec
    text = getattr(spec, "canonical_json", None)  # of an `oracle.spec.Spec`
    if isinstance(text, str):
        return AskedSpec(text, sha256_name(text.encode()))
    try:
        from oracle.spec import load_spec, parse_spec, spec_from
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"pydantic", "pydantic_core"}:
            raise
        return _as_it_is(spec)
    match spec:
        case Mapping():
            return asked_spec(spec_from(dict(spec)))
        case str() | bytes():
            return asked_spec(parse_spec(spec))
        case PathLike():
            return asked_spec(load_spec(Path(spec)))
    raise _no_spec(spec)


def _as_it_is(spec: object) -> AskedSpec:
    """Return a spec that cannot be checked here; the server will."""
    match spec:
        case Mapping():
            try:
                text = canonical_text(dict(spec))
            except (TypeError, ValueError) as error:
                raise SpecError(
                    f"the spec holds what JSON has no word for ({error}); write numbers as strings"
                ) from error
        case bytes():
            text = spec.decode("utf-8", "replace")
        case str():
            text = spec
        case PathLike():
            text = Path(spec).read_text(encoding="utf-8")
        case _:
            raise _no_spec(spec)
    return AskedSpec(text, sha256_name(text.encode("utf-8", "replace")), is_canonical=False)


def _no_spec(spec: object) -> SpecError:
    return SpecError(
        f"the spec is a `{type(spec).__name__}`; expected what `oracle.spec` returns, a mapping as in a spec's JSON, "
        "its text, or the path of a file that holds it"
    )
