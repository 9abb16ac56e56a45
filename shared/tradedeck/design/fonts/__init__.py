"""The bundled fonts: Inter for text, JetBrains Mono for figures (both SIL Open Font License 1.1)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

TEXT_FAMILY = "Inter"
FIGURES_FAMILY = "JetBrains Mono"


def font_files() -> list[Path]:
    """Every bundled font file."""
    folder = Path(str(files(__name__)))
    return sorted(path for path in folder.iterdir() if path.suffix in {".otf", ".ttf"})
