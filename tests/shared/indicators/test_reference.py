from __future__ import annotations

from pathlib import Path

from tradedeck.indicators.reference import page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "indicators.md"
AGAIN = "write tradedeck.indicators.reference.page() to docs/reference/indicators.md"


def test_the_page_for_readers_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), AGAIN
