"""Sockets: what the engine and the apps need from outside, without saying who provides it."""
