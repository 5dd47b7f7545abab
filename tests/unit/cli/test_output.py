"""What a command says: the result on stdout, the rest on stderr."""

import json

from xmbl.cli.output import Output, Table, facts

TABLE = Table(("NAME", "PRICE"), [("deal", "1 XMBL"), ("longer deal", "10 wei")], "No deals.")


def test_result__json__is_the_document_alone(capsys):
    Output(as_json=True).result({"price_wei": 10**30}, "text", TABLE)
    assert json.loads(capsys.readouterr().out) == {"ok": True, "price_wei": 10**30}


def test_result__in_a_pipe__is_plain_columns(capsys):
    Output(as_json=False).result({}, TABLE)
    assert capsys.readouterr().out == "NAME         PRICE\ndeal         1 XMBL\nlonger deal  10 wei\n"


def test_result__on_a_terminal__is_drawn(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Output(as_json=False).result({}, TABLE)
    assert "────" in capsys.readouterr().out


def test_result__empty_table__says_so(capsys):
    Output(as_json=False).result({}, Table(("NAME",), [], "No deals yet."))
    assert capsys.readouterr().out == "No deals yet.\n"


def test_result__hostile_text__steers_no_terminal(capsys):
    hostile = "ok\x1b[2J\x9b1m\nSECOND ROW"
    Output(as_json=False).result({}, Table(("REASON",), [(hostile,)], ""), hostile)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert said.splitlines()[1] == "ok�[2J�1m SECOND ROW"


def test_note__is_on_stderr(capsys):
    Output(as_json=False).note("asking 3 operators")
    assert capsys.readouterr() == ("", "asking 3 operators\n")


def test_waiting__in_a_pipe__is_one_line(capsys):
    with Output(as_json=False).waiting("asking"):
        pass
    assert capsys.readouterr() == ("", "asking …\n")


def test_waiting__on_a_terminal__spins_on_stderr(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Output(as_json=False).waiting("asking"):
        pass
    assert capsys.readouterr().out == ""


def test_facts__values__stand_in_one_column():
    assert facts([("a", "1"), ("long", "2")]) == "a     1\nlong  2"
