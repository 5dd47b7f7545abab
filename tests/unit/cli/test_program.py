"""The program as a whole: help, versions, mistakes, options on either side, topics, completion."""

import subprocess
import sys

import pytest

from xmbl import __version__
from xmbl.cli.help import TOPICS
from xmbl.cli.output import Output
from xmbl.errors import RpcUnavailable


def test_program__nothing_asked__shows_the_table(terminal):
    said = terminal()
    assert said.code == 0
    assert "wallet" in said.out


def test_program__version__is_the_packages(terminal):
    assert terminal("--version").out == f"xmbl {__version__}\n"
    fast = subprocess.run(
        [sys.executable, "-m", "xmbl", "--version"], capture_output=True, text=True, check=True
    )
    assert fast.stdout == f"xmbl {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("confg",), "xmbl has no command 'confg'; did you mean `config`? See `xmbl --help`."),
        (("config", "jion"), "xmbl config has no command 'jion'; did you mean `join`?"),
        (("config", "zzz"), "there are join, path, show, use."),
        (("config", "show", "--jsn"), "--json"),
        (("config", "join"), "Missing argument 'FILE|URL'. See `xmbl config join --help`."),
        (("--dry-run", "devnet", "fund", "client"), "This command has no dry run"),
        (("deal", "verify", "x", "--leaves", "0"), "0 is not in the range"),
        (("deal", "verify", "x", "--leaves", "-1"), "-1 is not in the range"),
        (("deal", "watch", "x", "--every", "-1"), "is not in the range"),
        (("deal", "watch", "x", "--every", "nan"), "'nan' is not a number of seconds"),
        (("deal", "put", "x", "--copies", "0"), "0 is not in the range"),
        (("deal", "quote", "1", "--periods", "0"), "0 is not in the range"),
        (("devnet", "--block-time", "-1"), "is not in the range"),
        (("devnet", "--port", "65536"), "is not in the range"),
        (("deal", "backup", "x", "nowhere/at/all"), "there is no folder nowhere/at; make it first"),
        (("deal", "share", "x", "-o", "nowhere/y"), "there is no folder nowhere; make it first"),
        (("deal", "get", "x", "nowhere/y"), "nowhere; make it first or give another place"),
        (("deal", "get", "x", "/"), "/ exists already; give another place"),
        (("pay", "deposit", "0"), "0 is nothing; give an amount above 0"),
        (("pay", "withdraw", "0 wei"), "0 wei is nothing"),
        (("pay", "transfer", "me", "0"), "0 is nothing"),
        (("wallet", "send", "me", "0"), "0 is nothing"),
        (("stake", "add", "1e9"), "is not an amount"),
        *(
            (("stake", *each, "2000000000"), "give 1,152,921,504.606846975 XMBL at most")
            for each in (("add",), ("thaw",), ("authorize", "deals"), ("delegate", "--operator", "me"))
        ),
        (("help", "nothing"), "There is no topic 'nothing'; there are exit-codes,"),
    ],
)
def test_program__mistake__is_told_with_a_remedy_and_two(terminal, arguments, complaint):
    said = terminal(*arguments)
    assert said.code == 2
    assert complaint in said.err
    assert said.out == ""


def test_program__mistake_with_json__is_a_document(terminal):
    said = terminal("config", "jion", "--json")
    assert said.document()["error"]["code"] == "usage"
    assert said.document()["error"]["exit_code"] == said.code == 2


def test_program__failure_after_its_result__is_one_document(terminal, monkeypatch):
    told = Output.result

    def tell_and_fail(*arguments):
        told(*arguments)
        raise RpcUnavailable("No endpoint answers any more.")

    monkeypatch.setattr(Output, "result", tell_and_fail)
    said = terminal("help", "--json")
    assert said.code == 1
    assert said.document()["ok"] is True
    assert said.err == "xmbl: No endpoint answers any more.\n"


@pytest.mark.parametrize(
    "arguments", [("--json", "config", "path"), ("config", "--json", "path"), ("config", "path", "--json")]
)
def test_program__shared_option__stands_before_or_after_the_subcommand(terminal, home, arguments):
    assert terminal(*arguments).document()["config"] == str(home / "config")


def test_help__topics__are_listed_and_explained(terminal):
    assert list(terminal("help", "--json").document()["topics"]) == list(TOPICS)
    assert "130" in terminal("help", "exit-codes").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion__script__calls_xmbl(terminal, shell):
    assert "_XMBL_COMPLETE" in terminal("completion", shell).out


def test_completion__half_a_word__is_completed(terminal, home, monkeypatch):
    (home / "config" / "networks").mkdir(parents=True)
    (home / "config" / "networks" / "devnet.toml").touch()
    for words, expected in (
        ("xmbl conf", "config"),
        ("xmbl config sh", "show"),
        ("xmbl --network d", "devnet"),
    ):
        monkeypatch.setenv("_XMBL_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert terminal().out == f"plain,{expected}\n"
