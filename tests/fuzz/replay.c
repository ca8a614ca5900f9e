/*
 * replay.c - runs a fuzz target over files, without a fuzzer.
 *
 * `make check` links each tests/fuzz/fuzz_*.c with this main and feeds it
 * its corpus, so that what a fuzzer once found is tried for ever, by any
 * compiler.  Each name is printed before its input is tried: when the
 * target dies the last name says which input it was.
 *
 * The input is copied to a block of exactly its size, so that a sanitizer
 * sees a read one byte beyond it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *read_whole(FILE *file, size_t *size_r)
{
	size_t cap = 1 << 16;
	uint8_t *data = malloc(cap);
	size_t size = 0;

	while (data != NULL) {
		size += fread(data + size, 1, cap - size, file);
		if (size < cap)
			break;
		cap *= 2;
		data = realloc(data, cap);
	}
	*size_r = size;
	return data == NULL ? NULL : realloc(data, size > 0 ? size : 1);
}

static int try_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	size_t size;

	if (file == NULL) {
		perror(path);
		return -1;
	}
	data = read_whole(file, &size);
	if (data == NULL || ferror(file)) {
		perror(path);
		exit(1);
	}
	fclose(file);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= try_file(argv[i]);
	return failed != 0;
}
