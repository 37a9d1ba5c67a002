"""The HTML page in a real browser, where there is one: it loads without an error, a click on a use opens its definition, and
the hover tells what is known. The page reports on itself through a probe that is added to a copy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

import specc

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROBE = """<script>
const errors = [];
addEventListener("error", (e) => errors.push(e.message));
setTimeout(() => {
  const chosen = () => document.querySelector("[aria-selected=true]").dataset.key;
  const use = [...document.querySelectorAll("#view0 a")].find((a) => a.getAttribute("xlink:href") === "#Attention");
  use.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
  const hint = document.getElementById("hint").textContent;
  const before = chosen();
  use.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  const after = chosen();
  const tab = document.querySelector("[aria-selected=true]");
  tab.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  const moved = document.querySelector("section:not([hidden]) svg").style.transform;
  const open = document.querySelectorAll("section:not([hidden])").length;
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify({ errors, before, after, next: chosen(), hint, moved, open });
  document.body.append(out);
}, 200);
</script></body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
def test_click_hover_and_keys(tmp_path: Path) -> None:
    page = specc.draw("gpt2").render("html").decode()
    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", PROBE), encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=3000",
        "--dump-dom",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout)
    assert found is not None
    told = json.loads(unescape(found[1]))
    assert told["errors"] == []
    assert (told["before"], told["after"], told["next"]) == ("", "Attention", "Conv1D")
    assert "heads = 12" in told["hint"]
    assert "scale" in told["moved"]
    assert told["open"] == 1
