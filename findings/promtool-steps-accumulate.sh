#!/usr/bin/env bash
# promtool 2.42.0 (Debian 12, prometheus 2.42.0+ds-5+deb12u1): a+bxn in a series of `promtool test rules` is not a+(n*b).
#
# Expected: what Prometheus' page on unit tests of rules says: 'a+bxn' becomes 'a a+b a+(2*b) a+(3*b) … a+(n*b)', so that 0+0.1x10
#           ends at 1, and 3-0.1x30 at 0.
# Seen:     each value is the one before it plus b. What rounding adds stays: 0+0.1x10 ends at 0.9999999999999999, 0+0.1x30 at
#           3.0000000000000013, and 3-0.1x30 below zero, so that `queue < 0` fires. Samples are compared to the last bit.
# Matters:  a test of a threshold that the series is meant to reach exactly fails, or passes for the wrong reason; whole numbers, or
#           a rule that divides by ten, are safe. Who computes the series elsewhere by the formula gets other numbers.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q prometheus=2.42.0+ds-5+deb12u1 >/dev/null 2>&1 || { echo "apt-get cannot download it; apt-get update first?" >&2; exit 3; }
dpkg-deb -x prometheus_*.deb .
echo 'groups: []' >rules.yml
# value SERIES EXPRESSION: what the expression is at the end. The test expects nothing, so that promtool prints it.
value() {
  cat >test.yml <<YAML
rule_files: [rules.yml]
tests:
- interval: 1m
  input_series: [{series: queue, values: "$1"}]
  promql_expr_test: [{expr: "$2", eval_time: ${1##*x}m, exp_samples: []}]
YAML
  printf '%-9s %-10s ' "$1" "$2"
  { usr/bin/promtool test rules test.yml 2>&1 || true; } | sed -n 's/.*got: {.*} //p' | grep . || echo nothing
}
seen=$(
  value 0+1x10 queue
  value 0+0.1x10 queue
  value 0+0.1x30 queue
  value 3-0.1x30 queue
  value 3-0.1x30 'queue < 0'
  value 30-1x30 'queue < 0')
expected='0+1x10    queue      1E+01
0+0.1x10  queue      9.999999999999999E-01
0+0.1x30  queue      3.0000000000000013E+00
3-0.1x30  queue      -1.5265566588595902E-15
3-0.1x30  queue < 0  -1.5265566588595902E-15
30-1x30   queue < 0  nothing'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: steps are added one after the other, so that 0.1 ten times is not 1 and 3 less 0.1 thirty times is below 0."
