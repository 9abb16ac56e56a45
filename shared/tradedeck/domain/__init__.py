"""The nouns of trading. Standard library only; nothing here knows a clock, a file or a network."""
