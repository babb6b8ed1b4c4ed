"""The edge of the commands about criteria: how they refuse what they are given, and which day it is."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import current_app, has_app_context


class Refused(click.ClickException):
    """Says in one line what is wrong with the input, and prints nothing else."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(self.format_message(), err=True, file=file)


def today() -> date:
    """Today where the clinic is; where no application runs, in UTC."""
    zone = current_app.extensions["settings"].time_zone if has_app_context() else "UTC"
    return datetime.now(ZoneInfo(zone)).date()
