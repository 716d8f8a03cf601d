# SPDX-License-Identifier: GPL-2.0-or-later
# Stories between real network namespaces, run by check.sh (they need root).
EXTRA_DIST += \
	tests/netns/conftest.py \
	tests/netns/insider.py \
	tests/netns/knetlab/__init__.py \
	tests/netns/knetlab/host.py \
	tests/netns/knetlab/lab.py \
	tests/netns/knetlab/measure.py \
	tests/netns/knetlab/process.py \
	tests/netns/knetlab/programs.py \
	tests/netns/knetlab/underlay.py
