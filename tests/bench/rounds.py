"""rounds.py - proxies loaded in turns, and what a request cost each.

Started side by side on one core, proxies are loaded (load.c) from the other: a
round measures each once, rounds start with another one each time.  The figure
is the CPU time of all processes of a proxy over the requests completed.  On
shared machines it drifts by a fifth from minute to minute, so only ratios
within a round count: the median of all rounds is the result.
"""

import argparse
import statistics
import subprocess

import proxies

COLUMNS = ("round", "proxy", "requests", "failures", "wall_ns", "cpu_ns",
           "user_ticks", "system_ticks")


def parser(usage):
    """The arguments of all who measure so."""
    made = argparse.ArgumentParser(usage=usage)
    made.add_argument("build", type=proxies.folder_of)
    made.add_argument("--rounds", type=int, default=11)
    made.add_argument("--seconds", type=float, default=0.7)
    made.add_argument("--clients", type=int, default=64)
    made.add_argument("--size", type=int, default=1024,
                      help="bytes of a reply's body")
    made.add_argument("--minimal", action="store_true",
                      help="the shortest request, not a browser's")
    made.add_argument("--new-connections", action="store_true",
                      help="one for each request")
    return made


def load(proxy, options):
    """One load: {column: value}."""
    command = [options.build / "tests/bench/load",
               "-c", options.clients, "-s", options.size,
               "-d", round(options.seconds * 1000)]
    if not options.minimal:
        command.append("-b")
    if options.new_connections:
        command.append("-n")
    for tid in proxy.threads():
        command += ["-p", tid]
    for field in proxy.fields:
        command += ["-f", field]
    before = proxy.ticks()
    done = subprocess.run(
        [str(word) for word in [*command, proxy.port]], text=True,
        stdout=subprocess.PIPE, check=False,
        preexec_fn=proxies.pinned(proxies.LOAD_CORE))
    if done.returncode != 0:
        proxies.die(f"the load on {proxy.name} failed")
    after = proxy.ticks()
    values = [int(word) for word in done.stdout.split()]
    return dict(zip(COLUMNS[2:], values + [after[0] - before[0],
                                           after[1] - before[1]]))


def measure(started, options):
    """All rounds, as a list of rows."""
    for proxy in started:
        proxy.log_lines = 0
    rows = []
    for number in range(options.rounds):
        turn = number % len(started)
        for proxy in started[turn:] + started[:turn]:
            row = load(proxy, options)
            row.update(round=number + 1, proxy=proxy.name)
            rows.append(row)
            proxy.log_lines += proxy.take_log_lines()
        print(".", end="", flush=True)
    print()
    return rows


def save(rows, path):
    with open(path, "w", encoding="ascii") as file:
        for row in [dict(zip(COLUMNS, COLUMNS)), *rows]:
            print(*(row[column] for column in COLUMNS), sep="\t", file=file)


def usec(row):
    return row["cpu_ns"] / 1000 / row["requests"]


def print_table(names, rows):
    print(f"\n{'':10}  us/request        requests/s   busy   user\n"
          f"{'':10}  median    [min]    median       median share")
    for name in names:
        mine = [row for row in rows if row["proxy"] == name]
        ticks = sum(r["user_ticks"] + r["system_ticks"] for r in mine)
        user = sum(r["user_ticks"] for r in mine) / max(ticks, 1)
        rate = statistics.median(r["requests"] / r["wall_ns"] * 1e9
                                 for r in mine)
        busy = statistics.median(r["cpu_ns"] / r["wall_ns"] for r in mine)
        print(f"{name:10}  {statistics.median(map(usec, mine)):6.2f}   "
              f"[{min(map(usec, mine)):6.2f}]  {rate:8.0f}     "
              f"{busy:5.0%}  {user:5.0%}")


def print_ratios(pairs, rows):
    by_round = {(row["round"], row["proxy"]): usec(row) for row in rows}
    rounds = sorted({number for number, _ in by_round})
    print(f"\n{'':24}  median   quartiles      min    max")
    for one, other in pairs:
        ratios = sorted(by_round[n, one] / by_round[n, other]
                        for n in rounds)
        low, middle, high = statistics.quantiles(ratios, n=4,
                                                 method="inclusive")
        print(f"{one + ' / ' + other:24}   {middle:.2f}    "
              f"{low:.2f} - {high:.2f}    {ratios[0]:.2f}   {ratios[-1]:.2f}")


def check(started, rows):
    """Every request was answered, and logged."""
    for proxy in started:
        mine = [row for row in rows if row["proxy"] == proxy.name]
        failures = sum(row["failures"] for row in mine)
        requests = sum(row["requests"] for row in mine)
        if failures > 0:
            proxies.die(f"{proxy.name}: {failures} requests failed")
        lines = proxy.log_lines + proxy.take_log_lines()
        if lines < requests:
            proxies.die(f"{proxy.name}: {requests} requests, but "
                        f"{lines} lines in its log")
