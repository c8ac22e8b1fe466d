# shellcheck shell=bash
# Sourced by the steps: where they run, and what they need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH=$PWD/node_modules/.bin:$PATH

# Whatever cluster kubectl points at, these steps mean their own.
context=kind-aviary
kubectl() { command kubectl --context "$context" "$@"; }

# need TOOL...
need() {
  local tool from
  for tool in "$@"; do
    case $tool in
      docker) from='https://docs.docker.com/get-docker' ;;
      kind) from='go install sigs.k8s.io/kind@v0.33.0, or https://kind.sigs.k8s.io' ;;
      kubectl) from='https://kubernetes.io/docs/tasks/tools' ;;
      helm) from='https://helm.sh/docs/intro/install' ;;
    esac
    type -P "$tool" >/dev/null || {
      echo "This step needs $tool, which is not on the PATH: $from" >&2
      exit 1
    }
  done
}

say() { echo "==> $*"; }
