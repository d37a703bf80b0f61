#!/usr/bin/env bash
# Makes a Debian machine the client: cli.sh MAC ADDRESS/LENGTH GATEWAY. Can be run again.
set -euo pipefail
# shellcheck source=vagrant/provision/debian.sh
. "$(dirname "$0")/debian.sh"

need curl
bash "$(dirname "$0")/uplink.sh" "$@"
