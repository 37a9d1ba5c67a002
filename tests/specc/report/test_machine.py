"""JSON and SARIF: what scripts, editors and code hosts read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specc.report.json import render as render_json
from specc.report.sarif import render as render_sarif
from tests.golden import Golden
from tests.specc.report.examples import ADD, EXAMPLES, RES, TWO_FILES

GOLDEN = Path(__file__).parent / "golden"


def sarif(*names: str) -> Any:
    return json.loads(render_sarif([EXAMPLES[name] for name in names or EXAMPLES], "1.2.3", lambda code: f"summary of {code}"))


def test_json(golden: Golden) -> None:
    golden(GOLDEN / "two.json", render_json([ADD, TWO_FILES], ["res.nn", "model.nn"]))


def test_sarif(golden: Golden) -> None:
    golden(GOLDEN / "two.sarif", render_sarif([ADD, TWO_FILES], "1.2.3", lambda code: f"summary of {code}"))


def test_json_offsets_cut_out_what_is_marked() -> None:
    document = json.loads(render_json([ADD]))
    place = document["diagnostics"][0]["primary"]["place"]
    assert RES.text[place["start"] : place["end"]] == "+"
    assert RES.text.splitlines()[place["line"] - 1][place["column"] - 1] == "+"


def test_sarif_rules_are_those_of_the_results() -> None:
    run = sarif()["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted({diagnostic.code for diagnostic in EXAMPLES.values()})
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]


def test_sarif_regions_count_from_one_and_run_forward() -> None:
    def regions(value: Any) -> list[dict[str, int]]:
        if isinstance(value, list):
            return [region for item in value for region in regions(item)]
        if isinstance(value, dict):
            own = [value[key] for key in ("region", "deletedRegion") if key in value]
            return own + [region for item in value.values() for region in regions(item)]
        return []

    found = regions(sarif())
    assert len(found) > 20
    for region in found:
        start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
        assert (1, 1) <= start <= end


def test_sarif_offers_only_confirmed_fixes() -> None:
    results = sarif("add", "two_files")["runs"][0]["results"]
    assert [bool(result.get("fixes")) for result in results] == [True, False]


def test_sarif_addresses_are_uris() -> None:
    assert "\x1b" not in render_sarif([EXAMPLES["hostile"]], "1", lambda code: code).replace("\\u001b", "")
    location = sarif("hostile")["runs"][0]["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%1B%5B31m.nn"


def test_no_diagnostics_are_a_valid_log() -> None:
    assert json.loads(render_sarif([], "1", str))["runs"][0]["results"] == []
    assert json.loads(render_json([]))["errors"] == 0
