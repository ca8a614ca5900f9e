/*
 * lints.h - warnings of the loader, by the id that stands behind them:
 *
 *   LINT(id, "what it warns of, and why")
 *
 * Printed with "-" for "_": [unreachable-route].  What is only odd is a
 * warning; what can't work is an error.  sluiced.conf(5), WARNINGS, has each.
 */
LINT(arm_unreachable, "nobody gets the arm of a split")
LINT(buffer_on_disk, "request bodies go through files, in a directory that nobody chose")
LINT(foreign_variable, "a variable is written as other proxies write it: plain text here")
LINT(if_down_idle, "the arm of if_down is the one that everybody has anyway")
LINT(health_fails, "a server answers its health check with another status (with --connect)")
LINT(mirror_same, "copies go to the pool that gets the requests")
LINT(name_unknown, "the name of a server has no address now (with --connect)")
LINT(nobody, "the workers run as nobody, for want of a user of their own")
LINT(only_backups, "a pool has no server but backups")
LINT(origin_refuses, "an origin does not answer (with --connect)")
LINT(pattern_slow, "a pattern for which short texts take so long that it is given up")
LINT(pattern_unanchored, "a pattern that matches anywhere in a path or a name")
LINT(pool_unused, "no route uses the pool")
LINT(port_taken, "another program listens on the address")
LINT(preset_unused, "no vhost uses the preset")
LINT(redirect_loop, "a redirect leads to its own route: the client never arrives")
LINT(secret_readable, "everybody on the machine may read the secret")
LINT(server_twice, "a pool has a server twice")
LINT(split_alone, "a split with one arm")
LINT(split_weightless, "all arms of a split have the weight 0")
LINT(sticky_cookie_shared, "two pools of a vhost keep their clients by the same cookie")
LINT(sticky_hash, "clients stay with their servers in two ways")
LINT(sticky_single, "clients stay with the only server of a pool")
LINT(trusts_everybody, "every client may say who it is")
LINT(unreachable_route, "another route takes all that this one could")
LINT(wildcard_shadows, "a wildcard takes all host names that a pattern could")
