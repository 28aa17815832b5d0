"""Goldens of a server, for one session: asked for while it answers; what goes wrong is told once, and costs no test."""

# ruff: noqa: PLC0415 - a session that names no server imports nothing of the client

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oracle.records.golden import Golden, canonical_text

if TYPE_CHECKING:
    from oracle.client.client import Client

__all__ = ["ServerGoldens"]

RETRIES = 2  # the golden can most often be had otherwise, and every worker waits
OF_EVERY_SPEC = (
    "unauthorised",
    "forbidden",
    "store-unusable",
)  # problems that the next spec would meet as well


class ServerGoldens:
    """The goldens of one server.

    Parameters
    ----------
    url : str
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._client: Client | None = None
        self._given_up = False
        self._trouble: list[str] = []

    def of(self, canonical: Mapping[str, Any], digest: str) -> Golden | None:
        """Return the golden of a spec; None where the server does not give it.

        Parameters
        ----------
        canonical : mapping
        digest : str
            Of the canonical text.

        Raises
        ------
        oracle.client.errors.WrongGoldenError
            If what came is damaged, altered, or the golden of another spec.
        """
        from oracle.client.asked import AskedSpec
        from oracle.client.client import Client
        from oracle.client.errors import ClientError, ServerProblemError, WrongGoldenError

        if self._given_up:
            return None
        try:
            if self._client is None:
                self._client = Client(self.url, retries=RETRIES)
            return self._client.golden(AskedSpec(canonical_text(dict(canonical)), digest))
        except WrongGoldenError:
            raise
        except ServerProblemError as error:
            self._tell(f"{error.problem.status} `{error.problem.name}`: {error.problem.detail}")
            self._given_up = error.problem.name in OF_EVERY_SPEC
        except ClientError as error:
            self._tell(str(error))
            self._given_up = True
        return None

    def drain(self) -> list[str]:
        """Return what went wrong since the last call."""
        told, self._trouble = self._trouble, []
        return told

    def _tell(self, reason: str) -> None:
        self._trouble.append(f"the server {self.url} gave no golden: {reason}")
