#!/usr/bin/env bash
# Makes a Debian machine the client: cli.sh MAC ADDRESS/LENGTH GATEWAY. Can be run again.
set -euo pipefail
here=$(dirname "$0")

if ! command -v curl >/dev/null; then
  bash "$here/uplink.sh" internet
  apt-get -q update
  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends curl
fi
bash "$here/uplink.sh" "$@"
