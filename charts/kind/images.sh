#!/usr/bin/env bash
# Builds the images, and puts them where the cluster's nodes find them.
. "$(dirname "$0")/setting.sh"
need docker kind

images=()
for dockerfile in services/*/Dockerfile local/Dockerfile; do
  image=aviary/$(basename "$(dirname "$dockerfile")"):dev
  say "Building $image"
  docker build --quiet --tag "$image" --file "$dockerfile" .
  images+=("$image")
done
say 'Loading them into the cluster'
kind load docker-image --name aviary "${images[@]}"
