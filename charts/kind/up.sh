#!/usr/bin/env bash
# Everything, from no cluster to a page that searches. Again: what has changed.
. "$(dirname "$0")/setting.sh"

for step in cluster charts images manifests; do charts/kind/$step.sh; done
cat <<HINT

Aviary runs. The page, at http://127.0.0.1:8080:
  kubectl --context $context --namespace aviary port-forward service/frontend 8080:80
Emus come and go with the backlog:
  kubectl --context $context --namespace aviary get scaledobject,hpa,pods --watch
Grafana, at http://127.0.0.1:3000, as admin with the password of the second line:
  kubectl --context $context --namespace monitoring port-forward service/kube-prometheus-stack-grafana 3000:80
  kubectl --context $context --namespace monitoring get secret kube-prometheus-stack-grafana --output jsonpath='{.data.admin-password}' | base64 --decode
And away with all of it: make kind-down
HINT
