#!/usr/bin/env bash
# Makes a Debian machine a load balancer with FRR, nginx and vipherd: lb.sh MAC ADDRESS/LENGTH GATEWAY
# Runs in the synced source tree. Can be run again: it then takes over what has changed.
set -euo pipefail

mac=$1 address=${2%/*}
tree=$(realpath "$(dirname "$0")/../..")
provision="$tree/vagrant/provision"
export DEBIAN_FRONTEND=noninteractive

need() {
  local missing
  missing=$(for package; do dpkg -s "$package" >/dev/null 2>&1 || echo "$package"; done)
  [ -n "$missing" ] || return 0
  bash "$provision/uplink.sh" internet
  apt-get -q update
  # shellcheck disable=SC2086 # words
  apt-get -q -y install --no-install-recommends $missing
}

# put FILE [MODE]: standard input becomes FILE; true if that changed it.
put() {
  local new
  new=$(mktemp)
  cat >"$new"
  if cmp -s "$new" "$1"; then
    rm "$new"
    return 1
  fi
  mkdir -p "$(dirname "$1")"
  install -m "${2:-644}" "$new" "$1"
  rm "$new"
}

build_vipherd() {
  mapfile -t packages < <("$tree/deploy/lab/install-packages" --list build)
  need "${packages[@]}"
  cmake -G Ninja -S "$tree" -B /var/tmp/vipherd-build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DVIPHERD_TESTS=OFF
  cmake --build /var/tmp/vipherd-build --target vipherd
  binary=/var/tmp/vipherd-build/vipherd
}

need frr nginx-light curl libcurl4 libspdlog1.10 libsystemd0 libtomlplusplus3
binary="$tree/build/release/vipherd"
if ! "$binary" --version 2>/dev/null; then
  build_vipherd
fi
bash "$provision/uplink.sh" "$@"

# --- FRR ---
device=$(ip -o link | sed -n "s/^[0-9]*: \([^:@]*\)[:@].* link\/ether $mac .*/\1/p")
restart_frr=false
sed 's/^ospfd=no/ospfd=yes/' /etc/frr/daemons | put /etc/frr/daemons && restart_frr=true
"$provision/frr-conf" "$address" "$device" | put /etc/frr/frr.conf && restart_frr=true
chown frr:frr /etc/frr/daemons /etc/frr/frr.conf
chmod 640 /etc/frr/daemons /etc/frr/frr.conf
systemctl enable --quiet frr.service
if $restart_frr; then systemctl restart frr.service; else systemctl start frr.service; fi

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

# --- vipherd ---
restart_vipherd=false
put /usr/sbin/vipherd 755 <"$binary" && restart_vipherd=true
put /etc/systemd/system/vipherd.service <"$tree/deploy/systemd/vipherd.service" && restart_vipherd=true
# At a shutdown nginx answers until the VIPs are withdrawn.
put /etc/systemd/system/vipherd.service.d/after-nginx.conf <<'UNIT' && restart_vipherd=true
[Unit]
After=nginx.service
UNIT
put /etc/vipherd/vipherd.toml <<'TOML' || true
# deploy/vipherd.toml in the source tree explains every key.
[frr]
protocols = ["ospf"]

[vips]
pool = ["10.10.10.0/24"]

[services.web]
vips = ["10.10.10.10", "10.10.10.11", "10.10.10.12"]

[services.web.checks.http]
type = "http"
url = "http://127.0.0.1/"
interval = "1s"
TOML
systemctl daemon-reload
systemctl enable --quiet vipherd.service
if $restart_vipherd; then
  systemctl restart vipherd.service
else
  systemctl reload-or-restart vipherd.service
fi
vipherd status || true # it may take a moment until all is announced
