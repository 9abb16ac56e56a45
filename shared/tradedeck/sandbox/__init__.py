"""An exchange on loopback that replays recorded prices and speaks Binance spot's real wire."""
