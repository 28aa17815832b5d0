"""The command `oracle`: one subcommand per file, each imported only when it is asked for."""

# ruff: noqa: PLC0415, D301
# Commands import on use, so that `oracle --help` answers at once; and the backspace in a docstring is
# click's mark for lines to be left as they are.

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from oracle.cli.errors import exit_of, exit_quietly_on_broken_pipe
from oracle.cli.server_choice import remember_server, server_options

__all__ = ["main"]

COMMANDS = {
    "bench": "Race every update loop against its peers.",
    "claims": "Adjudicate what papers print about momentum.",
    "check": "Compare recorded arrays with the golden of a spec.",
    "conformance": "Run a kernel or optimiser of yours on the conformance suite.",
    "golden": "Compute or fetch a certified golden.",
    "serve": "Serve goldens, verdicts and claims over HTTP.",
    "store": "Look after the stored goldens.",
    "sweep": "Compute many goldens, on one machine or a cluster.",
    "token": "Make and revoke the tokens of a server.",
    "verify": "Run the main job: goldens, every candidate, a report.",
}
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(click.Group):
    """A group that imports a command on use and turns expected failures into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return one command; None if there is none of that name."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"oracle.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; every expected failure leaves by its exit code, without a traceback."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # a closed pipe shows here, not while the interpreter shuts down
        except BrokenPipeError:
            exit_quietly_on_broken_pipe()
        except (Exception, KeyboardInterrupt) as error:
            raise exit_of(error) from error
        return result


def _print_version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # here: no other run needs it

        click.echo(f"oracle {version('momentum-oracle')}")
        ctx.exit()


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version and exit.",
)  # fmt: skip
@server_options
@click.pass_context
def main(ctx: click.Context, server: str | None, token_file: Path | None, allow_plain_http: bool) -> None:
    """Decide whether a momentum optimiser does what the mathematics says.

    \b
    Examples:
      oracle verify --quick
      oracle golden spec.json --json
      oracle check spec.json run.npz --form buffer --report run.html
      oracle conformance my_kernels:heavy_ball --out conformance
      oracle claims --report claims.html
      oracle --server https://oracle.example.org check spec.json run.npz

    \b
    Exit codes:
      0  agrees, or done        1  disagrees
      2  misuse                 3  undecided
      4  damaged or missing record
    """
    remember_server(ctx, server, token_file, allow_plain_http)
