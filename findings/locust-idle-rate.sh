#!/usr/bin/env bash
# locust 2.47.0 (PyPI): when the load stops, the rate in its history does not.
#
# Expected: the column "Requests/s" of *_stats_history.csv, "current" as opposed to the totals beside it, goes to 0 with the load.
# Seen:     it is an average that ends two seconds before the *last request*, not before now. With no requests it stays where
#           it was, for as long as the run lasts; in its first three seconds it is 0 while requests are counted.
# Matters:  a load that pauses, to see an autoscaler scale down, is told as going on at full rate. Differences of "Total Request
#           Count" are right.
#
# Five users, ten calls a second each, for 8 s; then none for 8 s. No network: the calls are only counted. Exit codes: 0 as
# told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target py locust==2.47.0 || exit 3
cat >load.py <<'PY'
from locust import LoadTestShape, User, constant_throughput, task

class Caller(User):
    wait_time = constant_throughput(10)

    @task
    def call(self):
        self.environment.events.request.fire(request_type="GET", name="/", response_time=1, response_length=0, exception=None, context={})

class OnThenOff(LoadTestShape):
    def tick(self):
        seconds = self.get_run_time()
        return (5, 5) if seconds < 8 else (0, 5) if seconds < 16 else None
PY
PYTHONPATH=py python3 -m locust -f load.py --headless --only-summary --csv run >log 2>&1 || { cat log >&2; exit 3; }
# Time, users, requests a second, requests in total: the last two digits of the time are enough to read it.
python3 - <<'PY'
import csv, sys
rows = [(int(row["User Count"]), float(row["Requests/s"]), int(row["Total Request Count"]))
        for row in csv.DictReader(open("run_stats_history.csv")) if row["Name"] == "Aggregated"]
print("second  users  Requests/s  total")
for second, (users, rate, total) in enumerate(rows):
    print(f"{second:6}  {users:5}  {rate:10.1f}  {total:5}")
loaded = [row for row in rows if row[0] == 5]
idle = [row for row in rows[len(rows) // 2:] if row[0] == 0][1:]
early = loaded[0][1] == 0 and loaded[0][2] > 0
late = len(idle) >= 5 and idle[0][2] == idle[-1][2] and min(rate for _, rate, _ in idle) > 30
if not (early and late):
    sys.exit("CHANGED: expected a rate of 0 in the first seconds, and a rate that stays when the total no longer grows")
print(f"As told: for {len(idle)} s without a request the rate reads {idle[-1][1]:.1f}; at first it reads 0.0 with {loaded[0][2]} requests counted.")
PY
