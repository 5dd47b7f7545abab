"""Compile the contracts and write what the agents need of them: `uv run python scripts/export_artifacts.py`.

For each contract `xmbl/chain/artifacts/<Name>.json` (ABI, creation and runtime code, NatSpec, compiler) and
`artifacts/standard/<Name>.json`, the standard JSON from which an explorer verifies the source. The
files depend on the sources only; `tests/house` fails when they are stale.
"""

import json
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import snekmate
import vyper
from vyper.compiler.input_bundle import FilesystemInputBundle

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "xmbl" / "chain" / "artifacts"

_LIBRARIES = Path(snekmate.__path__[0]).parent


def contracts() -> list[str]:
    """The names of the deployable contracts."""
    return sorted(path.stem for path in (ROOT / "contracts").glob("*.vy"))


def rendered(name: str) -> Iterator[tuple[Path, str]]:
    """The files of a contract and their texts, compiled now."""
    output = _compiled(name)
    artifact = {
        "contract": name, "compiler": vyper.__long_version__, "abi": output["abi"],
        "bytecode": output["bytecode"], "runtime": output["bytecode_runtime"],
        "userdoc": output["userdoc"], "devdoc": output["devdoc"],
    }  # fmt: skip
    yield ARTIFACTS / f"{name}.json", json.dumps(artifact, indent=1) + "\n"
    yield ARTIFACTS / "standard" / f"{name}.json", json.dumps(_portable(output["solc_json"]), indent=1) + "\n"


def _compiled(name: str) -> dict[str, Any]:
    with chdir(ROOT):
        bundle = FilesystemInputBundle([_LIBRARIES, Path()])
        compiled: dict[str, Any] = vyper.compile_from_file_input(
            bundle.load_file(Path("contracts", f"{name}.vy")),
            input_bundle=bundle,
            output_formats=["abi", "bytecode", "bytecode_runtime", "userdoc", "devdoc", "solc_json"],
        )
    return compiled


def _portable(standard: dict[str, Any]) -> dict[str, Any]:
    """The same input without this machine's folders: libraries lie beside the contracts."""
    sources = {_source_name(path): source for path, source in standard["sources"].items()}
    settings = standard["settings"] | {"search_paths": ["."]}
    return {
        "language": "Vyper",
        "compiler_version": standard["compiler_version"],
        "settings": settings,
        "sources": sources,
    }


def _source_name(path: str) -> str:
    _, found, inside = path.partition("/snekmate/")
    return f"snekmate/{inside}" if found else path


def main() -> None:
    """Write the artifacts of all contracts."""
    (ARTIFACTS / "standard").mkdir(parents=True, exist_ok=True)
    for name in contracts():
        for path, text in rendered(name):
            path.write_text(text)
            print(f"{path.relative_to(ROOT)}  {len(text):,} bytes")


if __name__ == "__main__":
    main()
