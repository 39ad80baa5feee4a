"""`qwen-cfg rule`: the page of a rule, as text and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qwen_cfg.rules import RULES

if TYPE_CHECKING:
    from .process import Desk


def test_a_page_has_the_rule_advice_and_an_example(desk: Desk) -> None:
    out = desk.run("rule", "QC103").exits(0).out
    assert out.startswith("QC103 note: a field is set in a file that was not reached\n")
    assert "Env files are not merged" in out
    assert "For example:\n\n  ./.env" in out
    assert max(map(len, out.splitlines())) <= 96


def test_a_code_may_be_lower_case(desk: Desk) -> None:
    assert desk.run("rule", "qc103").exits(0).out == desk.run("rule", "QC103").exits(0).out


def test_a_page_as_data(desk: Desk) -> None:
    page = desk.run("rule", "qc112", "--format", "json").exits(0).json
    assert (page["code"], page["severity"]) == ("QC112", "note")
    assert all(page[part] for part in ("title", "why", "advice", "example"))
    everything = desk.run("rule", "--format", "json").exits(0).json["rules"]
    assert [rule["code"] for rule in everything] == [rule.code for rule in RULES]
    assert page in everything


def test_without_a_code_all_rules_are_listed(desk: Desk) -> None:
    lines = desk.run("rule").exits(0).out.splitlines()
    assert [line.split()[:2] for line in lines] == [[rule.code, rule.severity] for rule in RULES]


@pytest.mark.parametrize(("code", "close"), [("QC13", "QC103"), ("QC1003", "QC103"), ("103", "QC103"), ("nothing", "")])
def test_an_unknown_code_is_refused_with_similar_ones(desk: Desk, code: str, close: str) -> None:
    outcome = desk.run("rule", code).exits(2)
    assert f"unknown rule '{code}'" in outcome.err
    assert close in outcome.err
    assert "qwen-cfg rule" in outcome.err
    error = desk.run("rule", code, "--format", "json").exits(2).json
    assert error["exit_code"] == 2


def test_a_key_in_place_of_a_code_is_not_shown(desk: Desk) -> None:
    key = "sk-0123456789abcdefghij"
    assert key not in desk.run("rule", key).exits(2).output


def test_every_code_in_a_message_has_a_page(desk: Desk) -> None:
    desk.write("work/app/.env", "OPENAI_API_KEY=your-api-key\n")
    code = desk.run("resolve").exits(0).err.split()[0]
    assert code == "QC116"
    assert "looks like" not in desk.run("rule", code).exits(0).err
