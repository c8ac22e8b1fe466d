#!/usr/bin/env bash
# A cluster named aviary, unless there is one.
. "$(dirname "$0")/setting.sh"
need docker kind kubectl
docker info >/dev/null 2>&1 || { echo 'Docker does not answer: start it.' >&2; exit 1; }

if kind get clusters 2>/dev/null | grep -qx aviary; then
  say 'The cluster aviary is there.'
else
  say 'Creating the cluster aviary'
  kind create cluster --config charts/kind/cluster.yaml --wait 180s
fi
