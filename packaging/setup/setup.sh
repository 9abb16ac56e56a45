#!/usr/bin/env bash
# Installs what is missing, nothing twice: uv, system libraries, buf, the Python environment.
# Run by `make setup`; safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf '\033[1m%s\033[0m\n' "$*"; }

# Qt offscreen and in a window, a virtual screen, and a browser for the phone and console tests.
APT_PACKAGES=(
  libglib2.0-0 libegl1 libgl1 libxkbcommon0 libfontconfig1 libdbus-1-3 libgssapi-krb5-2
  libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0
  xvfb chromium libatomic1
)

find_python() {
  for name in python3.11 python3.12 python3.13 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      echo "$name"
      return
    fi
  done
  echo "Tradedeck needs Python 3.11 or newer; install it and run make again." >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

may_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }

apt_install() { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

install_system_libraries() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "Not a Debian or Ubuntu system: please install Qt's xcb libraries, Xvfb and Chromium yourself."
    return
  fi
  local missing=()
  for package in "${APT_PACKAGES[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      dpkg-query -W -f='${Status}' "${package}t64" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  if may_be_root; then
    say "Installing system libraries: ${missing[*]}"
    if as_root apt-get update -qq && apt_install "${missing[@]}"; then return; fi
  fi
  echo "System libraries are missing. Run this, then make again (Ubuntu: take chromium from its snap or a .deb):"
  echo "  sudo apt-get update && sudo apt-get install -y ${missing[*]}"
}

install_uv() {
  if command -v uv >/dev/null; then
    UV=uv
    return
  fi
  UV=.uv/bin/uv
  [ -x "$UV" ] && return
  say "Installing uv"
  local python
  python=$(find_python)
  if ! "$python" -m venv .uv >/dev/null 2>&1; then
    # Debian keeps the venv module apart.
    rm -rf .uv
    may_be_root && apt_install "$(basename "$python")-venv"
    "$python" -m venv .uv
  fi
  .uv/bin/python -m pip install -q --disable-pip-version-check 'uv>=0.8'
}

install_buf() {
  [ -x packaging/setup/node_modules/.bin/buf ] && return
  if command -v npm >/dev/null; then
    say "Installing buf"
    npm ci --loglevel error --no-audit --no-fund --prefix packaging/setup >/dev/null ||
      echo "buf could not be installed (see above): the protos will not be linted, everything else works."
  else
    echo "npm is not here: the protos will not be linted (everything else works)."
  fi
}

install_system_libraries
install_uv
install_buf
say "Installing Python packages"
"$UV" sync --frozen --quiet
