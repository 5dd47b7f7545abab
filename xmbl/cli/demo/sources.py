"""What the demo stores where no file is named: a tar of these sources."""

import tarfile
from pathlib import Path

import xmbl

_FOLDERS = ("contracts", "scripts", "tests", "xmbl")
_SKIPPED = {"__pycache__", ".build", ".cache"}


def pack(target: Path) -> Path:
    """Write the tar of a clone's sources, or of the installed package, to `target`."""
    package = Path(xmbl.__file__).parent
    clone = package.parent
    folders = [clone / name for name in _FOLDERS] if (clone / "pyproject.toml").is_file() else [package]
    with tarfile.open(target, "w") as tar:
        for folder in folders:
            if folder.is_dir():
                tar.add(folder, folder.name, filter=_plain)
    return target


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if Path(entry.name).name in _SKIPPED else entry
