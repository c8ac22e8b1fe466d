#!/usr/bin/env bash
# Aviary's manifests of the environment kind, file by file, with sample data. SQS=localstack: with LocalStack.
. "$(dirname "$0")/setting.sh"
need kubectl

say 'Writing the manifests to dist/kind'
ENV=kind OVERRIDES=${SQS:+charts/kind/$SQS.yaml} npm run --silent synth >/dev/null

services=(deployment/pelican deployment/emu deployment/frontend)
running=$(kubectl get "${services[@]}" --namespace aviary --ignore-not-found --output name)
# A Job cannot be changed, only made anew; both do nothing where it is done.
kubectl delete job seed install --namespace aviary --ignore-not-found
for file in dist/kind/*.yaml; do
  say "Applying $(basename "$file")"
  kubectl apply --filename "$file"
  # Else the next Job would fail for want of the tables, and wait longer with each try.
  case $file in */20-*) kubectl wait job/seed --namespace aviary --for condition=Complete --timeout 15m ;; esac
done
# Under the tag they had before, there may be new images.
if [ -n "$running" ]; then kubectl rollout restart "${services[@]}" --namespace aviary; fi

say 'Waiting for the triggers and the services'
kubectl wait job/install --namespace aviary --for condition=Complete --timeout 15m
for service in "${services[@]}"; do
  kubectl rollout status "$service" --namespace aviary --timeout 5m
done
