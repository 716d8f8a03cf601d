# SPDX-License-Identifier: GPL-2.0-or-later
# How the daemon is started by systemd and by SysV init, and the groups it serves.

systemdsystemunit_DATA = init/knetd.service
sysvinit_SCRIPTS = init/knetd
sysusers_DATA = init/kronosnet.conf

init_subst = $(AM_V_GEN)$(MKDIR_P) init && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g'

init/knetd.service: $(srcdir)/init/knetd.service.in Makefile
	$(init_subst) $(srcdir)/init/knetd.service.in >$@.tmp && mv $@.tmp $@

init/knetd: $(srcdir)/init/knetd.init.in Makefile
	$(init_subst) $(srcdir)/init/knetd.init.in >$@.tmp && chmod +x $@.tmp && mv $@.tmp $@

# sysusers.d reads files of this name only
init/kronosnet.conf: $(srcdir)/init/kronosnet.sysusers
	$(AM_V_GEN)$(MKDIR_P) init && cp $(srcdir)/init/kronosnet.sysusers $@

EXTRA_DIST += init/knetd.service.in init/knetd.init.in init/kronosnet.sysusers \
	tests/netns/test_init.py
CLEANFILES += init/knetd.service init/knetd init/kronosnet.conf
