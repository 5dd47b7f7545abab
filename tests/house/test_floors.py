"""Each floor sees only the floors below; the heavy libraries have one room each."""

from pathlib import Path

from importlinter.cli import lint_imports

PROJECT = Path(__file__).parents[2]


def test_floors__every_import__goes_down(capsys):
    """Import-linter runs the contracts of pyproject.toml; its report names the import that is wrong."""
    code = lint_imports(config_filename=str(PROJECT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out
