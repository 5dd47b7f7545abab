"""The options that all commands share, as a command was given them."""

from dataclasses import dataclass


@dataclass
class Choices:
    """The shared options as given, empty where they weren't; `answered` once stdout has its result."""

    json: bool = False
    network: str = ""
    wallet: str = ""
    password_file: str = ""
    yes: bool = False
    dry_run: bool = False
    answered: bool = False
