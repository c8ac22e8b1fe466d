#!/usr/bin/env bash
# Builds the images, and puts them where the cluster's nodes find them.
. "$(dirname "$0")/setting.sh"
need docker kind

make --no-print-directory images
images=()
for dockerfile in services/*/Dockerfile local/Dockerfile; do
  images+=("aviary/$(basename "$(dirname "$dockerfile")"):dev")
done
say 'Loading them into the cluster'
kind load docker-image --name aviary "${images[@]}"
