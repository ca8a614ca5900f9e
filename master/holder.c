/*
 * holder.c - who holds a TCP port, as far as /proc tells.
 *
 * Two steps: /proc/net/tcp and tcp6 give the inodes of sockets that listen
 * on the port; /proc/PID/fd says who has one of these open.  Only root sees
 * the descriptors of others.  Runs in the master, when a bind was refused.
 */
#include "master/holder.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INODES_MAX 64
#define TCP_LISTENING 0x0A

/* What is looked for, and the inodes that were found. */
struct search {
	char address[33]; /* as the tables write it: words in hexadecimal */
	unsigned port;
	unsigned count;
	unsigned long inodes[INODES_MAX];
};

static void write_words(const void *address, unsigned words, char *text)
{
	uint32_t word;

	for (unsigned i = 0; i < words; i++) {
		memcpy(&word, (const char *)address + 4 * i, 4);
		snprintf(text + 8 * i, 9, "%08X", word);
	}
}

static void look_for(struct search *s, const struct sockaddr *addr)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;

	s->count = 0;
	if (addr->sa_family == AF_INET6) {
		s->port = ntohs(v6->sin6_port);
		write_words(&v6->sin6_addr, 4, s->address);
	} else {
		s->port = ntohs(v4->sin_port);
		write_words(&v4->sin_addr, 1, s->address);
	}
}

static bool is_wildcard(const char *address)
{
	return address[strspn(address, "0")] == '\0';
}

static bool overlaps(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || is_wildcard(a) || is_wildcard(b);
}

/* "  0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 uid timeout inode ..." */
static void read_line(struct search *s, const char *line)
{
	char address[33];
	unsigned port, state;
	unsigned long inode;

	if (sscanf(line, " %*u: %32[0-9A-F]:%x %*s %x %*s %*s %*s %*u %*u %lu",
		address, &port, &state, &inode) != 4)
		return;
	if (port == s->port && state == TCP_LISTENING && inode != 0 &&
	    overlaps(address, s->address) && s->count < INODES_MAX)
		s->inodes[s->count++] = inode;
}

static void read_table(struct search *s, const char *path)
{
	char line[512];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		read_line(s, line);
	fclose(f);
}

/* The other family only if ours has nobody: [::] may mean IPv4 too. */
static void read_tables(struct search *s, const struct sockaddr *addr)
{
	static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
	unsigned own = addr->sa_family == AF_INET6;

	look_for(s, addr);
	read_table(s, tables[own]);
	if (s->count == 0)
		read_table(s, tables[1 - own]);
}

/* Is LINK, as in "socket:[1234]", one of those? */
static bool is_found(const struct search *s, const char *link)
{
	unsigned long inode;

	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return false;
	for (unsigned i = 0; i < s->count; i++)
		if (s->inodes[i] == inode)
			return true;
	return false;
}

static bool holds(const struct search *s, const char *pid)
{
	char path[64];
	char link[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link,
		    sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		found = is_found(s, link);
	}
	closedir(dir);
	return found;
}

static void write_name(const char *pid, struct out *out)
{
	char path[64];
	char name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	f = fopen(path, "re");
	if (f != NULL && fgets(name, sizeof(name), f) == NULL)
		name[0] = '\0';
	if (f != NULL)
		fclose(f);
	name[strcspn(name, "\n")] = '\0';
	out_escaped(out, str_from(name));
	out_fmt(out, " (pid %.20s)", pid);
}

bool holder_write(const struct sockaddr *addr, struct out *out)
{
	struct search search;
	struct dirent *entry;
	bool found = false;
	DIR *proc;

	read_tables(&search, addr);
	proc = search.count > 0 ? opendir("/proc") : NULL;
	if (proc == NULL)
		return false;
	while (!found && (entry = readdir(proc)) != NULL) {
		found = char_is_digit(entry->d_name[0]) &&
		    holds(&search, entry->d_name);
		if (found)
			write_name(entry->d_name, out);
	}
	closedir(proc);
	return found;
}
