"""One folder a screen: state.py (no control in it) and view.py."""
