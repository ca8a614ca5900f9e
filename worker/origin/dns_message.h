/*
 * dns_message.h - what the library does not say of a message of DNS.
 */
#ifndef WORKER_ORIGIN_DNS_MESSAGE_H
#define WORKER_ORIGIN_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The least time to live of the answers in the message of N bytes at P, in
 * seconds; false: it is no whole message, or has no answer.
 */
bool dns_least_ttl(const unsigned char *p, size_t n, uint32_t *ttl_r);

#endif
