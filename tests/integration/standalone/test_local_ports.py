"""Ports that are chosen for our programs are still free when these listen."""

import contextlib
import socket
from pathlib import Path

import pytest

from backstride_standalone.adapters.local_ports import HOST, free_ports

_LENT_TO_CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_ports_are_different_and_can_be_listened_at() -> None:
    ports = free_ports(50)

    assert len(set(ports)) == 50
    with contextlib.ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server((HOST, port)))


def test_no_connection_of_a_client_can_take_them_meanwhile() -> None:
    if not _LENT_TO_CLIENTS.exists():
        pytest.skip("only Linux tells which ports it lends")
    lowest, highest = map(int, _LENT_TO_CLIENTS.read_text(encoding="ascii").split())

    assert not set(free_ports(100)) & set(range(lowest, highest + 1))
