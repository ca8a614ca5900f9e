"""harness_proxy.py - headers of the PROXY protocol, as balancers send them."""

import ipaddress
import socket
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v1(client="192.0.2.9", port=56324, to="198.51.100.7", to_port=443):
    family = "TCP6" if ":" in client else "TCP4"
    return f"PROXY {family} {client} {to} {port} {to_port}\r\n".encode()


def v2(client="192.0.2.9", port=56324, to="198.51.100.7", to_port=443,
       values=b""):
    family = 0x21 if ":" in client else 0x11
    block = (ipaddress.ip_address(client).packed +
             ipaddress.ip_address(to).packed +
             struct.pack(">HH", port, to_port) + values)
    return SIGNATURE + bytes([0x21, family]) + struct.pack(
        ">H", len(block)) + block


LOCAL = SIGNATURE + b"\x20\x00\x00\x00"
UNKNOWN = b"PROXY UNKNOWN\r\n"


def value(kind, data):
    """A value behind the addresses."""
    return struct.pack(">BH", kind, len(data)) + data


def local_socket(address="127.0.0.1"):
    """One that connects from ADDRESS."""
    sock = socket.socket()
    sock.bind((address, 0))
    return sock
