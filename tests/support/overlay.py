"""Contracts compiled as if one of their files had another text; nothing on the disk changes."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boa
from boa.interpret import _compute_source_map
from vyper.compiler.input_bundle import FileInput, FilesystemInputBundle

_IMPORT = re.compile(r"^from contracts((?:\.\w+)*) import (\w+)", re.MULTILINE)


def sources(root: Path) -> dict[str, str]:
    """The texts of all contracts, modules, interfaces and mocks below `root`, by their paths from there."""
    paths = sorted((root / "contracts").rglob("*.vy*"))
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths}


def imports(texts: Mapping[str, str], path: str) -> set[str]:
    """All files below `contracts/` that one imports, through others too."""
    found: set[str] = set()
    for folder, name in _IMPORT.findall(texts[path]):
        stem = f"contracts{folder.replace('.', '/')}/{name}"
        each = f"{stem}.vy" if f"{stem}.vy" in texts else f"{stem}.vyi"
        found |= {each} | imports(texts, each)
    return found


@contextmanager
def overlaid(path: Path, text: str) -> Iterator[None]:
    """Vyper reads `text` where a contract imports the file at `path`."""
    original = FilesystemInputBundle._load_from_path

    def load(self: FilesystemInputBundle, resolved: Path, wanted: Path) -> Any:
        found = original(self, resolved, wanted)
        if resolved != path.resolve():
            return found
        return FileInput(found.source_id, found.path, found.resolved_path, text)

    FilesystemInputBundle._load_from_path = load  # type: ignore[method-assign]
    try:
        yield
    finally:
        FilesystemInputBundle._load_from_path = original  # type: ignore[method-assign]


def compiled(path: Path, text: str | None = None) -> Any:
    """The deployer of a contract, compiled now; `text` is its own source if it isn't the file's."""
    boa.interpret.disable_cache()
    try:
        deployer = boa.loads_partial(text or path.read_text(), name=str(path), filename=str(path))
    finally:
        boa.interpret.set_cache_dir()
    deployer.compiler_data.source_map = _compute_source_map(deployer.compiler_data)  # the cache does it else
    return deployer
