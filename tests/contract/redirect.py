"""Production addresses that end at a server on loopback: every host resolves to it, behind TLS that is trusted here."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
_CHUNK = 1 << 16


class Loopback(AbstractResolver):
    """Answers every name with one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del port, family
        return [ResolveResult(hostname=host, host=HOST, port=self._port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing to let go of."""


def certificate(folder: Path, hosts: Sequence[str]) -> Path:
    """A self-signed certificate for these hosts, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@asynccontextmanager
async def redirected_session(url: str, hosts: Sequence[str], folder: Path) -> AsyncGenerator[aiohttp.ClientSession]:
    """A client session for which `https://` and `wss://` of any of `hosts` lead to the server at `url`."""
    pem = certificate(folder, hosts)
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    here.load_cert_chain(pem)
    target = int(url.rpartition(":")[2])
    server = await asyncio.start_server(lambda r, w: _passed_on(r, w, target), HOST, 0, ssl=here)
    there = ssl.create_default_context(cafile=str(pem))
    connector = aiohttp.TCPConnector(resolver=Loopback(server.sockets[0].getsockname()[1]), ssl=there)
    try:
        async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
            yield session
    finally:
        server.close()


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Carry bytes both ways until either side ends."""
    there_reader, there_writer = await asyncio.open_connection(HOST, port)
    ways = [
        asyncio.create_task(_copied(reader, there_writer)),
        asyncio.create_task(_copied(there_reader, writer)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, there_writer):
            end.close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
