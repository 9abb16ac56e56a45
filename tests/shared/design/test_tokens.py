"""Colours must be readable wherever they are used, and every form of the tokens must hold all of them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from tradedeck.design import DARK, LIGHT, THEMES, Theme, colour_blind, css, font_files

TEXT_RATIO, HINT_RATIO, GRAPHIC_RATIO = 4.5, 4.3, 3.0
ALL = [*THEMES.values(), *(colour_blind(theme) for theme in THEMES.values())]


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_agrees_with_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ALL, ids=lambda t: f"{t.name}-{t.up}")
@pytest.mark.parametrize("ground", ["bg1", "bg2"])
def test_words_and_figures_are_readable_on_panels(theme: Theme, ground: str) -> None:
    back = getattr(theme, ground)
    for name in ("text1", "text2", "accent", "up", "down", "warn", "paper"):
        assert contrast(getattr(theme, name), back) >= TEXT_RATIO, name
    assert contrast(theme.text3, back) >= HINT_RATIO


@pytest.mark.parametrize("theme", ALL, ids=lambda t: f"{t.name}-{t.up}")
def test_words_on_coloured_buttons_are_readable(theme: Theme) -> None:
    for name in ("accent", "up", "down", "paper"):
        assert contrast(theme.on_colour, getattr(theme, name)) >= TEXT_RATIO, name


@pytest.mark.parametrize("theme", ALL, ids=lambda t: f"{t.name}-{t.up}")
def test_values_stay_readable_under_the_mouse(theme: Theme) -> None:
    for name in ("text1", "text2"):
        assert contrast(getattr(theme, name), theme.bg3) >= TEXT_RATIO, name
    for name in ("up", "down", "accent"):
        assert contrast(getattr(theme, name), theme.bg3) >= GRAPHIC_RATIO, name


def test_the_colour_blind_pair_changes_only_the_pair() -> None:
    safe = colour_blind(DARK)
    changed = {f.name for f in fields(Theme) if getattr(safe, f.name) != getattr(DARK, f.name)}
    assert changed == {"up", "down"}


def test_css_names_every_colour_of_both_themes() -> None:
    sheet = css()
    for theme in (DARK, LIGHT):
        for field in fields(Theme):
            if field.name != "name":
                assert f"--{field.name.replace('_', '-')}: {getattr(theme, field.name)};" in sheet


def test_fonts_are_bundled_and_real() -> None:
    files: list[Path] = font_files()
    assert {path.name.split("-")[0] for path in files} == {"Inter", "JetBrainsMono"}
    for path in files:
        assert path.read_bytes()[:4] in (b"OTTO", b"\x00\x01\x00\x00")
