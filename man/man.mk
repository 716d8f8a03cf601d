# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages, one line for each.
dist_man_MANS += \
	man/knetd.8
