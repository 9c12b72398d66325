"""Pages in a real browser, at the widths of a phone, a tablet and a desk. Skipped where no Chromium is installed."""

import html as escaping
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.render import html
from tests.test_render_digests import DIGEST, hostile
from tests.test_render_summaries import SUMMARY, TREND

WIDTHS = (360, 768, 1280)
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LONG = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

HARNESS = """<!doctype html><body>{frames}<script>
onload = () => {{
  const seen = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument, asked = frame.contentWindow.performance.getEntriesByType("resource");
    return [page.documentElement.scrollWidth, page.body.innerText.length, asked.length];
  }});
  document.body.textContent = "SEEN" + JSON.stringify(seen) + "END";
}};
</script>"""


def seen(pages: list[str], folder: Path) -> list[list[int]]:
    """For each page at each width: how wide it lies, how many characters it shows, how many resources it asked for."""
    frames = "".join(
        f'<iframe width="{width}" height="800" style="border:0" srcdoc="{escaping.escape(page)}"></iframe>'
        for page in pages
        for width in WIDTHS
    )
    (folder / "harness.html").write_text(HARNESS.format(frames=frames), encoding="utf-8")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000", "--window-size=1400,1000", "--dump-dom", (folder / "harness.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=True)
    found = re.search(r"SEEN(.*)END", done.stdout)
    assert found, done.stderr
    measured: list[list[int]] = json.loads(found[1])
    return measured


def test_pages_fit_every_width_show_their_text_and_ask_for_nothing(tmp_path: Path) -> None:
    long = replace(DIGEST, themes=tuple(replace(theme, name=LONG) for theme in DIGEST.themes))
    wide = replace(SUMMARY, topic=LONG, citations=tuple(replace(one, title=LONG) for one in SUMMARY.citations))
    pages = [html.digest(DIGEST), html.digest(long), html.digest(hostile()), html.summary(wide), html.trend(TREND)]
    measured = seen(pages, tmp_path)
    assert len(measured) == len(pages) * len(WIDTHS)
    for at, (wide_as, characters, asked) in enumerate(measured):
        assert wide_as <= WIDTHS[at % len(WIDTHS)]
        assert characters > 50
        assert asked == 0
