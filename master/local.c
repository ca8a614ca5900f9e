/*
 * local.c - unix sockets, whose files outlive whoever made them.
 *
 * After a crash a socket file is left behind, and bind refuses to make it
 * anew.  Whether it is dead is found out by connecting: a file that refuses
 * is removed, one that answers (or whose queue is full) belongs to somebody.
 */
#include "master/local.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/insist.h"

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static const struct sockaddr *plain(const struct sockaddr_un *addr)
{
	return (const struct sockaddr *)addr;
}

static bool is_dead(const struct sockaddr_un *addr)
{
	int fd = open_socket();
	bool dead;

	if (fd < 0)
		return false;
	dead = connect(fd, plain(addr), sizeof(*addr)) < 0 &&
	    errno == ECONNREFUSED;
	close(fd);
	return dead;
}

/* True when nothing stands in the way any more. */
static bool make_room(const struct sockaddr_un *addr, struct out *why)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0)
		return true;
	if (!S_ISSOCK(st.st_mode)) {
		out_fmt(why, "%s exists and is no socket", addr->sun_path);
		return false;
	}
	if (!is_dead(addr)) {
		out_fmt(why, "%s is taken: somebody answers on it",
		    addr->sun_path);
		return false;
	}
	unlink(addr->sun_path);
	return true;
}

/* The umask gives the file its mode at once, so it is never too open. */
static int bind_with_mode(int fd, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t saved = umask(0777 & ~mode);
	int result = bind(fd, plain(addr), sizeof(*addr));

	umask(saved);
	return result;
}

int local_listen(const struct sockaddr_un *addr, mode_t mode, int backlog,
    struct local_file *file_r, struct out *why)
{
	struct stat st;
	int fd;

	INSIST(addr->sun_family == AF_UNIX);
	if (!make_room(addr, why))
		return -1;
	fd = open_socket();
	if (fd < 0 || bind_with_mode(fd, addr, mode) < 0 ||
	    listen(fd, backlog) < 0 || lstat(addr->sun_path, &st) < 0) {
		out_fmt(why, "%s: %s", addr->sun_path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*file_r = (struct local_file){*addr, st.st_dev, st.st_ino};
	return fd;
}

/* The bound socket keeps the inode, so no other file gets its number. */
bool local_is_there(const struct local_file *file)
{
	struct stat st;

	return lstat(file->addr.sun_path, &st) == 0 &&
	    st.st_dev == file->device && st.st_ino == file->inode;
}

void local_remove(const struct local_file *file)
{
	if (local_is_there(file))
		unlink(file->addr.sun_path);
}
