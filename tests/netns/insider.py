# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What runs inside a namespace for the stories: small senders and receivers.

A receiver prints "ready", then what it got, one word each; it waits 5 s at most, and a moment
longer than needed, so that what comes twice is seen twice.
"""

import socket
import struct
import sys
import time

UDP_PORT = 9999
ETHERTYPE = 0x88B5  # for local experiments
ETH_P_ALL = 3
PACKET_AUXDATA = 8
TP_STATUS_VLAN_VALID = 0x10
PATIENCE_S = 5
LINGER_S = 0.3


def collect(sock, receive, count):
    """Prints what receive() returns, until `count` have come and a moment has passed."""
    print("ready", flush=True)
    deadline = time.monotonic() + PATIENCE_S
    got = 0
    while time.monotonic() < deadline:
        sock.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            word = receive()
        except TimeoutError:
            break
        if word is None:
            continue
        print(word)
        got += 1
        if got == count:
            deadline = time.monotonic() + LINGER_S


def udp_socket(address=""):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if address is not None:
        sock.bind((address, UDP_PORT))
    return sock


def send_numbers(sock, address, count):
    for number in range(int(count)):
        sock.sendto(str(number).encode(), (address, UDP_PORT))
        time.sleep(0.01)


def udp_receive(count):
    sock = udp_socket()
    collect(sock, lambda: sock.recv(100).decode(), int(count))


def broadcast_send(address, count):
    send_numbers(udp_socket(None), address, count)


def multicast_receive(group, interface, count):
    sock = udp_socket()
    member = socket.inet_aton(group) + socket.inet_aton(interface)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    collect(sock, lambda: sock.recv(100).decode(), int(count))


def multicast_send(group, interface, count):
    sock = udp_socket(None)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
    send_numbers(sock, group, count)


def packet_socket(device):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind((device, ETH_P_ALL))
    sock.setsockopt(socket.SOL_PACKET if hasattr(socket, "SOL_PACKET") else 263, PACKET_AUXDATA, 1)
    return sock


def vlan_of(frame, control):
    """(tag, the rest) of a frame; the kernel hands the tag over beside it or in it."""
    if frame[12:14] == b"\x81\x00":
        return struct.unpack("!H", frame[14:16])[0], frame[16:]
    for level, kind, data in control:
        if kind == PACKET_AUXDATA and level == 263:
            status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                return tci, frame[12:]
    return None, frame[12:]


def vlan_receive(device, count):
    """Prints TAG/LENGTH of each frame of our ethertype whose payload is what vlan_send sends."""
    sock = packet_socket(device)

    def receive():
        frame, control, _, address = sock.recvmsg(65536, 256)
        tci, rest = vlan_of(frame, control)
        if address[2] == socket.PACKET_OUTGOING or rest[:2] != struct.pack("!H", ETHERTYPE):
            return None
        payload = rest[2:]
        if payload != pattern(len(payload)):
            return "damaged"
        return f"{-1 if tci is None else tci:#06x}/{len(payload)}"

    collect(sock, receive, int(count))


def pattern(length):
    return bytes(i * 7 & 255 for i in range(length))


def vlan_send(device, to, tci, size, count):
    sock = packet_socket(device)
    with open(f"/sys/class/net/{device}/address", encoding="ascii") as file:
        own = bytes.fromhex(file.read().strip().replace(":", ""))
    frame = (bytes.fromhex(to.replace(":", "")) + own +
             struct.pack("!HHH", 0x8100, int(tci), ETHERTYPE) + pattern(int(size)))
    for _ in range(int(count)):
        sock.send(frame)
        time.sleep(0.01)


def frames_send(device):
    """Sends the frames of the standard input, a line of hexadecimal digits each, as they are."""
    sock = packet_socket(device)
    for line in sys.stdin:
        sock.send(bytes.fromhex(line))
        time.sleep(0.002)


COMMANDS = {
    "frames-send": frames_send,
    "udp-receive": udp_receive,
    "broadcast-send": broadcast_send,
    "multicast-receive": multicast_receive,
    "multicast-send": multicast_send,
    "vlan-receive": vlan_receive,
    "vlan-send": vlan_send,
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
