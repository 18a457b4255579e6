"""What comes over a connection that is no request, or none that ends, costs no memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from backstride_gateway.bounded_http import MAX_HEAD_BYTES, BoundedHttpProtocol
from backstride_gateway.serving import build_server, listening_socket

HOST = "127.0.0.1"
HEAD = b"POST /length HTTP/1.1\r\nHost: here\r\n"
ANSWERS_WITHIN_S = 10.0
ALL = MAX_HEAD_BYTES
MANY = 4 * MAX_HEAD_BYTES


class ImpatientProtocol(BoundedHttpProtocol):
    whole_within_s = 0.3


@asynccontextmanager
async def connected(
    protocol: type[BoundedHttpProtocol] = BoundedHttpProtocol,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a server that tells the length of what it is sent."""
    app = FastAPI()

    @app.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    released = asyncio.Event()

    @app.get("/slowly")
    async def slowly() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first part"
            await released.wait()
            yield b"last part"

        return StreamingResponse(parts())

    @app.post("/release")
    async def release() -> None:
        released.set()

    server = build_server(app, protocol=protocol)
    listener = listening_socket(HOST, 0)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection(HOST, listener.getsockname()[1])
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def status_of(reader: asyncio.StreamReader) -> int:
    return int((await reader.readuntil(b"\r\n")).split(b" ")[1])


@pytest.mark.parametrize(
    ("name", "begun"),
    [
        ("target", b"GET /"),
        ("value of a header", HEAD + b"X-Long: "),
        ("name of a header", HEAD + b"X-"),
        ("trailer", HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Long: "),
    ],
)
async def test_a_head_that_does_not_end_is_refused_and_its_connection_closed(
    name: str, begun: bytes
) -> None:
    async with connected() as (reader, writer):
        # not a byte more: what is left unread makes the system reset the connection
        writer.write(begun.ljust(ALL + 1, b"a"))
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 431 "), name


async def test_headers_without_an_end_are_refused() -> None:
    async with connected() as (reader, writer):
        writer.write((HEAD + b"X-More: 1\r\n" * ALL)[: ALL + 1])
        assert await status_of(reader) == 431


@pytest.mark.parametrize("chunk", [1, 4096])
async def test_a_body_is_taken_whatever_its_length(chunk: int) -> None:
    size = MANY if chunk > 1 else 8_000
    parts = b"%x\r\n%s\r\n" % (chunk, b"a" * chunk) * (size // chunk)
    async with connected() as (reader, writer):
        for body in (
            b"Content-Length: %d\r\n\r\n%s" % (size, b"a" * size),
            b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n",
        ):
            writer.write(HEAD + body)
            assert await status_of(reader) == 200
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            assert int(await reader.readexactly(length)) == size // chunk * chunk


async def test_one_connection_may_ask_for_ever() -> None:
    """What went before does not count."""
    head = HEAD + b"X-Some: " + b"a" * 1024 + b"\r\nContent-Length: 0\r\n\r\n"
    async with connected() as (reader, writer):
        for _ in range(2 * MAX_HEAD_BYTES // len(head)):
            writer.write(head)
            assert await status_of(reader) == 200
            await reader.readuntil(b"\r\n0")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: here\r\n\r\n",
        b"CONNECT other:443 HTTP/1.1\r\nHost: other\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Bad: a\x00b\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_answered_400(request_: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(request_)
        assert await status_of(reader) == 400


WHOLE = HEAD + b"Content-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("begun", "answer"),
    [
        (b"", b""),
        (b"GET", b"HTTP/1.1 408 "),
        (HEAD, b"HTTP/1.1 408 "),
        (HEAD + b"Content-Length: 100\r\n\r\nhalf of it", b"HTTP/1.1 408 "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", b"HTTP/1.1 408 "),
    ],
)
async def test_a_request_that_is_not_sent_whole_in_time_is_refused_and_its_connection_closed(
    begun: bytes, answer: bytes
) -> None:
    async with connected(ImpatientProtocol) as (reader, writer):
        writer.write(begun)
        assert (await reader.read())[: len(b"HTTP/1.1 408 ")] == answer


async def test_drops_do_not_put_it_off() -> None:
    async with connected(ImpatientProtocol) as (reader, writer):
        writer.write(HEAD)
        status = None
        while status is None:
            writer.write(b"X-More: 1\r\n")
            with suppress(TimeoutError):
                async with asyncio.timeout(ImpatientProtocol.whole_within_s / 10):
                    status = await status_of(reader)
    assert status == 408


@pytest.mark.parametrize("begun", [b"\r\n", b"P", HEAD])
async def test_the_next_request_on_a_connection_has_as_long(begun: bytes) -> None:
    async with connected(ImpatientProtocol) as (reader, writer):
        writer.write(WHOLE)
        assert await status_of(reader) == 200
        await reader.readuntil(b"\r\n0")
        writer.write(begun)
        left = await reader.read()
    assert left.startswith(b"HTTP/1.1 408 ") or left == b""


@pytest.mark.parametrize(
    "rest",
    [
        b"\r\n",
        # the next one is begun meanwhile
        b"\r\nPOST /len",
        # curl --http2 asks so
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    ],
)
async def test_an_answer_may_take_as_long_as_it_does(rest: bytes) -> None:
    async with connected(ImpatientProtocol) as (reader, writer):
        writer.write(b"GET /slowly HTTP/1.1\r\nHost: here\r\n" + rest)
        await reader.readuntil(b"first part")
        # who says nothing is given up when their time is over
        address = writer.get_extra_info("peername")
        silent, other = await asyncio.open_connection(*address)
        assert await silent.read() == b""
        other.close()
        _, another = await asyncio.open_connection(*address)
        another.write(WHOLE.replace(b"/length", b"/release"))
        assert await reader.readuntil(b"last part")
        another.close()
