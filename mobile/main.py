"""Flet's way in on a phone: `flet build` starts this file."""

from __future__ import annotations

import os
from pathlib import Path

import flet as ft

from tradedeck_mobile.app import Host
from tradedeck_mobile.kit.look import ASSETS
from tradedeck_mobile.settings import Settings

if __name__ == "__main__":
    folder = Path(os.environ.get("FLET_APP_STORAGE_DATA", "tradedeck-mobile"))
    cloud = os.environ.get("TRADEDECK_CLOUD", "")
    ft.run(Host(Settings(data=folder, cloud=cloud)).main, assets_dir=ASSETS)
