"""The HTML page in a real browser, where there is one: it loads without an error, a click on a use opens its definition, and
the hover tells what is known. The page reports on itself through a probe that is added to a copy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import specc

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WATCH = """<head><script>
const errors = [];
addEventListener("error", (e) => errors.push(e.message));
console.error = console.warn = (...said) => errors.push(said.join(" "));
</script>"""
PROBE = """<script>
setTimeout(() => {
  const told = { errors };
  const chosen = () => document.querySelector("[aria-selected=true]").dataset.key;
  const way = () => document.querySelector("section:not([hidden]) svg").style.transform;
  const hint = document.getElementById("hint");
  const use = [...document.querySelectorAll("#view0 a")].find((a) => a.getAttribute("xlink:href") === "#Attention");
  const at = (kind, x, y) => new PointerEvent(kind, { bubbles: true, cancelable: true, clientX: x, clientY: y });
  const key = (node, name) => node.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  told.first = chosen();
  use.dispatchEvent(at("pointermove", 300, 300));
  told.hover = [hint.hidden, hint.textContent];
  use.dispatchEvent(at("pointerleave", 0, 0));
  told.left = hint.hidden;
  const stage = use.closest(".stage");
  told.ways = [way()];
  stage.dispatchEvent(new WheelEvent("wheel", { deltaY: -300, clientX: 200, clientY: 200, bubbles: true, cancelable: true }));
  told.ways.push(way());
  use.dispatchEvent(at("pointerdown", 300, 300));
  use.dispatchEvent(at("pointermove", 360, 340));
  use.dispatchEvent(at("pointerup", 360, 340));
  use.dispatchEvent(at("click", 360, 340));
  told.ways.push(way());
  told.dragged = chosen();
  use.dispatchEvent(at("pointerdown", 300, 300));
  use.dispatchEvent(at("pointerup", 300, 300));
  use.dispatchEvent(at("click", 300, 300));
  told.clicked = chosen();
  key(document.body, "Escape");
  told.escaped = chosen();
  use.focus();
  told.focused = [document.activeElement === use, hint.hidden, use.getAttribute("role"), use.getAttribute("aria-label")];
  key(use, "Enter");
  told.entered = [chosen(), document.activeElement.getAttribute("role")];
  key(document.activeElement, "ArrowRight");
  told.next = chosen();
  told.open = document.querySelectorAll("section:not([hidden])").length;
  told.unnamed = [...document.querySelectorAll("button, [role=tab], svg, .stage a[tabindex]")]
    .filter((node) => !(node.getAttribute("aria-label") || node.textContent).trim()).length;
  told.colours = [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color];
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(told);
  document.body.append(out);
}, 200);
</script></body>"""

needed = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


def browse(page: Path, *options: str) -> str:
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", *options]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def probed(folder: Path, theme: str) -> dict[str, Any]:
    """What the page does in the browser when it is hovered, zoomed, dragged, clicked and walked by keys."""
    page = specc.draw("gpt2", theme=theme).render("html").decode()
    path = folder / "page.html"
    path.write_text(page.replace("<head>", WATCH, 1).replace("</body>", PROBE), encoding="utf-8")
    found = re.search(r'<pre id="probe">(.*?)</pre>', browse(path, "--dump-dom"))
    assert found is not None
    told: dict[str, Any] = json.loads(unescape(found[1]))
    return told


@needed
def test_hover_zoom_drag_click_and_keys(tmp_path: Path) -> None:
    told = probed(tmp_path, "light")
    assert told["errors"] == []
    hidden, hint = told["hover"]
    assert not hidden
    assert "heads = 12" in hint
    assert "gpt2.nn:" in hint  # the place in the spec
    assert "float[B, T, 768]" in hint
    assert told["left"]
    assert len(set(told["ways"])) == 3  # as it was, zoomed, dragged
    assert [told[name] for name in ("first", "dragged", "clicked", "escaped")] == ["", "", "Attention", ""]
    assert told["focused"][:3] == [True, False, "link"]
    assert "Attention" in told["focused"][3]
    assert told["entered"] == ["Attention", "tab"]
    assert told["next"] not in ("", "Attention")
    assert told["open"] == 1
    assert told["unnamed"] == 0
    assert told["colours"] == ["rgb(255, 255, 255)", "rgb(31, 41, 51)"]


@needed
def test_dark_pages_are_dark(tmp_path: Path) -> None:
    assert probed(tmp_path, "dark")["colours"] == ["rgb(18, 23, 29)", "rgb(228, 232, 236)"]


@needed
def test_it_can_be_looked_at(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(specc.draw("resnet").render("html"))
    shot = tmp_path / "shot.png"
    browse(page, f"--screenshot={shot}", "--window-size=1200,800")
    data = shot.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) > 20_000  # a blank page has some 5 000


EVERY_TAB = """<script>
setTimeout(() => {
  document.querySelectorAll("[role=tab]").forEach((tab) => tab.click());
  document.querySelectorAll("[role=tab]")[0].click();
  const told = { errors, way: document.querySelector("#view0 svg").style.transform };
  const links = [...document.querySelectorAll("#view0 a[aria-label]")];
  told.labels = links.map((link) => link.getAttribute("aria-label"));
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(told);
  document.body.append(out);
}, 200);
</script></body>"""


@needed
@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ("vgg", "float[N, 3, H, W]"), ("iris", "float[B, 4]"), ("vae", "float[B, 1, 28, 28]"), ("elman", "rnn: ElmanCell"),
        ("ddpm", "down_blocks"), ("gcn", "GCNConv"),
    ],
)  # fmt: skip
def test_pages_of_every_family(tmp_path: Path, spec: str, label: str) -> None:
    path = tmp_path / "page.html"
    page = specc.draw(spec).render("html").decode()
    path.write_text(page.replace("<head>", WATCH, 1).replace("</body>", EVERY_TAB), encoding="utf-8")
    found = re.search(r'<pre id="probe">(.*?)</pre>', browse(path, "--dump-dom"), re.DOTALL)
    assert found is not None
    told = json.loads(unescape(found[1]))
    assert told["errors"] == []
    assert "scale" in told["way"]
    assert any(label in each for each in told["labels"])
