#!/usr/bin/env bash
# Deletes the cluster with all that is in it.
. "$(dirname "$0")/setting.sh"
need kind
kind delete cluster --name aviary
