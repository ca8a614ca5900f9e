/*
 * test_sandbox.c - privileges that are gone, seen from inside.
 *
 * A child drops its privileges and then tries what it must not be able to do.
 * The tests of root's way need root.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/sandbox.h"

#define UID 65534 /* nobody, or nobody known */
#define GID 65533

/* In a child: its parent's test fails with this line. */
#define NEED(cond) need((cond), #cond, __LINE__)

static void need(bool ok, const char *what, int line)
{
	if (ok)
		return;
	fprintf(stderr, "line %d: not so: %s\n", line, what);
	_exit(1);
}

static void in_a_child(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static bool has_no_new_privs(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void drop(void)
{
	NEED(sandbox_drop_privileges(UID, GID, NULL) == 0);
}

/* ---- as root ---- */

static void all_ids_change(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	drop();
	NEED(getresuid(&r, &e, &s) == 0);
	NEED(r == UID && e == UID && s == UID);
	NEED(getresgid(&rg, &eg, &sg) == 0);
	NEED(rg == GID && eg == GID && sg == GID);
	NEED(has_no_new_privs());
}

START_TEST(all_user_and_group_ids_change)
{
	in_a_child(all_ids_change);
}
END_TEST

static void no_way_back(void)
{
	drop();
	NEED(setuid(0) < 0 && seteuid(0) < 0);
	NEED(setgid(0) < 0 && setegid(0) < 0);
	NEED(setgroups(0, NULL) < 0 && errno == EPERM);
	NEED(chroot("/") < 0 && errno == EPERM);
}

START_TEST(there_is_no_way_back)
{
	in_a_child(no_way_back);
}
END_TEST

static void no_root_groups(void)
{
	gid_t groups[] = {0, 4, 27};

	NEED(setgroups(3, groups) == 0);
	drop();
	NEED(getgroups(0, NULL) == 0);
}

START_TEST(none_of_roots_groups_remain)
{
	in_a_child(no_root_groups);
}
END_TEST

static void users_groups(void)
{
	const char *user = "daemon"; /* is on every system */
	struct passwd *pw = getpwnam(user);
	gid_t want[64], got[64], roots[] = {0, 4, 27};
	int want_count = 64, got_count;

	NEED(pw != NULL && setgroups(3, roots) == 0);
	NEED(getgrouplist(user, pw->pw_gid, want, &want_count) > 0);
	NEED(sandbox_drop_privileges(pw->pw_uid, pw->pw_gid, user) == 0);
	got_count = getgroups(64, got);
	NEED(got_count == want_count);
	for (int i = 0; i < got_count; i++) {
		bool found = false;

		for (int j = 0; j < want_count; j++)
			found |= got[i] == want[j];
		NEED(found);
	}
}

START_TEST(a_named_user_has_its_own_groups_and_no_others)
{
	in_a_child(users_groups);
}
END_TEST

static char file_of_root[] = "/tmp/test_sandbox.XXXXXX";

static void no_files_of_root(void)
{
	drop();
	NEED(open(file_of_root, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
}

START_TEST(a_file_of_roots_cannot_be_opened)
{
	int fd = mkstemp(file_of_root);

	ck_assert_int_ge(fd, 0);
	in_a_child(no_files_of_root);
	close(fd);
	unlink(file_of_root);
}
END_TEST

static void no_dump(void)
{
	drop();
	NEED(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

START_TEST(memory_cannot_be_dumped)
{
	in_a_child(no_dump);
}
END_TEST

static void root_refused(void)
{
	NEED(sandbox_drop_privileges(0, GID, NULL) == -EINVAL);
	NEED(getuid() == 0);
}

START_TEST(root_is_no_user_for_a_worker)
{
	in_a_child(root_refused);
}
END_TEST

/* Root in name only may not change: said, never passed over. */
static void weak_root(void)
{
	NEED(prctl(PR_CAPBSET_DROP, 6 /* CAP_SETGID */, 0, 0, 0) == 0);
	NEED(execl("/proc/self/exe", "test_sandbox", "weak-root", NULL) < 0);
}

static int main_weak_root(void)
{
	return sandbox_drop_privileges(UID, GID, NULL) == -EPERM ? 0 : 1;
}

START_TEST(root_that_may_not_change_is_an_error)
{
	in_a_child(weak_root);
}
END_TEST

/* ---- as anybody else ---- */

static void nobody_stays(void)
{
	uid_t me = geteuid() == 0 ? UID : getuid();

	if (geteuid() == 0)
		NEED(setresgid(me, me, me) == 0 && setresuid(me, me, me) == 0);
	NEED(sandbox_drop_privileges(12345, 12345, "daemon") == 0);
	NEED(getuid() == me && geteuid() == me);
	NEED(has_no_new_privs());
}

START_TEST(who_is_not_root_stays_who_he_is)
{
	in_a_child(nobody_stays);
}
END_TEST

static void add_root_tests(TCase *tc)
{
	tcase_add_test(tc, all_user_and_group_ids_change);
	tcase_add_test(tc, there_is_no_way_back);
	tcase_add_test(tc, none_of_roots_groups_remain);
	tcase_add_test(tc, a_named_user_has_its_own_groups_and_no_others);
	tcase_add_test(tc, a_file_of_roots_cannot_be_opened);
	tcase_add_test(tc, memory_cannot_be_dumped);
	tcase_add_test(tc, root_is_no_user_for_a_worker);
	tcase_add_test(tc, root_that_may_not_change_is_an_error);
}

int main(int argc, char **argv)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("sandbox");
	SRunner *r;
	int failed;

	if (argc == 2 && strcmp(argv[1], "weak-root") == 0)
		return main_weak_root();
	if (geteuid() == 0)
		add_root_tests(tc);
	else
		printf("SKIP test_sandbox: dropping privileges needs root\n");
	tcase_add_test(tc, who_is_not_root_stays_who_he_is);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
