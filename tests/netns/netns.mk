# SPDX-License-Identifier: GPL-2.0-or-later
# Stories between real network namespaces, run by check.sh (they need root).
EXTRA_DIST += \
	tests/netns/conftest.py \
	tests/netns/insider.py \
	tests/netns/knetlab/__init__.py \
	tests/netns/knetlab/client.py \
	tests/netns/knetlab/host.py \
	tests/netns/knetlab/lab.py \
	tests/netns/knetlab/measure.py \
	tests/netns/knetlab/pcapng.py \
	tests/netns/knetlab/process.py \
	tests/netns/knetlab/programs.py \
	tests/netns/knetlab/screen.py \
	tests/netns/knetlab/underlay.py \
	tests/netns/test_basic.py \
	tests/netns/test_busy.py \
	tests/netns/test_capture.py \
	tests/netns/test_commands.py \
	tests/netns/test_config_errors.py \
	tests/netns/test_daemon.py \
	tests/netns/test_failover.py \
	tests/netns/test_garbage.py \
	tests/netns/test_identity.py \
	tests/netns/test_l2.py \
	tests/netns/test_netlink.py \
	tests/netns/test_parked.py \
	tests/netns/test_policies.py \
	tests/netns/test_quickstart.py \
	tests/netns/test_rekey.py \
	tests/netns/test_scale.py \
	tests/netns/test_replay.py \
	tests/netns/test_restart.py \
	tests/netns/test_roaming.py \
	tests/netns/test_ring.py \
	tests/netns/test_settings.py \
	tests/netns/test_show.py \
	tests/netns/test_threads.py \
	tests/netns/test_tools.py \
	tests/netns/test_transactions.py \
	tests/netns/test_workers.py
