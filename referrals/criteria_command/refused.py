"""What a command says of input that it cannot use."""

from typing import Any

import click


class Refused(click.ClickException):
    """Says in one line what is wrong with the input, and prints nothing else."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.format_message(), err=True, file=file)
