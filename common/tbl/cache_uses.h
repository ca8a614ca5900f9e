/*
 * cache_uses.h - what the cache did for an exchange: the field cache= of the
 * access log, and a counter for each.
 *
 *   CACHE_USE(name, counter, "meaning")
 *
 * An exchange without one is of a route that has no cache, or ended before the
 * cache was asked.
 */
CACHE_USE(hit, hits, "answered from the cache, fresh")
CACHE_USE(stale, stale, "answered from the cache, though stale")
CACHE_USE(revalidated, revalidated, "the origin said that what was stored is still good")
CACHE_USE(collapsed, collapsed, "answered by the fetch of another request")
CACHE_USE(miss, misses, "fetched from the origin")
CACHE_USE(uncacheable, uncacheable, "fetched, and it may not be stored")
CACHE_USE(bypass, bypassed, "the request does not go through the cache")
