# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon and the generator of keys.

bin_PROGRAMS += knetd/knet-keygen
knetd_knet_keygen_SOURCES = \
	knetd/keygen.c \
	knetd/secret.c \
	knetd/secret.h \
	knetd/why.c \
	knetd/why.h
knetd_knet_keygen_LDADD = libknet/libknet-2.la
