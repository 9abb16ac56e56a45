"""The tokens as CSS custom properties."""

from __future__ import annotations

from dataclasses import asdict

from tradedeck.design.tokens import DARK, LIGHT, RADIUS, SPACE, Theme


def css() -> str:
    """`:root` holds the light theme, `[data-theme=dark]` and a dark system the dark one.

    Names: --bg0, --text1, --line-strong and so on; --space is the 4 px grid, --radius the desktop's.
    """
    fixed = f"--space: {SPACE}px; --radius: {RADIUS['desktop']}px;"
    dark, light = _variables(DARK), _variables(LIGHT)
    return (
        f":root {{ color-scheme: light; {fixed} {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ color-scheme: dark; {dark} }} }}\n"
        f":root[data-theme=dark] {{ color-scheme: dark; {dark} }}\n"
    )


def _variables(theme: Theme) -> str:
    colours = {name: value for name, value in asdict(theme).items() if name != "name"}
    return " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in colours.items())
