"""The main job from end to end: cloud, exchange, desktop, phone and console on one machine."""
