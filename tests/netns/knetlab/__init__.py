# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Hosts that run knetd in network namespaces, with underlay networks whose cables can be cut.

For the stories (tests/netns) and the demonstration (demo). From the bottom up:

    programs    where the built programs are, and whether they are sanitized
    process     children that cannot outlive us
    lab         one run: a directory, network namespaces, and their end in every case
    underlay    the switches between the hosts, and the cuts
    host        one knetd, its configuration and its client
    measure     the prober, floods, iperf3, the load of the machine
"""
