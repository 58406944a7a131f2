#!/usr/bin/env bash
# lightkube 1.0.1 (PyPI): its parse_quantity refuses the quantities in which CPU usage is told.
#
# Expected: it reads every quantity, as its documentation says ("representing a K8s quantity … per" the reference of the API).
# Seen:     "2453417n" (the form of metrics-server's CPU usage) and "1500u" are refused, "1E3" too; "1e3", "100m" and "123Mi" are
#           read. What it reads it rounds up to thousandths: "0.0001" is 0.001. kubernetes 37.0.2 reads them all.
# Matters:  a test of autoscaling that reads PodMetrics with lightkube fails at its first sample, however well it read the requests.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target "$work/py" \
  lightkube==1.0.1 kubernetes==37.0.2 || exit 3
seen=$(PYTHONPATH=$work/py python3 - <<'PY'
from kubernetes.utils.quantity import parse_quantity as kubernetes
from lightkube.utils.quantity import parse_quantity as lightkube

def told(parse, text):
    try:
        return format(parse(text).normalize(), "f")
    except ValueError as error:
        return "refused: " + str(error)

for text in ["100m", "123Mi", "1e3", "1E3", "2453417n", "1500u", "0.0001"]:
    print(f"{text:9} kubernetes {told(kubernetes, text):12} lightkube {told(lightkube, text)}")
PY
)
expected='100m      kubernetes 0.1          lightkube 0.1
123Mi     kubernetes 128974848    lightkube 128974848
1e3       kubernetes 1000         lightkube 1000
1E3       kubernetes 1000         lightkube refused: Invalid unit suffix: E3
2453417n  kubernetes 0.002453417  lightkube refused: Invalid unit suffix: n
1500u     kubernetes 0.0015       lightkube refused: Invalid unit suffix: u
0.0001    kubernetes 0.0001       lightkube 0.001'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: lightkube refuses nano and micro, the units of CPU usage, and rounds what it reads up to thousandths."
