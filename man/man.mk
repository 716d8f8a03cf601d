# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages, one line for each.
dist_man_MANS += \
	man/knet.1 \
	man/kronosnetd-cli.1 \
	man/knetd.8 \
	man/knet-keygen.1 \
	man/knet-commands.7 \
	man/knetd.conf.5
