/*
 * screen.c - a text that is shown again and again, in the same place.
 *
 * Runs in sluicectl.  The terminal's second screen is used, so that the first
 * is as it was when it is over; what every terminal has understood since the
 * VT220 needs no library.  A line that is too long is cut, not wrapped, and so
 * is a text that is too high.
 */
#include "master/ctl/screen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BEGIN "\033[?1049h\033[?25l" /* the second screen, no cursor */
#define END "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define REST_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"

static bool terminal;
static const char *apart; /* what stands between two texts */
static sigset_t ends;	/* signals, and SIGTSTP */
static sigset_t before; /* what was blocked */

void screen_begin(bool lines)
{
	static const int signals[] = {
	    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

	sigemptyset(&ends);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&ends, signals[i]);
	sigprocmask(SIG_BLOCK, &ends, &before);
	apart = lines ? "" : "\n";
	terminal = !lines && isatty(STDOUT_FILENO);
	if (terminal)
		fputs(BEGIN, stdout);
}

void screen_end(void)
{
	if (terminal)
		fputs(END, stdout);
	fflush(stdout);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Ctrl-Z: until somebody says fg. */
static void stop(void)
{
	if (terminal)
		fputs(END, stdout);
	fflush(stdout);
	raise(SIGSTOP);
	if (terminal)
		fputs(BEGIN, stdout);
}

/* False: it is to end. */
static bool wait_second(void)
{
	static const struct timespec second = {1, 0};
	int got = sigtimedwait(&ends, NULL, &second);

	if (got == SIGTSTP)
		stop();
	return got < 0 || got == SIGTSTP;
}

/* Bytes of the first COLUMNS characters of the N at LINE (UTF-8). */
static size_t fitting(const char *line, size_t n, unsigned columns)
{
	size_t at = 0;

	while (at < n) {
		if (((unsigned char)line[at] & 0xc0) != 0x80 &&
		    columns-- == 0)
			break;
		at++;
	}
	return at;
}

static void paint(const char *text, unsigned rows, unsigned columns)
{
	fputs(HOME, stdout);
	for (unsigned row = 1; row < rows && *text != '\0'; row++) {
		size_t n = strcspn(text, "\n");

		fwrite(text, 1, fitting(text, n, columns), stdout);
		fputs(REST_OF_LINE "\r\n", stdout);
		text += n + (text[n] == '\n');
	}
	fputs(REST_OF_SCREEN, stdout);
}

bool screen_show(const char *text)
{
	struct winsize size = {.ws_row = 0};

	if (terminal && (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ||
		size.ws_row == 0 || size.ws_col == 0))
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	if (terminal)
		paint(text, size.ws_row, size.ws_col);
	else
		printf("%s%s", text, apart);
	return fflush(stdout) == 0 && wait_second();
}
