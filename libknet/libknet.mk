# SPDX-License-Identifier: GPL-2.0-or-later
# The engine. All rooms are compiled once into libknet_internal.la, which unit tests, simulation and
# fuzzers link; libknet-2.la is the same objects with only knet_* exported.

noinst_LTLIBRARIES += libknet/libknet_internal.la
# One file per line, headers too, sorted: rooms in the order of their layers.
libknet_libknet_internal_la_SOURCES = \
	libknet/knet.h \
	libknet/crypto/aead.c \
	libknet/crypto/aead.h \
	libknet/crypto/aead_internal.h \
	libknet/crypto/aead_list.c \
	libknet/crypto/aead_nss.c \
	libknet/crypto/arena.c \
	libknet/crypto/arena.h \
	libknet/crypto/crypto.c \
	libknet/crypto/crypto.h \
	libknet/crypto/identity.c \
	libknet/crypto/identity.h \
	libknet/crypto/kdf.c \
	libknet/crypto/kdf.h \
	libknet/crypto/noise.c \
	libknet/crypto/noise.h \
	libknet/crypto/nss_util.c \
	libknet/crypto/nss_util.h \
	libknet/crypto/session_keys.c \
	libknet/crypto/session_keys.h \
	libknet/crypto/window.c \
	libknet/crypto/window.h \
	libknet/crypto/x25519.c \
	libknet/crypto/x25519.h \
	libknet/core/names.c \
	libknet/keys.c
# libipsec-mb only: list the file here too.
if HAVE_IPSEC_MB
libknet_libknet_internal_la_SOURCES += libknet/crypto/aead_ipsec_mb.c
endif
libknet_libknet_internal_la_CPPFLAGS = $(AM_CPPFLAGS) -D_LGPL_SOURCE $(NSS_CFLAGS) $(URCU_CFLAGS)
libknet_libknet_internal_la_LIBADD = $(NSS_LIBS) $(URCU_LIBS) $(IPSEC_MB_LIBS)

lib_LTLIBRARIES += libknet/libknet-2.la
libknet_libknet_2_la_SOURCES =
libknet_libknet_2_la_LIBADD = libknet/libknet_internal.la
libknet_libknet_2_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(top_srcdir)/libknet/libknet.map
libknet_libknet_2_la_DEPENDENCIES = libknet/libknet_internal.la libknet/libknet.map
EXTRA_DIST += libknet/libknet.map

# Not $(includedir): the header of the older libknet1 lives there.
knet2includedir = $(includedir)/knet-2
knet2include_HEADERS = libknet/knet.h
pkgconfig_DATA += libknet/libknet-2.pc
