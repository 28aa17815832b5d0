"""What can go wrong between a client and a server; each failure has the exit code that the command leaves with."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "AddressError",
    "ClientError",
    "ServerAnswerError",
    "ServerProblem",
    "ServerProblemError",
    "ServerUnreachableError",
    "TokenError",
    "WrongGoldenError",
]

MISUSE, DAMAGED = 2, 4  # of the command line, as the contract has them

ADVICE = {
    "unauthorised": "give a token in $MOMENTUM_ORACLE_TOKEN, or in a file that `--token-file` names",
    "not-found": "check the address of the server: `http://HOST:PORT` as `oracle serve` prints it",
    "forbidden": "ask who runs the server for a token with the scope that is missing",
    "beyond-limits": "ask for less, or compute it here: leave out `--server`",
    "timed-out": "ask for less, or compute it here: leave out `--server`",
    "cancelled": "ask again if the result is wanted after all",
    "overloaded": "ask again later",
    "too-many-jobs": "ask again when some of your jobs are finished",
    "worker-lost": "ask for less, or tell who runs the server",
    "internal-error": "tell who runs the server, with the request's id",
}
# what a server advises whoever speaks HTTP, where the advice above stands in its place
SERVERS_ADVICE = {
    "unauthorised": "send `Authorization: Bearer TOKEN`",
    "beyond-limits": "ask for less, or compute it on your own machine with `oracle golden`",
    "not-found": "the interface is described under /docs, for programs under /openapi.json",
}
ONLY_IN_PLACE = frozenset({"not-found"})  # most of these name something else that is not there


class ClientError(Exception):
    """Something that was asked of a server cannot be had; the message says why and what to do."""

    exit_code = MISUSE


class AddressError(ClientError):
    """The address of a server is none that can be used."""


class TokenError(ClientError):
    """A token cannot be used, or would travel where others could read it; the message never shows it."""


class ServerUnreachableError(ClientError):
    """No answer came, however often the server was asked."""


class ServerAnswerError(ClientError):
    """An answer came that is not what the interface says: most likely no oracle answers at this address."""


class WrongGoldenError(ServerAnswerError):
    """A golden came that is not the one asked for: altered on its way, or of another spec."""

    exit_code = DAMAGED


@dataclass(frozen=True)
class ServerProblem:
    """A problem document (RFC 9457), and what it answers.

    Parameters
    ----------
    request : str
        Method and address.
    name : str
        As in ``bad-spec``: the last part of the document's `type`.
    status : int
        Of HTTP.
    title, detail : str
    exit_code : int
        What the command line leaves with for the same failure.
    request_id : str
        Under which the server's log knows the request; may be empty.
    attempts : int
        How often it was asked.
    """

    request: str
    name: str
    status: int
    title: str
    detail: str
    exit_code: int
    request_id: str = ""
    attempts: int = 1


class ServerProblemError(ClientError):
    """The server said no, and why.

    Parameters
    ----------
    problem : ServerProblem
    """

    def __init__(self, problem: ServerProblem) -> None:
        super().__init__(problem)
        self.problem = problem
        self.exit_code = problem.exit_code

    def __str__(self) -> str:
        found = self.problem
        often = f", asked {found.attempts} times" if found.attempts > 1 else ""
        known_as = f" (request {found.request_id})" if found.request_id else ""
        detail = found.detail.strip().rstrip(".") or found.title or "no reason is given"
        told = _advised(found.name, detail)
        return f"`{found.request}` was answered with {found.status} `{found.name}`{often}: {told}{known_as}"


def _advised(name: str, detail: str) -> str:
    """Return what a server said, with one advice: ours in the place of its own, else after it."""
    ours, servers = ADVICE.get(name, ""), SERVERS_ADVICE.get(name, "")
    if servers and servers in detail:
        return detail.replace(servers, ours)
    return detail if not ours or ours in detail or name in ONLY_IN_PLACE else f"{detail}; {ours}"
