/*
 * areas.h - the areas of the segment whose size is a setting of "shared":
 *
 *   AREA(name)
 *
 * Each is a table of common/shm with three functions: name_shape, name_create
 * and name_enter.  (The seats have their own way: the master needs them.)
 */
AREA(health)
AREA(sticky)
AREA(names)
