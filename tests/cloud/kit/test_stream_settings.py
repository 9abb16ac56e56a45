"""A stream of facts that an earlier version made is brought up to date, not refused."""

from pathlib import Path
from typing import Any, cast

import nats
from nats.js.api import StreamConfig

from tradedeck_cloud.kit.bus import KEEP_FACTS_S, STREAM, Bus
from tradedeck_cloud.kit.embedded import Embedded


async def test_a_stream_with_other_settings_is_brought_up_to_date(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path)
    where = await embedded.start(dsn="given", cache="given")
    client: Any = await cast(Any, nats).connect(where.nats)
    await client.jetstream().add_stream(StreamConfig(name=STREAM, subjects=["facts.>"]))
    bus = Bus(where.nats)
    await bus.open()
    found = await client.jetstream().stream_info(STREAM)
    assert found.config.max_age == KEEP_FACTS_S
    await bus.close()
    await client.close()
    await embedded.stop()
