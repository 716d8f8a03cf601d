# SPDX-License-Identifier: GPL-2.0-or-later
# How the daemon is started by systemd and by SysV init.
