# Makefile of Sluice; `make help` lists the targets.
#
# Sources are found by wildcard, header dependencies by the compiler.  What
# ./configure found out stands in config.mk; autoconf and configure are run
# from here when they are needed, by the options in CONFIG.
#
# BUILD is where everything goes that is made.  A flavour beside the first
# has its own configuration and its own objects:
#
#	make BUILD=build/asan CONFIG="--enable-asan --enable-ubsan"
#
# V=1 shows the commands in full.  CI=1 makes warnings errors.

BUILD ?= build
CONFIG ?=
PYTHON = /usr/bin/python3 -B

# The first flavour is configured where people expect it: in the top level.
CONF := $(if $(filter-out build,$(BUILD)),$(BUILD),.)

all:

help:
	@echo "make            build/sluiced and build/sluicectl"
	@echo "make deps       install what is missing to build and run"
	@echo "make run        a demonstration on 127.0.0.1:8080"
	@echo "make check      all tests; CI=1: all flavours, no skips"
	@echo "make check-cache-suite  the public test suite of HTTP caches"
	@echo "make soak       whatever takes longer than 10 s"
	@echo "make bench      CPU per request, beside nginx, HAProxy, H2O and Varnish"
	@echo "make install    DESTDIR, prefix, sysconfdir, mandir"
	@echo "make uninstall  with the same; what was configured stays"
	@echo "make dist       a tar of the sources that needs no autoconf"
	@echo "make clean      remove what was built"
	@echo "make distclean  and what configure wrote"

# These must work before anything is configured.  They see to what is
# missing, then call make again for what needs a configuration.
EARLY := help deps run check check-cache-suite soak bench dist clean distclean
ifneq ($(filter-out $(EARLY),$(or $(MAKECMDGOALS),all)),)
include $(CONF)/config.mk
endif

.PHONY: all demo load tests fuzzers install uninstall $(EARLY)

.DELETE_ON_ERROR:

# ---- configuration ----

configure: configure.ac
	@command -v autoconf >/dev/null || \
	    { echo "autoconf is missing: type 'make deps' first" >&2; exit 1; }
	autoconf

# Other options than last time, or Check, which came later, configure anew.
ifneq ($(CONFIG),)
ifneq ($(CONFIG),$(file <$(BUILD)/config.args))
.PHONY: $(CONF)/config.status
endif
endif
ifeq ($(filter tests,$(MAKECMDGOALS))$(CHECK_LIBS),tests)
.PHONY: $(CONF)/config.status
endif

$(CONF)/config.status: configure
	@mkdir -p $(BUILD)
	@cd $(CONF) && $(if $(CONFIG),$(CURDIR)/configure -q $(CONFIG), \
	    if test -f config.status; \
	    then ./config.status --recheck -q && touch config.status; \
	    else $(CURDIR)/configure -q; fi)

# Configure leaves them as they are when nothing in them changes.
$(CONF)/config.mk: $(CONF)/config.status
	$(if $(CONFIG),$(file >$(BUILD)/config.args,$(CONFIG)))
$(CONF)/config.h: $(CONF)/config.status ;

# ---- sources ----

objects = $(patsubst %,$(BUILD)/%.o,$(basename $(1)))

LIB_SRC := $(wildcard common/*/*.c worker/*.c worker/*/*.c worker/*/*.S)
LIB_SRC += $(filter-out master/main.c,$(wildcard master/*.c))
CTL_SRC := $(wildcard master/ctl/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)

# In the other folders of tests/ a file with a main, or that includes one, is
# a program; it is linked with the other files of its folder.
TEST_SRC := $(filter-out tests/fuzz/%,$(wildcard tests/*/*.c))
MAIN_SRC := $(shell grep -lE '^int main\b|^.include "tests/.*\.c"' \
	$(TEST_SRC) /dev/null)
HELP_SRC := $(filter-out $(MAIN_SRC),$(TEST_SRC))
helpers = $(call objects,$(filter $(dir $(1))%,$(HELP_SRC)))

LIB := $(BUILD)/libsluice.a
PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(MAIN_SRC))
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(FUZZ_SRC))

all: $(BUILD)/sluiced $(BUILD)/sluicectl
demo: all $(filter $(BUILD)/tests/demo/%,$(PROGRAMS))
load: all $(filter $(BUILD)/tests/bench/%,$(PROGRAMS))
fuzzers: $(FUZZERS)
tests: all fuzzers $(PROGRAMS)

# ---- how ----

say = $(if $(V),,@echo "  $(1)	$@";)

COMPILE = $(CC) -I. -include $(CONF)/config.h $(BASE_FLAGS) $(WARN_FLAGS) \
	$(if $(CI),-Werror) $(HARD_FLAGS) $(SAN_FLAGS) $(CPPFLAGS) $(CFLAGS) \
	-MMD -MP -c -o $@ $<
LINK = $(CC) $(HARD_FLAGS) $(SAN_FLAGS) $(CFLAGS) -pthread $(LINK_FLAGS) \
	$(LDFLAGS) -o $@ $^

# Fibers have small stacks, so what runs on them has small frames.
$(BUILD)/common/%.o $(BUILD)/worker/%.o: COMPILE += $(FRAME_FLAGS)
$(BUILD)/tests/%.o: COMPILE += $(CHECK_CFLAGS)
$(BUILD)/tests/unit/%.o: COMPILE += $(if $(CHECK_LIBS),,\
	$(error the unit tests need Check: 'make check' installs it))

$(BUILD)/%.o: %.c $(CONF)/config.mk $(CONF)/config.h
	@mkdir -p $(@D)
	$(call say,cc)$(COMPILE)

$(BUILD)/%.o: %.S $(CONF)/config.mk $(CONF)/config.h
	@mkdir -p $(@D)
	$(call say,as)$(COMPILE)

# Everything but the two mains.  Made from nothing each time, and when a
# source comes or goes: what is gone must not live on in it.
ifneq ($(strip $(file <$(BUILD)/sources)),$(strip $(LIB_SRC)))
.PHONY: $(LIB)
endif

$(LIB): $(call objects,$(LIB_SRC))
	@rm -f $@
	$(call say,ar)$(AR) qcs $@ $^
	$(file >$(BUILD)/sources,$(LIB_SRC))

$(BUILD)/sluiced: $(BUILD)/master/main.o $(LIB)
	$(call say,link)$(LINK) $(LIBS)

$(BUILD)/sluicectl: $(call objects,$(CTL_SRC)) $(LIB)
	$(call say,link)$(LINK) $(LIBS)

.SECONDEXPANSION:
$(PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $$(call helpers,$$*) $(LIB)
	$(call say,link)$(LINK) $(CHECK_LIBS) $(LIBS)

# The world of tests/torture has a clock, memory and sockets of its own; it is
# not what a fuzzer is to explore.
WORLD := $(BUILD)/tests/fuzz/fuzz_exchange $(BUILD)/tests/fuzz/fuzz_h2
$(BUILD)/tests/torture/% $(WORLD): LINK_FLAGS += @tests/torture/wrapped
$(BUILD)/tests/torture/%.o: SAN_FLAGS := \
	$(filter-out -fsanitize=fuzzer-no-link,$(SAN_FLAGS))

# With libFuzzer's main (--enable-fuzz), or one that replays a corpus.
$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $$(if $$(findstring $$@,$(WORLD)),\
    $$(call helpers,tests/torture/)) $(LIB) \
    $(if $(FUZZ_FLAGS),,$(BUILD)/tests/fuzz/replay.o)
	$(call say,link)$(LINK) $(FUZZ_FLAGS) $(LIBS)

-include $(patsubst %.o,%.d,$(call objects,$(LIB_SRC) $(CTL_SRC) \
	$(FUZZ_SRC) $(TEST_SRC) master/main.c tests/fuzz/replay.c))

# ---- installing ----

# Both programs are for operators: section 8, sbin.  A configuration that is
# there already is not touched, and the examples of virtual hosts go where
# nobody serves them.  Nothing is enabled or started.
CONFDIR = $(DESTDIR)$(sysconfdir)/sluice
DOCDIR = $(DESTDIR)$(datarootdir)/doc/sluice
MANDIR = $(DESTDIR)$(mandir)
UNITDIR = $(DESTDIR)$(prefix)/lib/systemd/system
BASHDIR = $(DESTDIR)$(datarootdir)/bash-completion/completions
ZSHDIR = $(DESTDIR)$(datarootdir)/zsh/site-functions
INIT = $(DESTDIR)$(sysconfdir)/init.d/sluiced
LOGROTATE = $(DESTDIR)$(sysconfdir)/logrotate.d/sluice

# The files in etc/ say where things are in most systems.
PLACED = sed -e 's,/usr/sbin/sluice,$(sbindir)/sluice,g' \
	-e 's,/etc/sluice/,$(sysconfdir)/sluice/,g' \
	-e 's,/etc/default/,$(sysconfdir)/default/,g'

install: all
	install -d $(DESTDIR)$(sbindir) $(CONFDIR)/vhosts.d $(DOCDIR)/vhosts.d \
	    $(MANDIR)/man5 $(MANDIR)/man8 $(UNITDIR) $(BASHDIR) $(ZSHDIR) \
	    $(dir $(INIT)) $(dir $(LOGROTATE))
	install $(BUILD)/sluiced $(BUILD)/sluicectl $(DESTDIR)$(sbindir)
	install -m 644 $(wildcard man/*.5) $(MANDIR)/man5
	install -m 644 $(wildcard man/*.8) $(MANDIR)/man8
	install -m 644 README LICENSE $(DOCDIR)
	install -m 644 $(wildcard etc/vhosts.d/*) $(DOCDIR)/vhosts.d
	install -m 644 etc/completions/sluice.bash $(BASHDIR)/sluicectl
	ln -sf sluicectl $(BASHDIR)/sluiced
	install -m 644 etc/completions/_sluice $(ZSHDIR)
	$(PLACED) etc/systemd/sluiced.service >$(UNITDIR)/sluiced.service
	$(PLACED) etc/systemd/sluiced.socket >$(UNITDIR)/sluiced.socket
	$(PLACED) etc/init.d/sluiced >$(INIT)
	chmod 755 $(INIT)
	test -e $(LOGROTATE) || $(PLACED) etc/logrotate.d/sluice >$(LOGROTATE)
	test -e $(CONFDIR)/sluiced.conf || \
	    install -m 644 etc/sluiced.conf $(CONFDIR)
	@echo "The workers need a user of their own; unless it exists:"
	@echo "	useradd --system --user-group --no-create-home" \
	    "--home-dir /nonexistent --shell /usr/sbin/nologin sluice"

# What somebody may have written stays, and the logs.
uninstall:
	rm -f $(DESTDIR)$(sbindir)/sluiced $(DESTDIR)$(sbindir)/sluicectl \
	    $(patsubst man/%,$(MANDIR)/man5/%,$(wildcard man/*.5)) \
	    $(patsubst man/%,$(MANDIR)/man8/%,$(wildcard man/*.8)) \
	    $(BASHDIR)/sluicectl $(BASHDIR)/sluiced $(ZSHDIR)/_sluice \
	    $(UNITDIR)/sluiced.service $(UNITDIR)/sluiced.socket $(INIT)
	rm -rf $(DOCDIR)
	@if $(PLACED) etc/logrotate.d/sluice | cmp -s - $(LOGROTATE); \
	    then rm -f $(LOGROTATE); fi
	@if test -d $(CONFDIR); then echo "$(CONFDIR) stays"; fi

# The working tree as it is, and configure, so that autoconf is not needed.
# The times are those of the last commit: the same sources, the same file.
VERSION = $(shell sed -n 's/^AC_INIT(.*\[\(.*\)\])/\1/p' configure.ac)
TAR = $(BUILD)/sluice-$(VERSION).tar.gz

dist: configure
	@git rev-parse --git-dir >/dev/null
	@mkdir -p $(BUILD)
	@{ echo configure; git ls-files -co --exclude-standard; } | \
	    while read -r name; do test ! -f "$$name" || echo "$$name"; done | \
	    tar -c -T - --sort=name --owner=0 --group=0 --numeric-owner \
	    --mtime=@$$(git log -1 --format=%ct) \
	    --transform='s,^,sluice-$(VERSION)/,' | gzip -9n >$(TAR)
	@echo $(TAR)

# ---- what people type ----

# Another make, as parallel as the machine unless somebody said otherwise.
AGAIN = +@$(MAKE) --no-print-directory \
	$(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
DEPS = @sh tests/deps/deps
COUNT = $(PYTHON) tests/house/check.py $(if $(CI),--strict)
STAGES = $(foreach stage,$(2),$(stage):$(1))
TRAPS = --enable-traps --enable-census
SANITIZERS = --enable-asan --enable-ubsan

deps:
	$(DEPS) run

run:
	$(DEPS) run
	$(AGAIN) demo
	@exec tests/demo/run $(BUILD)

ifndef CI
check:
	$(DEPS) run check
	$(AGAIN) tests
	@$(COUNT) $(call STAGES,$(BUILD),unit fuzz house system)
else
check:
	$(DEPS) run check
	$(AGAIN) BUILD=build/traps CONFIG="CC=gcc $(TRAPS)" tests
	$(AGAIN) BUILD=build/clang CONFIG="CC=clang $(TRAPS)" tests
	$(AGAIN) BUILD=build/asan CONFIG="CC=gcc $(SANITIZERS)" tests
	@$(COUNT) $(call STAGES,build/traps,unit fuzz house system) \
	    $(call STAGES,build/asan,unit fuzz)
endif

# Others' idea of what a cache does; it comes by npm, and takes half a minute.
check-cache-suite:
	$(DEPS) run suite
	$(AGAIN) all
	@tests/cache-suite/run $(BUILD)

# The switches that the machine at hand does not use: ucontext, and the one for
# aarch64, where fibers and what they stand on are tested in an emulator, with
# a small stand-in for Check (tests/cross).
CROSS_SRC = $(wildcard common/base/*.c common/shm/*.c worker/fiber/*.[cS])
CROSS_TESTS = $(wildcard tests/unit/test_fiber*.c) \
	tests/unit/test_stack.c tests/unit/test_timer.c

soak:
	$(DEPS) run check soak
	$(AGAIN) BUILD=build/traps CONFIG="CC=gcc $(TRAPS)" tests
	$(AGAIN) BUILD=build/fuzz fuzzers \
	    CONFIG="CC=clang --enable-fuzz $(SANITIZERS)"
	$(AGAIN) BUILD=build/ucontext CONFIG=--enable-ucontext tests
	$(AGAIN) BUILD=build/aarch64 LIB_SRC="$(CROSS_SRC)" HELP_SRC= \
	    LIBS= CHECK_LIBS=-lc CONFIG="--host=aarch64-linux-gnu \
	    PKG_CONFIG=/usr/bin/pkg-config CPPFLAGS=-Itests/cross" \
	    $(CROSS_TESTS:%.c=build/aarch64/%)
	@SOAK=1 $(COUNT) $(call STAGES,build/traps,unit system) \
	    unit:build/ucontext fuzzing:build/fuzz cross:build/aarch64

bench:
	$(DEPS) run bench
	$(AGAIN) load
	@tests/bench/run $(BUILD)
	@tests/bench/idle $(BUILD)
	@tests/bench/tls $(BUILD)
	@tests/bench/pools $(BUILD)
	@tests/bench/cache $(BUILD)
	@tests/bench/slow $(BUILD)

clean:
	rm -rf build

distclean: clean
	rm -rf autom4te.cache
	rm -f configure configure~ config.status config.log config.mk config.h
