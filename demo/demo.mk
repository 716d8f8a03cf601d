# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration: ./demo.sh runs it. It tells its story with the words of tests/netns/knetlab.
EXTRA_DIST += \
	demo.sh \
	demo/chart.py \
	demo/cuts.py \
	demo/demo.py \
	demo/play.py \
	demo/report.py \
	demo/screen.py \
	demo/stage.py
