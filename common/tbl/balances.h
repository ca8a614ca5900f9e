/*
 * balances.h - how a server is chosen: the setting balance of a pool.
 *
 *   BALANCE(name, "meaning")
 *
 * "hash" is written with what the key is: "hash:client_ip".
 */
BALANCE(p2c, "the better of two that are drawn, by what is in flight and how fast they answer")
BALANCE(rr, "one after the other")
BALANCE(least_conn, "the one with the fewest exchanges in flight, in all workers")
BALANCE(latency, "the one that answers fastest, by what is in flight")
BALANCE(hash, "always the same for the same key, unless it has too much to do")
BALANCE(random, "any")
BALANCE(first, "the first that has room")
