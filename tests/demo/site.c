/*
 * site.c - a site of many small files, generated in memory.
 *
 *   /            an index that links the pages, and shows the images
 *   /page/1      to /page/40
 *   /style.css
 *   /img/1.svg   to /img/60.svg
 *   /file        1 MiB
 *   /big?size=N  N bytes, streamed; chunked=1: without a length
 *
 * Byte I of a file or download is I modulo PATTERN_PERIOD: a prime, so that
 * a reader notices a lost or doubled block of any usual size.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/demo/modes.h"

#define PAGES 40
#define IMAGES 60
#define FILE_SIZE (1024 * 1024)
#define BIG_DEFAULT ((uint64_t)100 * 1024 * 1024)
#define BIG_MAX ((uint64_t)1 << 50)
#define PATTERN_PERIOD 251

static unsigned char pattern[PATTERN_PERIOD * 256];
static pthread_once_t pattern_once = PTHREAD_ONCE_INIT;

static void put(struct reply *reply, const char *text)
{
	reply_body(reply, text, strlen(text));
}

static void index_page(struct reply *reply)
{
	char line[128];

	reply_begin(reply, 200, "text/html; charset=utf-8",
	    REPLY_LENGTH_UNKNOWN);
	put(reply,
	    "<!doctype html>\n<title>Sluice: a demo site</title>\n"
	    "<link rel=\"stylesheet\" href=\"/style.css\">\n"
	    "<h1>A site of many files</h1>\n<ul>\n");
	for (int i = 1; i <= PAGES; i++) {
		snprintf(line, sizeof(line),
		    "<li><a href=\"/page/%d\">page %d</a></li>\n", i, i);
		put(reply, line);
	}
	put(reply, "</ul>\n<p>\n");
	for (int i = 1; i <= IMAGES; i++) {
		snprintf(line, sizeof(line),
		    "<img src=\"/img/%d.svg\" alt=\"%d\">\n", i, i);
		put(reply, line);
	}
	put(reply, "</p>\n<p><a href=\"/file\">1 MiB</a>, "
		   "<a href=\"/big?size=104857600\">100 MiB</a></p>\n");
	reply_end(reply);
}

static void page(struct reply *reply, int number)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "<!doctype html>\n<title>Page %d</title>\n"
	    "<link rel=\"stylesheet\" href=\"/style.css\">\n"
	    "<h1>Page %d of %d</h1>\n"
	    "<p><img src=\"/img/%d.svg\" alt=\"\"></p>\n"
	    "<p><a href=\"/\">index</a> <a href=\"/page/%d\">next</a></p>\n",
	    number, number, PAGES, number, number % PAGES + 1);
	reply_whole(reply, 200, "text/html; charset=utf-8", text);
}

static void image(struct reply *reply, int number)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"48\""
	    " height=\"48\">\n"
	    "<rect width=\"48\" height=\"48\" fill=\"hsl(%d,60%%,70%%)\"/>\n"
	    "<text x=\"24\" y=\"30\" text-anchor=\"middle\">%d</text>\n"
	    "</svg>\n",
	    number * 360 / IMAGES, number);
	reply_whole(reply, 200, "image/svg+xml", text);
}

static void style(struct reply *reply)
{
	reply_whole(reply, 200, "text/css",
	    "body { font: 16px/1.5 sans-serif; margin: 2em auto;"
	    " max-width: 60em; }\n"
	    "ul { columns: 4; }\n"
	    "img { margin: 2px; }\n");
}

static void fill_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i % PATTERN_PERIOD);
}

static void download(struct reply *reply, uint64_t size, bool chunked)
{
	uint64_t left = size;

	pthread_once(&pattern_once, fill_pattern);
	reply_begin(reply, 200, "application/octet-stream",
	    chunked ? REPLY_LENGTH_UNKNOWN : (int64_t)size);
	while (left > 0 && !reply->no_body) {
		size_t n = left < sizeof(pattern) ? left : sizeof(pattern);

		if (!reply_body(reply, pattern, n))
			return;
		left -= n;
	}
	reply_end(reply);
}

/* PATH is PREFIX, a number from 1 to LAST, SUFFIX: the number.  Else 0. */
static int numbered(const char *path, const char *prefix, const char *suffix,
    int last)
{
	size_t n = strlen(prefix);
	char *end;
	long number;

	if (strncmp(path, prefix, n) != 0 || path[n] < '1' || path[n] > '9')
		return 0;
	number = strtol(path + n, &end, 10);
	if (number > last || strcmp(end, suffix) != 0)
		return 0;
	return (int)number;
}

void site_answer(struct reply *reply)
{
	const struct request *r = reply->request;
	const char *path = mode_path(r, "site");
	int number;

	if (strcmp(r->method, "GET") != 0 && !r->is_head)
		reply_whole(reply, 405, "text/plain", "only GET and HEAD\n");
	else if (strcmp(path, "/") == 0)
		index_page(reply);
	else if ((number = numbered(path, "/page/", "", PAGES)) > 0)
		page(reply, number);
	else if ((number = numbered(path, "/img/", ".svg", IMAGES)) > 0)
		image(reply, number);
	else if (strcmp(path, "/style.css") == 0)
		style(reply);
	else if (strcmp(path, "/file") == 0)
		download(reply, FILE_SIZE, false);
	else if (strcmp(path, "/big") == 0)
		download(reply, request_number(r, "size", BIG_DEFAULT, BIG_MAX),
		    request_number(r, "chunked", 0, 1) == 1);
	else
		reply_whole(reply, 404, "text/plain", "no such file\n");
}
