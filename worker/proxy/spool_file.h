/*
 * spool_file.h - temporary files without names.
 *
 * They are written and read with calls that may block for a moment, as disks
 * do: in pieces of one BODY block, after each of which others have their turn.
 * Nothing is ever synced, so usually only memory is touched.
 */
#ifndef WORKER_PROXY_SPOOL_FILE_H
#define WORKER_PROXY_SPOOL_FILE_H

#include "common/conf/conf.h"
#include "worker/fiber/fiber.h"

/* Opens the directory, if CONF needs it; once a process, before it is ready.
 * What is wrong with it is logged, and each file fails then. */
void spool_file_init(const struct conf *conf);

/* A new file, or -errno. */
int spool_file_make(void);

/* All N bytes of P, at OFFSET: 0 or -errno. */
WAITS int spool_file_write(int fd, const char *p, size_t n, uint64_t offset);

/* N bytes that were written: 0 or -errno. */
WAITS int spool_file_read(int fd, char *p, size_t n, uint64_t offset);

#endif
