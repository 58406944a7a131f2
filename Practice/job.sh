#!/bin/bash
# Each run adds ADD mebibytes to the total that ConfigMap NAME remembers (its "size", never above its "max") and gives every
# pod of the application an equal part, as a file for the application to map.
set -e

NAME="app"
ADD="10"

state="$(kubectl get configmap "$NAME" -o json)"
max="$(jq -r '.data.max' <<< "$state")"
size="$(jq -r '.data.size' <<< "$state")"

size="$((size + ADD))"
if ((size > max)); then
  size="$max"
fi

mapfile -t pods < <(kubectl get pods -l app="$NAME" -o name)
if ((${#pods[@]} == 0)); then
  echo "no pod has the label app=$NAME" >&2
  exit 1
fi
share="$((size / ${#pods[@]}))"

# Written beside its place and then moved: the application never maps half a file.
for pod in "${pods[@]}"; do
  echo "$pod: $share Mi"
  kubectl exec "$pod" -- /bin/sh -c \
    "dd if=/dev/zero of=/tmp/data.tmp bs=1M count=$share; mv /tmp/data.tmp /tmp/data"
done

# Last: a run that failed on its way is repeated with the same size.
kubectl patch configmap "$NAME" -p "{\"data\":{\"size\":\"$size\"}}"
