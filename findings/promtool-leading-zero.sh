#!/usr/bin/env bash
# promtool 2.42.0 (Debian 12, prometheus 2.42.0+ds-5+deb12u1): a value with a leading zero in a series of `promtool test rules` is
# octal.
#
# Expected: decimal, as in Prometheus' own text format, where `queue 010` is ten; or a refusal.
# Seen:     010 is 8, 1+010x2 counts up by 8, 0100 is 64. 09 is no octal number, and is nine. 0x10 is not 16 either: it
#           is the value 0, repeated: eleven samples.
# Matters:  series that a script prints with a fixed width (`printf %03d`) load an alert's or an autoscaler's rule with other
#           values than the file seems to say, without a warning.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q prometheus=2.42.0+ds-5+deb12u1 >/dev/null 2>&1 || { echo "apt-get cannot download it; apt-get update first?" >&2; exit 3; }
dpkg-deb -x prometheus_*.deb .
echo 'groups: []' >rules.yml
# value SERIES EXPRESSION: what the expression is when all samples have come. The test expects nothing, so that promtool prints it.
value() {
  cat >test.yml <<YAML
rule_files: [rules.yml]
tests:
- interval: 1m
  input_series: [{series: queue, values: "$1"}]
  promql_expr_test: [{expr: "$2", eval_time: 20m, exp_samples: []}]
YAML
  printf '%-9s %-29s ' "$1" "$2"
  { usr/bin/promtool test rules test.yml 2>&1 || true; } | sed -n 's/.*got: {[^}]*} //p' | awk '{ print $1 + 0 }'
}
seen=$(
  value 10 'last_over_time(queue[1h])'
  value 010 'last_over_time(queue[1h])'
  value 0100 'last_over_time(queue[1h])'
  value 1+010x2 'last_over_time(queue[1h])'
  value 09 'last_over_time(queue[1h])'
  value 0x10 'count_over_time(queue[1h])')
expected='10        last_over_time(queue[1h])     10
010       last_over_time(queue[1h])     8
0100      last_over_time(queue[1h])     64
1+010x2   last_over_time(queue[1h])     17
09        last_over_time(queue[1h])     9
0x10      count_over_time(queue[1h])    11'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: 010 is read as 8, 0100 as 64, 09 as 9, and 0x10 as eleven zeros."
