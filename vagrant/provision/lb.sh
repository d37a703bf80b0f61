#!/usr/bin/env bash
# Makes a Debian machine a load balancer with FRR, nginx and vipherd: lb.sh MAC ADDRESS/LENGTH GATEWAY
# The package vipherd_*.deb lies beside this script; without one it is built from the source tree in
# /vipherd. Can be run again: it then takes over what has changed.
set -euo pipefail
mac=$1 address=${2%/*}
here=$(realpath "$(dirname "$0")")
# shellcheck source=vagrant/provision/debian.sh
. "$here/debian.sh"

need frr nginx-light curl
shopt -s nullglob
packages=("$here"/vipherd_*.deb)
if [ ${#packages[@]} -eq 0 ]; then
  route_to_internet
  /vipherd/deploy/package /var/tmp/vipherd-package
  packages=(/var/tmp/vipherd-package/vipherd_*.deb)
fi
remember_nat_route
route_to_internet
# It may have the version of the one that is installed and be another one all the same.
apt-get -q -y -o Dpkg::Options::=--force-confold install --no-install-recommends --reinstall "${packages[0]}"
bash "$here/uplink.sh" "$@"

# --- nginx: answers with the node's name ---
put /etc/nginx/sites-available/default <<'NGINX' || true
server {
    listen 80 default_server;
    default_type text/plain;
    location / {
        return 200 "$hostname\n";
    }
}
NGINX
systemctl enable --quiet nginx.service
systemctl reload-or-restart nginx.service

# --- vipherd: what to announce ---
# What fails must end here, and not as an empty file.
config=$(vipherd init --pool 10.10.10.0/24 --vip 10.10.10.10,10.10.10.11,10.10.10.12 --http http://127.0.0.1/ \
  --unit nginx.service --protocol ospf)
put /etc/vipherd/vipherd.toml <<<"$config" || true

# --- FRR, with its default timers, which are also the router's ---
device=$(ip -o link | sed -n "s/^[0-9]*: \([^:@]*\)[:@].* link\/ether $mac .*/\1/p")
restart_frr=false
sed 's/^ospfd=no/ospfd=yes/' /etc/frr/daemons | put /etc/frr/daemons && restart_frr=true
config=$(vipherd render node --timers default --interface "$device" --router-id "$address")
put /etc/frr/frr.conf <<<"$config" && restart_frr=true
systemctl enable --quiet frr.service
if $restart_frr; then systemctl restart frr.service; else systemctl start frr.service; fi

systemctl enable --quiet vipherd.service
systemctl reload-or-restart vipherd.service
vipherd status || true # it may take a moment until all is announced
