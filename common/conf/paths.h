/*
 * paths.h - where our files are.  ./configure says where the roots are.
 */
#ifndef COMMON_CONF_PATHS_H
#define COMMON_CONF_PATHS_H

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#ifndef LOCALSTATEDIR
#define LOCALSTATEDIR "/var"
#endif
#ifndef RUNSTATEDIR
#define RUNSTATEDIR "/run"
#endif

#define CONF_DIR SYSCONFDIR "/sluice"
#define CONF_FILE CONF_DIR "/sluiced.conf"
#define CONF_RUN_DIR RUNSTATEDIR "/sluice"
#define CONF_LOG_DIR LOCALSTATEDIR "/log/sluice"

#endif
