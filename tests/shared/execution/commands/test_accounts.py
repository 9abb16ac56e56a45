"""Accounts are added with a key that was looked at, tested, listed and forgotten."""

import json
import sys
from pathlib import Path

import pytest

from tests.shared.execution.commands.conftest import KEY, SECRET, Box, Shell
from tradedeck.domain.errors import RefusedError
from tradedeck.execution.commands import home
from tradedeck.execution.commands.accounts import check_rights, said, wrongs
from tradedeck.execution.commands.venues import Findings
from tradedeck.ports.account import KeyRights

TYPED = f"{KEY}\n{SECRET}\n"


def test_an_account_is_added_tested_listed_and_removed(shell: Shell, box: Box) -> None:
    assert shell.run("accounts", "list") == 0
    assert "no accounts yet" in shell.out
    assert shell.run("accounts", "add", "main", "--venue", "sandbox", "--url", box.url, typed=TYPED) == 0
    assert "USDT 1000000" in shell.out
    assert shell.run("accounts", "test") == 0
    assert "all is well" in shell.out
    assert shell.run("accounts", "test", "main", "--json") == 0
    told = json.loads(shell.out)
    assert (told["name"], told["balances"]["BTC"]["free"], told["wrong"]) == ("main", "10", [])
    assert abs(told["skew_ms"]) < 1000
    assert shell.run("accounts", "list", "--json") == 0
    assert json.loads(shell.out) == [{"name": "main", "venue": "sandbox", "url": box.url}]
    assert shell.run("accounts", "remove", "main") == 0
    assert shell.run("accounts", "test") == 1
    assert "there is no account yet" in shell.err


def test_the_key_is_nowhere_in_the_data_folder(shell: Shell, box: Box) -> None:
    assert shell.run("accounts", "add", "main", "--venue", "sandbox", "--url", box.url, typed=TYPED) == 0
    files = [path for path in shell.data.rglob("*") if path.is_file()]
    assert {"secrets.sealed", "device.db"} <= {path.name for path in files}
    assert all(text.encode() not in path.read_bytes() for path in files for text in (KEY, SECRET))


def test_a_key_the_venue_does_not_know_is_not_kept(shell: Shell, box: Box) -> None:
    typed = "no-such-key\nno-such-secret\n"
    assert shell.run("accounts", "add", "main", "--venue", "sandbox", "--url", box.url, typed=typed) == 1
    assert "no-such" not in shell.err
    assert shell.run("accounts", "list", "--json") == 0
    assert json.loads(shell.out) == []


def test_without_the_venue_a_key_is_kept_only_when_asked_so(shell: Shell) -> None:
    away = ("--venue", "sandbox", "--url", "http://127.0.0.1:1")
    assert shell.run("accounts", "add", "main", *away, typed=TYPED) == 1
    assert shell.run("accounts", "add", "main", *away, "--unchecked", typed=TYPED) == 0
    assert "without asking the venue" in shell.out
    assert shell.run("accounts", "add", "main", *away, "--unchecked", typed=TYPED) == 1
    assert "--replace gives it a new key" in shell.err
    assert shell.run("accounts", "add", "main", *away, "--unchecked", "--replace", typed="other-key\nother\n") == 0
    key, secret = home.open_keys(shell.data).get("main")
    assert (key, secret.reveal()) == ("other-key", "other")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Main", "--venue", "binance"], "lower case letters"),
        (["main", "--venue", "nowhere"], "there is no venue nowhere"),
        (["main", "--venue", "ccxt:"], "there is no venue ccxt:"),
        (["main", "--venue", "sandbox", "--url", "localhost:8700"], "write --url as http://localhost:8700"),
        (["main", "--venue", "sandbox"], "both parts are needed"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(shell: Shell, words: list[str], said: str) -> None:
    assert shell.run("accounts", "add", *words) == 1
    assert said in shell.err


def test_delta_says_its_address_rule_before_it_asks_for_a_key(shell: Shell) -> None:
    typed = "k-123456\ns-123456\n"
    assert shell.run("accounts", "add", "d", "--venue", "delta-india", "--unchecked", typed=typed) == 0
    assert "only from the IP addresses listed at the key" in shell.out
    assert "cloud's order orchestration" in shell.out


def test_one_of_several_accounts_must_be_named(shell: Shell) -> None:
    for name in ("a", "b"):
        assert shell.run("accounts", "add", name, "--venue", "sandbox", "--unchecked", typed=TYPED) == 0
    assert shell.run("accounts", "test") == 1
    assert "say which account" in shell.err
    assert shell.run("accounts", "test", "c") == 1
    assert "there are a, b" in shell.err


def test_a_key_that_may_withdraw_is_refused() -> None:
    with pytest.raises(RefusedError, match="only read and trade"):
        check_rights(KeyRights(trade=True, withdraw=True, ip_bound=True))
    check_rights(KeyRights(trade=True, withdraw=None, ip_bound=None))


def test_every_wrong_of_an_account_is_said() -> None:
    found = Findings(KeyRights(trade=False, withdraw=True, ip_bound=False, detail="read only"), (), 2_500.0)
    wrong = wrongs(found)
    assert [words.split(";")[0] for words in wrong] == [
        "this key may withdraw",
        "this key may not trade",
        "this machine's clock is +2.5 s off the venue's",
    ]
    words = "\n".join(said(found))
    assert "bind it" in words
    assert "note: read only" in words
    unknown = Findings(KeyRights(None, None, None), (), None)
    assert wrongs(unknown) == []
    assert said(unknown).count("clock: the venue does not tell") == 1


class Terminal:
    """A person at a terminal."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_key_and_passphrase_are_typed_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["key-1234", "secret-1234", "words and words", "words and words", "one word", "another", "known"])

    def type_next(_words: str) -> str:
        return next(answers)

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", type_next)
    key, secret = home.ask_key()
    assert (key, secret.reveal()) == ("key-1234", "secret-1234")
    assert home.ask_passphrase(new=True) == "words and words"
    with pytest.raises(RefusedError, match="differ"):
        home.ask_passphrase(new=True)
    assert home.ask_passphrase(new=False) == "known"


def test_with_nobody_to_ask_the_variable_is_named(shell: Shell, tmp_path: Path) -> None:
    shell.typed("")
    with pytest.raises(RefusedError, match="set TRADEDECK_PASSPHRASE"):
        home.ask_passphrase(new=True)


def test_limits_are_shown_and_set_by_scope(shell: Shell) -> None:
    away = ("--venue", "sandbox", "--url", "http://127.0.0.1:1", "--unchecked")
    assert shell.run("accounts", "add", "main", *away, typed=TYPED) == 0
    assert shell.run("accounts", "limits") == 0
    assert "max_open_orders                 50" in shell.out
    assert shell.run("accounts", "limits", "--set", "max_open_orders=7", "max_daily_loss=none", "--json") == 0
    told = json.loads(shell.out)
    assert (told["max_open_orders"], told["max_daily_loss"]) == ("7", "none")
    assert shell.run("accounts", "limits", "main", "--scope", "grid", "--set", "max_order_size=0.5") == 0
    assert "limits of grid, main" in shell.out
    assert shell.run("accounts", "limits", "--set", "max_open_orders") == 1
    assert "LIMIT=AMOUNT" in shell.err
    assert shell.run("accounts", "limits", "--set", "nope=1") == 1
    assert "there is no limit nope" in shell.err
