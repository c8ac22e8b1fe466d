#!/usr/bin/env bash
# KEDA, Prometheus and Grafana, as charts/versions.yaml pins them; and Aviary's dashboard and alerts.
. "$(dirname "$0")/setting.sh"
need helm kubectl

node charts/list.ts kind | while read -r name repository version namespace; do
  say "Installing $name $version"
  helm upgrade --install "$name" "$name" --repo "$repository" --version "$version" \
    --namespace "$namespace" --create-namespace --values "charts/values/$name.yaml" \
    --kube-context "$context" --wait --timeout 10m </dev/null
done

say 'Installing the dashboard and the alerts'
kubectl create configmap aviary-dashboard --namespace monitoring --from-file charts/dashboards/aviary.json \
  --dry-run=client --output yaml |
  kubectl label --local --filename - grafana_dashboard=1 --dry-run=client --output yaml |
  kubectl apply --filename -
kubectl apply --namespace monitoring --filename charts/alerts/aviary.yaml
